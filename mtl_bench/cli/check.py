"""`mtl-bench check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mtl_bench.cli.arguments import Device, OnDevice, OnlyLabels, ScaleName, Slots, device_class
from mtl_bench.cli.scripts import AsJson, only_document, say


def check(
    study: Annotated[
        str | None, typer.Argument(help="The study; with --spot, all studies if none is named.", metavar="STUDY")
    ] = None,
    scale: ScaleName = None,
    slots: Slots = None,
    device: OnDevice = Device.auto,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", help="A folder of results to compare with; the last commit's are usual."),
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write the findings as a JUnit file.")] = None,
    summary: Annotated[Path | None, typer.Option("--summary", help="Append the findings to a Markdown file.")] = None,
    spot: Annotated[
        int | None,
        typer.Option(
            "--spot",
            min=1,
            metavar="N",
            help="Compute N committed cells, drawn at random over all scales or one, again; compare those alone.",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes",
            min=0.1,
            help="Check the cells that fit in this time by what they took before, of every method one first; new seeds "
            "for what alarms come on top. Without: all cells of the study; with --spot 10.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Which cells --spot and --minutes draw; usual: 0.")
    ] = None,
    only: OnlyLabels = None,
    json: AsJson = False,
) -> None:
    """Compare the current code with the committed results.

    Exits with 0 if accuracy held, 1 if it fell, rose, spread or is not deterministic, 2 if it could not be checked;
    with --spot, with 0 if all that was checked is equal or near enough, 1 if something is not, 2 if none was checked.
    """
    if seed is not None and spot is None and minutes is None:
        raise typer.BadParameter("--seed goes with --spot N or --minutes")
    if spot is None and study is None:
        raise typer.BadParameter("name a study, or give --spot N to draw from all", param_hint="STUDY")
    if spot is not None and (baseline or junit or summary or only):
        raise typer.BadParameter("--spot goes without --baseline, --junit, --summary and --only")
    with only_document(json):
        from mtl_bench.execution import regression
        from mtl_bench.execution import spot as spot_check
        from mtl_bench.execution.execute import STOPPED
        from mtl_bench.execution.machine import Machine
        from mtl_bench.execution.selection import Selection
        from mtl_bench.statistics import check_values

        machine = Machine.of(device_class(device), slots)
        if spot is not None:
            found = spot_check.check(study, scale, machine, spot, 60 * (minutes or 10), seed or 0)
        else:
            draw = regression.Draw(60 * minutes, seed or 0) if minutes is not None else None
            selection = Selection.of(str(study), scale, only or [])
            found = regression.check(selection, machine, baseline, junit, summary, draw)
    if found is None:
        raise typer.Exit(STOPPED)
    say(json, found, check_values.lines(found) if spot is None else check_values.spot_lines(found, spot_check.SAID))
    raise typer.Exit(found["exit_status"])
