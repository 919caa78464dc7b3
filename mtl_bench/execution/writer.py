"""Writing a study's results while its cells finish, and dropping what is to be computed anew."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, key
from mtl_bench.execution.execute import trials_of
from mtl_bench.results.table import Results
from mtl_bench.study import Cell

SAVE_EVERY = 3.0  # seconds of finished cells that a kill may keep out of the results; the store has them all the same


@contextmanager
def _locked(folder: Path, name: str) -> Iterator[None]:
    """No other command, whatever its store, writes these results meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f".{name}.lock"):
        yield


def invalidate(cells: Sequence[Cell], folder: Path, name: str, store: Store, device: str) -> None:
    """Drop the rows of the cells and every trial that they need, so that all is computed anew, even after a stop."""
    for trial in trials_of(cells):
        store.discard(trial)
    with _locked(folder, name):
        results = Results.read(folder, name)
        rows = results.rows
        results.rows = rows[~(rows["key"].isin([key(cell.trial) for cell in cells]) & (rows["device"] == device))]
        results.write()


class ResultsWriter:
    """Merges cells into the results file as they finish, so that neither a stop nor a second command loses any."""

    def __init__(self, folder: Path, name: str, cells: Iterable[Cell], store: Store, command: str) -> None:
        self.folder, self.name, self.store, self.command = folder, name, store, command
        self.finished: list[Cell] = []
        self.waiting: dict[str, list[Cell]] = {}
        for cell in cells:
            if cell.trial in store:
                self.finished.append(cell)
            else:
                self.waiting.setdefault(key(cell.trial), []).append(cell)
        self.saved = time.monotonic()

    def on_event(self, event: str, trial: Trial) -> None:
        if event == "finished":
            self.finished += self.waiting.pop(key(trial), [])
        if self.finished and time.monotonic() - self.saved > SAVE_EVERY:
            self.save()

    def finish(self) -> Results:
        """Save for the last time, with what workers stored but had no time to say."""
        self.finished += [cell for cells in self.waiting.values() for cell in cells if cell.trial in self.store]
        return self.save()

    def save(self) -> Results:
        """Write what has finished since the last time; returns all results, those of other commands too."""
        with _locked(self.folder, self.name):
            results = Results.read(self.folder, self.name)
            if self.finished:
                results.merge(self.finished, self.store)
                results.provenance["command"] = self.command
                results.write()
                results = Results.read(self.folder, self.name)  # pages are drawn from the file, whoever filled it
        self.finished, self.saved = [], time.monotonic()
        return results
