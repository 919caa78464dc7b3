"""`mtl-bench status`."""

from __future__ import annotations

from mtl_bench import workspace
from mtl_bench.execution import maintenance


def status() -> None:
    """What there is: results, running trials, failures, disk use."""
    print(maintenance.status(workspace.places()))
