"""The command line: assembles the commands, and turns known errors into one sentence."""

from __future__ import annotations

import importlib.metadata
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from mtl_bench import workspace
from mtl_bench.cli import data
from mtl_bench.cli.check import check
from mtl_bench.cli.clean import clean
from mtl_bench.cli.compare import compare
from mtl_bench.cli.declare import declare
from mtl_bench.cli.init import init
from mtl_bench.cli.list import list_studies
from mtl_bench.cli.report import report
from mtl_bench.cli.run import run
from mtl_bench.cli.similarity import similarity
from mtl_bench.cli.status import status
from mtl_bench.cli.tidy import tidy
from mtl_bench.cli.why import why
from mtl_bench.disk import DamagedError, disk_fault

MISTAKE = 2  # the exit status of a user's mistake, as of a wrong option; 1 is what went wrong otherwise

app = typer.Typer(
    help="Classic transfer learning, reproduced: runs a study, judges its claims, writes its page.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        print(f"mtl-bench {importlib.metadata.version('mtl-bench')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


for command in (compare, similarity, declare, run, report, check, why, status):
    app.command()(command)
app.command("list")(list_studies)
for upkeep in (init, tidy, clean):
    app.command()(upkeep)
app.add_typer(data.app, name="data")


def _sentence(error: Exception) -> str | None:
    """What to tell a user, None for an error of ours, which shows its traceback."""
    from mtl_bench.core.store import StoreError  # here, since most commands end without it
    from mtl_bench.results.table import ResultsError  # and this needs pandas

    if isinstance(error, workspace.StudyError | StoreError | ResultsError | DamagedError):
        return str(error)
    if not isinstance(error, OSError) or not error.strerror:
        return None
    if not isinstance(error.filename, str):
        return error.strerror
    places, path = workspace.places(), Path(error.filename).absolute()
    folders = {"store": places.store, "reports": places.reports, "results": places.results, "data": places.data}
    for name, folder in folders.items():  # the store first: by default it lies in the results
        if path.is_relative_to(folder) and (sentence := disk_fault(error, folder, name)):
            return sentence
    return f"{error.filename}: {error.strerror}"


def main() -> None:
    """The command `mtl-bench`."""
    try:
        app(prog_name="mtl-bench", obj=shlex.join(["mtl-bench", *sys.argv[1:]]))
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        from rich.console import Console

        Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(MISTAKE if isinstance(error, workspace.StudyError) else 1)


if __name__ == "__main__":
    main()
