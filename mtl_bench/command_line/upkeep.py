"""What the results and the store hold, and how to sweep the store. Needs neither torch nor pandas."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from mtl_bench.command_line.catalogue import near
from mtl_bench.core.store import StoreError

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
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        newest = max((row.get("finished") or "" for row in rows), default="")
        devices = sorted({row.get("device") or "?" for row in rows})
        found.append(Holding(path.stem, len(rows), newest, tuple(devices)))
    return found


def status(results: Path, store: Path) -> str:
    """Results, running trials, failures and the store's size, as text."""
    tracebacks = sorted(store.glob("failed/*.txt"))
    sections = {
        "results": [f"{h.name}  {h.rows} rows  {h.newest}  {', '.join(h.devices)}" for h in holdings(results)],
        "running": running(store),
        "failed": [f"{t.stem}  {t.read_text().rstrip().rpartition(chr(10))[2]}  ({near(t)})" for t in tracebacks],
        "store": [contents(store)],
    }
    return "\n".join("\n  ".join([section, *(lines or ["none"])]) for section, lines in sections.items())


def contents(store: Path) -> str:
    """How many trials a store holds, and how much space they take."""
    records = [record for record in store.glob(f"{SHARD}/*/record.json") if record.parent.suffix != ".part"]
    return f"{len(records)} finished trials ({_mebibytes(_size(store))}) in {near(store)}"


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
                freed += _remove(part) + _remove(lock)
            else:
                in_use += 1
    for lock in [*store.glob(f"{SHARD}/*.lock"), *store.glob("*.lock")]:
        with _lock_if_free(lock) as free:
            if free:
                freed += _remove(lock)
    for leftover in [*store.glob("failed"), *store.glob(f"{SHARD}/*/*.part"), *store.glob("environments/*.part")]:
        if leftover.parent.suffix != ".part":
            freed += _remove(leftover)
    used = f"; trials in progress, left alone: {in_use}" if in_use else ""
    return f"{_mebibytes(freed)} freed{used}"


def must_be_idle(store: Path) -> None:
    """Raises StoreError if some process computes one of its trials."""
    if in_use := running(store):
        remedy = "stop them first (`mtl-bench status` shows them)"
        raise StoreError(f"{len(in_use)} trials of {near(store)} are being computed; {remedy}")


def empty(store: Path) -> str:
    """Remove all that a store consists of, and nothing else that may lie in the folder; returns what came of it."""
    ours = [*store.glob(SHARD), *store.glob("environments"), *store.glob("failed"), *store.glob("*.lock")]
    return f"{_mebibytes(sum(map(_remove, ours)))} freed"


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
        note = json.loads((part / "progress.json").read_text())
        return f"{note['fraction']:.0%}  {note['text']}"
    except (OSError, ValueError, KeyError):
        return ""


def _size(path: Path) -> int:
    """Bytes that a file or folder takes on the disk; a file that goes meanwhile takes none."""
    total = 0
    for file in [path, *path.rglob("*")]:
        with suppress(FileNotFoundError):
            total += file.lstat().st_blocks * 512
    return total


def _remove(path: Path) -> int:
    freed = _size(path)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return freed


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"
