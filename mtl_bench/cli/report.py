"""`mtl-bench report`."""

from __future__ import annotations

from mtl_bench.cli.arguments import ScaleName, StudyName


def report(study: StudyName, scale: ScaleName = None) -> None:
    """Write the page of a study again, from its results alone."""
    from mtl_bench.execution import pages
    from mtl_bench.execution.selection import Selection

    pages.report(Selection.of(study, scale))
