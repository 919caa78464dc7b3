"""Bringing data sets into the data folder before a run, with bars on a terminal and plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mtl_bench.execution.estimate import agree

if TYPE_CHECKING:
    from mtl_bench.datasets.files.transfer import Report
    from mtl_bench.execution.data_catalogue import DataSet


def fetch(wanted: Sequence[DataSet], yes: bool = False, hours: Callable[[], str] | None = None) -> dict[DataSet, str]:
    """Fetch each of these, whatever becomes of the others; returns why those that can't be had can't.

    What it costs is told first, and by `hours` what comes after it. Raises StudyError when fetching is much and the
    user does not agree, by `yes` or an answer.
    """
    from mtl_bench.datasets.files.placed import DataError

    agree(wanted, yes, hours)
    failures: dict[DataSet, str] = {}
    with _progress() as report:
        for data_set in dict.fromkeys(wanted):
            try:
                data_set.fetch(report)
            except DataError as error:
                failures[data_set] = str(error)
    return failures


@contextmanager
def _progress() -> Iterator[Report]:
    """Bars on a terminal, plain lines elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from mtl_bench.datasets.files.acquire import announce

    if not Console(stderr=True).is_terminal:
        yield announce
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bars:
        tasks = {}

        def report(label: str, done: int, total: int | None) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label)
            bars.update(tasks[label], completed=done, total=total)

        yield report
