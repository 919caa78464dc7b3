"""The command line: the only place that reads arguments."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mtl_bench.command_line import catalogue, data_commands, upkeep
from mtl_bench.command_line.catalogue import StudyError
from mtl_bench.core.store import StoreError

app = typer.Typer(
    help="Classic transfer learning, reproduced: runs a study, judges its claims, writes its page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


app.add_typer(data_commands.app, name="data")


class Device(StrEnum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


StudyName = Annotated[str, typer.Argument(help="The study; `mtl-bench list` shows all.", metavar="STUDY")]
ScaleName = Annotated[str, typer.Option("--scale", help="smoke (seconds), laptop (minutes) or paper.", metavar="SCALE")]
Slots = Annotated[
    int | None, typer.Option("--slots", min=1, help="How many trials run at once; one per core is usual.")
]
OnDevice = Annotated[Device, typer.Option("--device", help="auto takes CUDA where there is one.")]


@app.command()
def run(
    study: StudyName,
    scale: ScaleName = "laptop",
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Only cells with this label; may be repeated.", metavar="LABEL=VALUE"),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", min=1, help="How many seeds; the study says how many are usual.")
    ] = None,
    slots: Slots = None,
    device: OnDevice = Device.auto,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would run and its cost; change nothing.")
    ] = False,
    here: Annotated[
        bool, typer.Option("--here", help="Measure on this machine what other machines' results hold already.")
    ] = False,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Compute the cells and all that they need anew, whatever is stored.")
    ] = False,
) -> None:
    """Compute what a study lacks, judge its claims and write its page."""
    from mtl_bench.command_line import commands

    wanted = commands.Wanted.of(study, scale, only or [], seeds)
    computer = commands.Computer.of(_device_class(device), slots)
    if dry_run:
        commands.forecast(wanted, computer, here, recompute)
    else:
        raise typer.Exit(commands.run(wanted, computer, here, recompute, shlex.join(["mtl-bench", *sys.argv[1:]])))


@app.command()
def report(study: StudyName, scale: ScaleName = "laptop") -> None:
    """Write the page of a study again, from its results alone."""
    from mtl_bench.command_line import commands

    commands.report(commands.Wanted.of(study, scale))


@app.command()
def check(
    study: StudyName,
    scale: ScaleName = "laptop",
    slots: Slots = None,
    device: OnDevice = Device.auto,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", help="A folder of results to compare with; the last commit's are usual."),
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write the findings as a JUnit file.")] = None,
    summary: Annotated[Path | None, typer.Option("--summary", help="Append the findings to a Markdown file.")] = None,
) -> None:
    """Compare the current code with the committed results.

    Exits with 0 if accuracy held, 1 if it fell, rose, spread or is not deterministic, 2 if it could not be checked.
    """
    from mtl_bench.command_line import commands

    computer = commands.Computer.of(_device_class(device), slots)
    raise typer.Exit(commands.check(commands.Wanted.of(study, scale), computer, baseline, junit, summary))


@app.command()
def status() -> None:
    """What there is: results, running trials, failures, the size of the store."""
    places = catalogue.places()
    print(upkeep.status(places.results, places.store))


@app.command("list")
def list_studies() -> None:
    """The studies and what each is about."""
    names = catalogue.study_names()
    for name in names:
        print(f"{name:<{max(map(len, names))}}  {catalogue.headline(name)}")


@app.command()
def speed(
    rows: Annotated[
        list[str] | None, typer.Argument(help="Which comparisons; without, all but those that take minutes.")
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", min=1, help="How often each is timed; 6 or more.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also the comparisons that take minutes.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the comparisons and measure nothing.")] = False,
) -> None:
    """Time our work beside other libraries', in turns and on one thread, and write reports/speed.md."""
    from mtl_bench.speed import command

    if listed:
        print(command.listing())
    else:
        try:
            wanted = command.chosen(rows or [], everything)
        except command.SpeedError as error:
            raise StudyError(str(error)) from None
        raise typer.Exit(command.run(wanted, rounds, catalogue.places().reports))


@app.command()
def tidy() -> None:
    """Repair results after a merge of branches: one row per cell, the newer one; no file that no row refers to."""
    from mtl_bench.command_line import commands

    commands.tidy()


@app.command()
def clean(
    everything: Annotated[bool, typer.Option("--all", help="Remove the whole store; results and pages stay.")] = False,
) -> None:
    """Remove what stopped runs left: unfinished trials, locks and old failures."""
    store = catalogue.places().store
    if everything:
        upkeep.must_be_idle(store)
        typer.confirm(f"Remove {upkeep.contents(store)}?", abort=True)
    print(upkeep.empty(store) if everything else upkeep.sweep(store))


def _device_class(device: Device) -> str:
    if device is Device.cpu:
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device is Device.cuda:
        raise typer.BadParameter("PyTorch sees no CUDA device here; leave --device out", param_hint="--device")
    return "cpu"


def _sentence(error: Exception) -> str | None:
    """What to tell a user, None for an error of ours, which shows its traceback."""
    from mtl_bench.results import ResultsError  # here, since it needs pandas

    if isinstance(error, StudyError | StoreError | ResultsError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return None


def main() -> None:
    """The command `mtl-bench`."""
    try:
        app(prog_name="mtl-bench")
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        from rich.console import Console

        Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
