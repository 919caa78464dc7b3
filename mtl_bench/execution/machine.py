"""Where trials are computed and kept."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from mtl_bench import workspace
from mtl_bench.core.local import LocalExecutor
from mtl_bench.core.runner import Executor
from mtl_bench.core.store import Store


@dataclass(frozen=True)
class Machine:
    """A store, a device class and how many trials run at once."""

    store: Store
    device: str  # the device class: cpu or cuda
    slots: int

    @classmethod
    def of(cls, device: str, slots: int | None) -> Machine:
        """With the usual store and, unless `slots` says otherwise, a slot per core that is ours."""
        ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cls(Store(workspace.places().store), device, slots or ours)

    def executor(self, trials: int) -> Executor:
        """What computes so many trials here; to be closed."""
        return LocalExecutor(self.store, self.device, min(self.slots, trials))

    def with_store(self, store: Store) -> Machine:
        return replace(self, store=store)
