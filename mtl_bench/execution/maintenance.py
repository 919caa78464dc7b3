"""What the results and the store hold, and how to sweep the store. Needs neither torch nor pandas."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from mtl_bench.core.store import StoreError
from mtl_bench.workspace import Places, near

SHARD = "[0-9a-f][0-9a-f]"


@dataclass(frozen=True)
class Holding:
    """What the results of a study at a scale hold."""

    name: str
    rows: int
    newest: str  # date and time
    devices: tuple[str, ...]


def holdings(results: Path) -> list[Holding]:
    """Every `<study>.<scale>.csv`, alphabetically."""
    found = []
    for path in sorted(results.glob("*.*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        newest = max((row.get("finished") or "" for row in rows), default="")
        devices = sorted({row.get("device") or "?" for row in rows})
        found.append(Holding(path.stem, len(rows), newest, tuple(devices)))
    return found


def status(places: Places) -> str:
    """Results, running trials, failures and disk use, as text."""
    store = places.store
    tracebacks = sorted(store.glob("failed/*.txt"))
    sections = {
        "results": [f"{h.name}  {h.rows} rows  {h.newest}  {', '.join(h.devices)}" for h in holdings(places.results)],
        "running": running(store),
        "failed": [
            f"{t.stem}  {t.read_text(encoding='utf-8').rstrip().rpartition(chr(10))[2]}  ({near(t)})"
            for t in tracebacks
        ],
        "store": [contents(store)],
        "disk": _disk_use(places),
    }
    return "\n".join("\n  ".join([section, *(lines or ["none"])]) for section, lines in sections.items())


def contents(store: Path) -> str:
    """How many trials a store holds, and how much space they take."""
    size, count = measured(store)
    return f"{count} finished trials ({mebibytes(size)}) in {near(store)}"


def _disk_use(places: Places) -> list[str]:
    """A line for each folder that grows; by default the store lies in the results, which are told without it."""
    folders = {"results": places.results, "reports": places.reports, "data": places.data}
    sizes = {name: mebibytes(measured(path, but=places.store)[0]) for name, path in folders.items()}
    width = max(map(len, sizes.values()))
    return [f"{name:<7}  {sizes[name]:>{width}}  {near(path)}" for name, path in folders.items()]


def running(store: Path) -> list[str]:
    """A line for each trial that some process computes now."""
    lines = []
    for part, lock in _unfinished(store):
        with _lock_if_free(lock) as free:
            if not free:
                lines.append(f"{part.stem}  {_progress(part)}".rstrip())
    return lines


def sweep(store: Path) -> str:
    """Remove unfinished trials, locks and old failures; returns what came of it, as text."""
    freed = in_use = 0
    for part, lock in _unfinished(store):
        with _lock_if_free(lock) as free:
            if free:
                # While the lock is held: who waits for it sees that it is gone and starts over.
                freed += remove(part) + remove(lock)
            else:
                in_use += 1
    for lock in [*store.glob(f"{SHARD}/*.lock"), *store.glob("*.lock")]:
        with _lock_if_free(lock) as free:
            if free:
                freed += remove(lock)
    for leftover in [*store.glob("failed"), *store.glob(f"{SHARD}/*/*.part"), *store.glob("environments/*.part")]:
        if leftover.parent.suffix != ".part":
            freed += remove(leftover)
    used = f"; trials in progress, left alone: {in_use}" if in_use else ""
    return f"{mebibytes(freed)} freed{used}"


def must_be_idle(store: Path) -> None:
    """Raises StoreError if some process computes one of its trials."""
    if in_use := running(store):
        remedy = "stop them first (`mtl-bench status` shows them)"
        raise StoreError(f"{len(in_use)} trials of {near(store)} are being computed; {remedy}")


def empty(store: Path) -> str:
    """Remove all that a store consists of, and nothing else that may lie in the folder; returns what came of it."""
    ours = [*store.glob(SHARD), *store.glob("environments"), *store.glob("failed"), *store.glob("*.lock")]
    return f"{mebibytes(sum(map(remove, ours)))} freed"


def _unfinished(store: Path) -> Iterator[tuple[Path, Path]]:
    """The folders of unfinished trials and the lock of each."""
    for part in sorted(store.glob(f"{SHARD}/*.part")):
        yield part, part.with_suffix(".lock")


@contextmanager
def _lock_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock if no one else does; yields whether that is so."""
    try:
        with FileLock(path, timeout=0):
            yield True
    except Timeout:
        yield False


def _progress(part: Path) -> str:
    try:
        note = json.loads((part / "progress.json").read_text(encoding="utf-8"))
        return f"{note['fraction']:.0%}  {note['text']}"
    except (OSError, ValueError, KeyError):
        return ""


def measured(path: Path, but: Path | None = None) -> tuple[int, int]:
    """Bytes that a file or folder takes on the disk, without those of `but`, and how many finished trials it holds.

    What goes meanwhile takes none. By os.scandir: a store has hundreds of thousands of files.
    """
    total, records = 0, 0
    with suppress(FileNotFoundError):
        total += path.lstat().st_blocks * 512
    waiting = [str(path)] if path.is_dir() else []
    while waiting:
        folder = waiting.pop()
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                if but is not None and entry.path == str(but):
                    continue
                with suppress(FileNotFoundError):
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.name == "record.json" and not folder.endswith(".part"):
                        records += 1
    return total, records


def remove(path: Path) -> int:
    """Remove a file or folder; returns the bytes that it took."""
    freed = measured(path)[0]
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return freed


def mebibytes(count: int) -> str:
    """ "1,234.5 MiB"."""
    return f"{count / 2**20:,.1f} MiB"
