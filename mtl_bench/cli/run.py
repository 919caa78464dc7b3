"""`mtl-bench run`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from mtl_bench.cli.arguments import Device, OnDevice, OnlyLabels, ScaleName, Slots, StudyName, device_class


def run(
    context: typer.Context,
    study: StudyName,
    scale: ScaleName = None,
    only: OnlyLabels = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", min=1, help="How many seeds; the study says how many are usual.")
    ] = None,
    pilot: Annotated[
        bool,
        typer.Option("--pilot", help="Run the seeds 0 to 2, which size the study, and say what a judged run can show."),
    ] = False,
    slots: Slots = None,
    device: OnDevice = Device.auto,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what a run could show, what would run and its cost; change nothing.")
    ] = False,
    here: Annotated[
        bool, typer.Option("--here", help="Measure on this machine what other machines' results hold already.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Fetch the data without asking, however many they are.")] = False,
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes",
            min=0.1,
            help="Compute what fits in this time by what such trials took before, whole comparisons: all methods of a "
            "pair of domains and a seed. The same command again goes on.",
        ),
    ] = None,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Compute the cells and all that they need anew, whatever is stored.")
    ] = False,
) -> None:
    """Compute what a study lacks, judge its claims and write its page."""
    from mtl_bench.execution import budget, execute, forecast
    from mtl_bench.execution.machine import Machine
    from mtl_bench.execution.selection import Selection

    if minutes and recompute:
        raise typer.BadParameter("--minutes takes what is lacking, and with --recompute all is; leave one of them out")
    if pilot and seeds:
        raise typer.BadParameter("--pilot has seeds of its own, 0 to 2; leave --seeds out")
    selection = Selection.of_pilot(study, scale, only or []) if pilot else Selection.of(study, scale, only or [], seeds)
    machine = Machine.of(device_class(device), slots)
    choose = partial(budget.within, selection, machine, seconds=60 * minutes) if minutes else None
    if dry_run:
        forecast.forecast(selection, machine, here, recompute, choose)
    else:
        raise typer.Exit(execute.run(selection, machine, here, recompute, context.obj, yes, choose))
