"""`mtl-bench why`."""

from __future__ import annotations

from typing import Annotated

import typer

from mtl_bench.cli.arguments import ScaleName, StudyName
from mtl_bench.cli.scripts import AsJson, only_document, say


def why(
    study: StudyName,
    labels: Annotated[
        list[str] | None,
        typer.Argument(
            help="What tells the number from the others; metric=… and device=… too. Accuracy is the usual metric.",
            metavar="LABEL=VALUE",
        ),
    ] = None,
    scale: ScaleName = None,
    versus: Annotated[
        list[str] | None,
        typer.Option(
            "--versus",
            help="The other number: where its labels differ (may be repeated), or `committed`, the last commit's.",
            metavar="LABEL=VALUE",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Where a number comes from: every trial behind it; with --versus, what differs between two numbers."""
    with only_document(json):
        from mtl_bench.execution.explanation import explain
        from mtl_bench.execution.selection import Selection

        found = explain(Selection.of(study, scale), labels or [], versus or [])
    say(json, found.values(), found.lines())
