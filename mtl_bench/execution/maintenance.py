"""What the results and the store hold, and how to sweep the store. Needs neither torch nor pandas."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from mtl_bench.core.store import Store, StoreError
from mtl_bench.disk import lives
from mtl_bench.results.schema import ResultsError, read_columns
from mtl_bench.workspace import Places, near


@dataclass(frozen=True)
class Holding:
    """What the results of a study at a scale hold."""

    name: str
    rows: int
    newest: str  # date and time
    devices: tuple[str, ...]
    fault: str = ""  # why they can't be read, as a sentence

    def __str__(self) -> str:
        told = self.fault or f"{self.rows} rows  {self.newest}  {', '.join(self.devices)}"
        return f"{self.name}  {told}"


def holdings(results: Path) -> list[Holding]:
    """Every `<study>.<scale>.csv`, and pilots', alphabetically."""
    found = []
    for path in sorted(results.glob("*.*.csv")):
        try:
            columns = read_columns(path)
        except ResultsError as error:
            found.append(Holding(path.stem, 0, "", (), str(error)))
            continue
        finished, devices = columns["finished"], tuple(sorted(set(columns["device"])))
        found.append(Holding(path.stem, len(finished), max(finished, default=""), devices))
    return found


def status(places: Places) -> str:
    """Results, running trials, failures and disk use, as text."""
    store = Store(places.store)
    sections = {
        "results": [str(holding) for holding in holdings(places.results)],
        "running": [_running_line(store, name) for name in running(store)],
        "failed": [f"{name}  {last}  ({near(path)})" for name, (path, last) in store.failures().items()],
        "store": [contents(store)],
        "disk": _disk_use(places),
    }
    return "\n".join("\n  ".join([section, *(lines or ["none"])]) for section, lines in sections.items())


def contents(store: Store) -> str:
    """How many trials a store holds, and how much space they take."""
    return f"{len(list(store.keys()))} finished trials ({mebibytes(store.size())}) in {near(store.root)}"


def _disk_use(places: Places) -> list[str]:
    """A line for each folder that grows; by default the store lies in the results, which are told without it."""
    folders = {"results": places.results, "reports": places.reports, "data": places.data}
    sizes = {name: mebibytes(measured(path, but=places.store)) for name, path in folders.items()}
    width = max(map(len, sizes.values()))
    return [f"{name:<7}  {sizes[name]:>{width}}  {near(path)}" for name, path in folders.items()]


def running(store: Store) -> list[str]:
    """The keys of the trials that some process computes now."""
    found = []
    for name in store.unfinished():
        with _if_free(store.lock(name)) as free:
            if not free:
                found.append(name)
    return found


def computed_elsewhere(store: Store, name: str) -> int | None:
    """The process of another command that computes the trial with this key now, None if there is none."""
    command = store.note(name).command
    if command in (0, os.getpid()) or not lives(command):
        return None
    with _if_free(store.lock(name)) as free:
        return None if free else command


def _running_line(store: Store, name: str) -> str:
    note = store.note(name)
    process = f"  process {note.command}" if note.command else ""
    return f"{name}  {note.fraction:.0%}  {note.text}{process}" if note.text else f"{name}{process}"


def sweep(store: Store) -> str:
    """Remove unfinished trials, locks and old failures; returns what came of it, as text."""
    freed = in_use = 0
    for name in store.unfinished():
        with _if_free(store.lock(name)) as free:
            if free:
                # While the lock is held: who waits for it sees that it is gone and starts over.
                freed += remove(store.part_of(name)) + remove(Path(store.lock(name).lock_file))
            else:
                in_use += 1
    for lock in store.locks():
        with _if_free(FileLock(lock)) as free:
            if free:
                freed += remove(lock)
    freed += sum(map(remove, store.leftovers()))
    used = f"; trials in progress, left alone: {in_use}" if in_use else ""
    return f"{mebibytes(freed)} freed{used}"


def must_be_idle(store: Store) -> None:
    """Raises StoreError if some process computes one of its trials."""
    if in_use := running(store):
        remedy = "stop them first (`mtl-bench status` shows them)"
        raise StoreError(f"{len(in_use)} trials of {near(store.root)} are being computed; {remedy}")


def empty(store: Store) -> str:
    """Remove all that a store consists of, and nothing else that may lie in the folder; returns what came of it."""
    return f"{mebibytes(sum(map(remove, store.everything())))} freed"


@contextmanager
def _if_free(lock: FileLock) -> Iterator[bool]:
    """Hold the lock if no one else does; yields whether that is so."""
    try:
        with lock.acquire(timeout=0):
            yield True
    except Timeout:
        yield False


def measured(path: Path, but: Path | None = None) -> int:
    """Bytes that a file or folder takes on the disk, without those of `but`. What goes meanwhile takes none.

    By os.scandir: a store has hundreds of thousands of files.
    """
    total = 0
    with suppress(FileNotFoundError):
        total += path.lstat().st_blocks * 512
    waiting = [str(path)] if path.is_dir() else []
    while waiting:
        with suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if but is not None and entry.path == str(but):
                    continue
                with suppress(FileNotFoundError):
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
    return total


def remove(path: Path) -> int:
    """Remove a file or folder; returns the bytes that it took."""
    freed = measured(path)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return freed


def mebibytes(count: int) -> str:
    """ "1,234.5 MiB"."""
    return f"{count / 2**20:,.1f} MiB"
