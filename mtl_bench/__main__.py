"""The command line: the only place that reads arguments."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mtl_bench import workspace
from mtl_bench.cli import data as data_commands
from mtl_bench.core.store import StoreError
from mtl_bench.execution import maintenance
from mtl_bench.workspace import StudyError

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
ScaleName = Annotated[
    str | None,
    typer.Option(
        "--scale",
        help="smoke (seconds), laptop (minutes) or paper; without, laptop, or paper if the study has no laptop scale.",
        metavar="SCALE",
    ),
]
Slots = Annotated[
    int | None, typer.Option("--slots", min=1, help="How many trials run at once; one per core is usual.")
]
OnDevice = Annotated[Device, typer.Option("--device", help="auto takes CUDA where there is one.")]


@app.command()
def run(
    study: StudyName,
    scale: ScaleName = None,
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
    from mtl_bench.execution import commands

    wanted = commands.Wanted.of(study, scale, only or [], seeds)
    computer = commands.Computer.of(_device_class(device), slots)
    if dry_run:
        commands.forecast(wanted, computer, here, recompute)
    else:
        raise typer.Exit(commands.run(wanted, computer, here, recompute, shlex.join(["mtl-bench", *sys.argv[1:]])))


@app.command()
def report(study: StudyName, scale: ScaleName = None) -> None:
    """Write the page of a study again, from its results alone."""
    from mtl_bench.execution import commands

    commands.report(commands.Wanted.of(study, scale))


@app.command()
def check(
    study: StudyName,
    scale: ScaleName = None,
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
    from mtl_bench.execution import commands

    computer = commands.Computer.of(_device_class(device), slots)
    raise typer.Exit(commands.check(commands.Wanted.of(study, scale), computer, baseline, junit, summary))


@app.command()
def why(
    study: StudyName,
    labels: Annotated[
        list[str] | None,
        typer.Argument(
            help="What tells the number from the others; metric=… and device=… too. Accuracy is the usual metric.",
            metavar="LABEL=VALUE...",
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
) -> None:
    """Why a number is what it is: every trial behind it; with --versus, what differs between two numbers."""
    from mtl_bench.cli import why as reasons
    from mtl_bench.execution import commands

    print(reasons.why(commands.Wanted.of(study, scale), labels or [], versus or []))


@app.command()
def status() -> None:
    """What there is: results, running trials, failures, disk use."""
    print(maintenance.status(workspace.places()))


@app.command("list")
def list_studies() -> None:
    """The studies and what each is about."""
    names = workspace.study_names()
    for name in names:
        print(f"{name:<{max(map(len, names))}}  {workspace.headline(name)}")


@app.command()
def tidy() -> None:
    """Repair results after a merge of branches: one row per cell, the newer one; no file that no row refers to."""
    from mtl_bench.execution import commands

    commands.tidy()


@app.command()
def clean(
    everything: Annotated[bool, typer.Option("--all", help="Remove the whole store; results and pages stay.")] = False,
    unreferenced: Annotated[
        bool,
        typer.Option(
            "--unreferenced",
            help="Remove finished trials that neither a result nor the plan of a study needs, at any scale.",
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what --unreferenced would remove.")] = False,
) -> None:
    """Remove what stopped runs left: unfinished trials, locks and old failures."""
    places = workspace.places()
    if everything and unreferenced:
        raise typer.BadParameter("--all removes what is unreferenced too; leave one of the two out")
    if dry_run and not unreferenced:
        raise typer.BadParameter("--dry-run goes with --unreferenced")
    if everything or unreferenced:
        maintenance.must_be_idle(places.store)
    if unreferenced:
        _clean_unreferenced(places, dry_run)
        return
    if everything:
        typer.confirm(f"Remove {maintenance.contents(places.store)}?", abort=True)
    print(maintenance.empty(places.store) if everything else maintenance.sweep(places.store))


def _clean_unreferenced(places: workspace.Places, dry_run: bool) -> None:
    from mtl_bench.execution import references

    found = references.unreferenced(places)
    if dry_run or not found.folders:
        print(found)
        return
    typer.confirm(f"Remove {found}?", abort=True)
    print(found.remove())


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
    from mtl_bench.results.table import ResultsError  # here, since it needs pandas

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
