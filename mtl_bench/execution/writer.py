"""Writing a study's results while its cells finish, and dropping what is to be computed anew."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, key
from mtl_bench.disk import disk_fault, remove_leftovers
from mtl_bench.execution.selection import trials_of
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import Cell
from mtl_bench.workspace import near

SAVE_EVERY = 3.0  # seconds of finished cells that a kill may keep out of the results; the store has them all the same
FRACTION = 0.05  # of a run's time that saving may take
PATIENCE = 3.0  # seconds after which waiting for another command is said
MANY = 6  # commands that are not told one by one: that of the whole study makes their rows too
THEN = "; "  # between commands that made the rows together, as a shell has it


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """No other command, whatever its store, writes these results meanwhile. Raises ResultsError for a full disk."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f".{name}.lock")
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout:
            print(f"waiting for another command that writes {name}.csv in {near(folder)}", file=sys.stderr, flush=True)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()
    except OSError as error:
        if sentence := disk_fault(error, folder, "results"):
            raise ResultsError(sentence) from error
        raise


def invalidate(cells: Sequence[Cell], folder: Path, name: str, store: Store, device: str) -> None:
    """Drop the rows of the cells and every trial that they need, so that all is computed anew, even after a stop."""
    for trial in trials_of(cells):
        store.discard(trial)
    with locked(folder, name):
        results = Results.read(folder, name)
        rows = results.rows
        results.rows = rows[~(rows["key"].isin([key(cell.trial) for cell in cells]) & (rows["device"] == device))]
        results.write()


class ResultsWriter:
    """Merges cells into the results file as they finish, so that neither a stop nor a second command loses any.

    It waits longer the longer saving takes, so that a run spends at most a twentieth of its time on it.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        cells: Iterable[Cell],
        store: Store,
        command: str,
        clock: Callable[[], float] = time.monotonic,
        scope: Iterable[Cell] = (),
    ) -> None:
        """`scope`: all the cells that the command is about, those included that it finds done."""
        self.scope = {key(cell.trial) for cell in scope}
        self.folder, self.name, self.store, self.command, self.clock = folder, name, store, command, clock
        self.finished: list[Cell] = []
        self.waiting: dict[str, list[Cell]] = {}
        for cell in cells:
            if cell.trial in store:
                self.finished.append(cell)
            else:
                self.waiting.setdefault(key(cell.trial), []).append(cell)
        remove_leftovers(folder)
        self.saved, self.cost = clock(), 0.0  # when the last save ended, and the seconds that it took
        self.written: tuple[object, Results] | None = None  # what we last wrote, and the file's state then

    def on_event(self, event: str, trial: Trial) -> None:
        if event == "finished":
            self.finished += self.waiting.pop(key(trial), [])
        if self.finished and self.clock() - self.saved > max(SAVE_EVERY, self.cost / FRACTION):
            self.save()

    def finish(self) -> Results:
        """Save for the last time, with what workers stored but had no time to say."""
        self.finished += [cell for cells in self.waiting.values() for cell in cells if cell.trial in self.store]
        self.save()
        return Results.read(self.folder, self.name)  # pages are drawn from the file, whoever filled it

    def save(self) -> None:
        """Write what has finished since the last time, into what the file holds by now."""
        start = self.clock()
        if self.finished:
            with locked(self.folder, self.name):
                results = self._now()
                results.merge(self.finished, self.store)
                results.provenance["command"] = self._command(results)
                results.write()
                self.written = self._state(), results
        self.finished, self.saved = [], self.clock()
        self.cost = self.saved - start

    def _command(self, results: Results) -> str:
        """What makes these rows: this command or, where it is about some of them, also the commands before it."""
        former = results.provenance["command"]
        if not former or not self.scope or self.scope.issuperset(results.rows["key"]):
            return self.command
        commands = [one for one in former.split(THEN) if one != self.command]
        if len(commands) >= MANY:
            study, scale, *pilot = self.name.split(".")
            return shlex.join(["mtl-bench", "run", study, "--scale", scale, *(f"--{word}" for word in pilot)])
        return THEN.join([*commands, self.command])

    def _now(self) -> Results:
        """What the file holds: what we wrote, unless someone has changed it since."""
        if self.written and self.written[0] == self._state():
            return self.written[1]
        return Results.read(self.folder, self.name)

    def _state(self) -> object:
        """What changes with every change of the files: a new one has another number."""
        paths = [self.folder / f"{self.name}{ending}" for ending in (".csv", ".json")]
        stats = [path.stat() for path in paths if path.exists()]
        return [(stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats]
