"""FirstFilters: a trained network's first convolution, as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.trials.history import array
from mtl_bench.trials.weights import Weights


@dataclass(frozen=True)
class FirstFilters(Trial):
    """The filters of a trained network's first convolution: float32 (filters, channels, height, width).

    Leaves `filters.npy`.
    """

    keep: ClassVar[tuple[str, ...]] = ("filters.npy",)

    of: Weights

    def run(self, work: Work) -> Mapping[str, float]:
        state = self.of.state(work)
        first = next((value for name, value in state.items() if name.startswith("net.") and value.ndim == 4), None)
        if first is None:
            raise ValueError(f"{self.of.of.backbone} has no convolution, so that there are no filters to show")
        write_atomically(work.folder / "filters.npy", array(first.contiguous().numpy()))
        return {"filters": len(first)}
