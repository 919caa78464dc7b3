"""`mtl-bench status`."""

from __future__ import annotations

from mtl_bench import workspace
from mtl_bench.cli.scripts import AsJson, say


def status(json: AsJson = False) -> None:
    """What there is: results, running trials, failures, disk use."""
    from mtl_bench.execution import maintenance

    found = maintenance.status(workspace.places())
    say(json, found, maintenance.status_lines(found))
