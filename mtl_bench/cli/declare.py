"""`mtl-bench declare`."""

from __future__ import annotations

from typing import Annotated

import typer

from mtl_bench.cli.arguments import ScaleName, StudyName


def declare(
    study: StudyName,
    scale: ScaleName = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Declare anew, beside earlier declarations, or after the run: the page says so."),
    ] = False,
) -> None:
    """Write down before a run what is judged and how: claims, gates, seeds, cells, code, power; the page compares."""
    from mtl_bench.execution.declare import declare as write
    from mtl_bench.execution.selection import Selection

    write(Selection.of(study, scale), again)
