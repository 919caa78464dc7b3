"""What the results and the store hold, and how to sweep the store. Needs neither torch nor pandas."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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


def status(places: Places) -> dict[str, Any]:
    """Results, running trials, failures and disk use."""
    store = Store(places.store)
    folders = {"results": places.results, "reports": places.reports, "data": places.data}
    return {
        "results": [asdict(holding) for holding in holdings(places.results)],
        "running": [_running(store, name) for name in running(store)],
        "failed": [
            {"key": name, "error": last, "traceback": str(path)} for name, (path, last) in store.failures().items()
        ],
        "store": {"path": str(store.root), "trials": len(list(store.keys())), "bytes": store.size()},
        # By default the store lies in the results, which are told without it.
        "disk": [
            {"folder": name, "path": str(path), "bytes": measured(path, but=places.store)}
            for name, path in folders.items()
        ],
    }


def status_lines(found: Mapping[str, Any]) -> list[str]:
    """What `status` found, section by section."""
    sizes = [mebibytes(one["bytes"]) for one in found["disk"]]
    width = max(map(len, sizes))
    sections = {
        "results": [str(Holding(**one)) for one in found["results"]],
        "running": [_running_line(one) for one in found["running"]],
        "failed": [f"{one['key']}  {one['error']}  ({near(Path(one['traceback']))})" for one in found["failed"]],
        "store": [_contents(found["store"])],
        "disk": [
            f"{one['folder']:<7}  {size:>{width}}  {near(Path(one['path']))}"
            for one, size in zip(found["disk"], sizes, strict=True)
        ],
    }
    return [line for name, lines in sections.items() for line in (name, *(f"  {one}" for one in lines or ["none"]))]


def contents(store: Store) -> str:
    """How many trials a store holds, and how much space they take."""
    return _contents({"path": str(store.root), "trials": len(list(store.keys())), "bytes": store.size()})


def _contents(found: Mapping[str, Any]) -> str:
    return f"{found['trials']} finished trials ({mebibytes(found['bytes'])}) in {near(Path(found['path']))}"


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


def _running(store: Store, name: str) -> dict[str, Any]:
    note = store.note(name)
    return {"key": name, "fraction": note.fraction, "text": note.text, "process": note.command or None}


def _running_line(one: Mapping[str, Any]) -> str:
    process = f"  process {one['process']}" if one["process"] else ""
    return f"{one['key']}  {one['fraction']:.0%}  {one['text']}{process}"


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
