"""The commands `mtl-bench data …`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mtl_bench.execution import data_catalogue, estimate, fetching

if TYPE_CHECKING:
    from mtl_bench.execution.data_catalogue import DataSet

NARROW = 80  # columns of a terminal that has no room for a table

app = typer.Typer(help="Fetch data sets, check them, ask their sources.", no_args_is_help=True)


@app.command("list")
def list_data_sets(
    markdown: Annotated[bool, typer.Option("--markdown", help="The text of data/README.md.")] = False,
) -> None:
    """The data sets, their variants, sizes and terms, and which are available here."""
    if markdown:
        print(data_catalogue.readme())
        return
    _table(
        ("name", "fetch as", "available", "bytes", "terms"),
        (
            (d.name, f"{d.folder}:{d.variant}", data_catalogue.available(d), _bytes(d), d.licence)
            for d in data_catalogue.data_sets()
        ),
    )


@app.command("fetch")
def fetch_data_sets(
    names: Annotated[list[str], typer.Argument(help="Data sets (NAME or NAME:VARIANT) or studies.", metavar="NAME...")],
    scale: Annotated[
        str | None,
        typer.Option(
            "--scale",
            help="Names are studies; what this scale needs (usual: laptop, or paper where there is no laptop).",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Fetch more than 2 GB without asking.")] = False,
) -> None:
    """Bring data sets, or all that a study needs, into the data folder; says first what that costs."""
    fetch([data_set for name in names for data_set in data_catalogue.chosen(name, scale)], yes)


@app.command()
def verify() -> None:
    """Compute the digest of everything in the data folder again. Exits with 1 if something is damaged."""
    from mtl_bench.datasets.files.placed import DataError, checksum_of, data_root, digest_of

    parts = {(d.folder, part) for d in data_catalogue.data_sets() for file in d.files for part in (file, *file.files())}
    paths, damaged = [], []
    for folder, part in sorted(parts, key=lambda one: one[1].place(one[0])):
        if part.place(folder).exists():
            try:
                paths.append(part.accept(folder))
            except DataError as error:
                damaged.append(str(error))
            except OSError as error:
                damaged.append(f"{part.place(folder)} cannot be checked ({error.strerror}: {error.filename})")
    paths += sorted(path for ending in ("npy", "arrow") for path in data_root().glob(f"*/arrays/*.{ending}"))
    for path in paths:
        try:
            whole = digest_of(path) == checksum_of(path)
        except OSError:
            whole = False
        print(f"{'whole' if whole else 'DAMAGED'}  {path}")
        if not whole:
            damaged.append(f"{path} is not what was put there; remove it, it will be made or fetched again")
    print(f"{len(paths)} checked, {len(damaged)} damaged in {data_root()}")
    _fail(damaged)


@app.command()
def doctor() -> None:
    """Ask every mirror and every source of every file whether it answers; nothing is fetched."""
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    from mtl_bench.datasets.files.mirrors import ADDRESSES, absent
    from mtl_bench.datasets.files.transfer import answer

    def ask(source: str) -> str:
        return (
            answer(source) if source.startswith(ADDRESSES) else "is there" if Path(source).exists() else "is not there"
        )

    offers = {
        (f"{d.folder}/{one.name}", source, one.trust(source)): None
        for d in data_catalogue.data_sets()
        for file in d.files
        for one, source in file.offers(d.folder)
    }
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda offer: ask(offer[1]), offers))
    _table(
        ("file", "source", "checked by", "answer"),
        ((file, source, trust, said) for (file, source, trust), said in zip(offers, answers, strict=True)),
    )
    for mirror in absent():
        print(f"MTL_BENCH_MIRROR names {mirror}, which is no folder here; it is passed over", file=sys.stderr)


def fetch(wanted: Sequence[DataSet], yes: bool = False) -> None:
    """Fetch each of these and say so. Exits with 1 and one sentence per failure; raises StudyError where it is much."""
    from mtl_bench.datasets.files.placed import data_root

    for data_set in dict.fromkeys(wanted):
        print(f"{data_set.name}: terms: {data_set.licence}", flush=True)
    failures = fetching.fetch(wanted, yes)
    for data_set in dict.fromkeys(wanted):
        if data_set not in failures:
            print(f"{data_set.name}: available in {data_root() / data_set.folder}")
    _fail(list(failures.values()))


def _fail(sentences: list[str]) -> None:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    if sentences:
        raise typer.Exit(1)


def _bytes(data_set: DataSet) -> str:
    total = sum(estimate.size(file) for file in data_set.files)
    return f"{total:,}" if total else ""


def _table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if console.is_terminal and console.width < NARROW:
        for row in rows:
            first, *others = (f"{name}: {value}" for name, value in zip(header, row, strict=True) if value)
            print("\n  ".join([first, *others]))
        return
    table = Table(*header, box=None, header_style="bold")
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*row)
    if not console.is_terminal:
        console.width = 400  # one line a row for other programs
    console.print(table)
