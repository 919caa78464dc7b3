"""What a finished trial says about itself: checked when it is written and when it is read."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from mtl_bench.disk import LEFTOVER, DamagedError, checksum

SHAPE: dict[str, type | tuple[type, ...]] = {
    "key": str,
    "trial": dict,
    "metrics": dict,
    "seconds": (int, float),
    "device": str,
    "finished": str,
    "code": str,
    "environment": str,
    "data": dict,
}
OWN = ("code", "progress.json", "record.json")  # the store's files in a trial's folder


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """The metrics as floats. Raises FloatingPointError for one that is no number: such a run is a failure."""
    found = {name: float(value) for name, value in metrics.items()}
    for name, value in found.items():
        if not math.isfinite(value):
            raise FloatingPointError(
                f"metric {name} is {value}: the run diverged, so nothing of it is stored; try a smaller learning rate"
            )
    return found


def with_checksum(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the checksum of all else in it."""
    rest = {name: value for name, value in record.items() if name != "checksum"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return {**rest, "checksum": hashlib.sha256(text.encode()).hexdigest()}


def checked(record: dict[str, Any], path: Path) -> dict[str, Any]:
    """The record, if it can be the one that was written to `path`; records of older code have no checksum.

    Raises DamagedError.
    """
    for name, kind in SHAPE.items():
        if not isinstance(record.get(name), kind):
            raise DamagedError(f"{path} has no {name}" if name not in record else f"{path} has an odd {name}")
    numbers = [record["seconds"], *record["metrics"].values()]
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise DamagedError(f"{path} holds a metric that is no number")
    try:
        datetime.fromisoformat(record["finished"])
    except ValueError as error:
        raise DamagedError(f"{path} has an odd finished") from error
    if record["key"] != path.parent.name:
        raise DamagedError(f"{path} is the record of another trial")
    if "checksum" in record and record != with_checksum(record):
        raise DamagedError(f"{path} was changed or damaged after it was written")
    return record


def files_in(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of every file that a trial left, by its path below `folder`."""
    names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    own = (name for name in names if name not in OWN and not LEFTOVER.fullmatch(name))
    return {name: ((folder / name).stat().st_size, checksum(folder / name)) for name in own}


def whole(path: Path, known: tuple[int, str] | None) -> None:
    """Raises DamagedError unless the file is the one that was recorded; of older records it must only be there."""
    if not path.is_file():
        raise DamagedError(f"{path} is missing")
    stat = path.stat()
    if known and (stat.st_size != known[0] or _checksum(path, stat.st_mtime_ns, stat.st_size) != known[1]):
        raise DamagedError(f"{path} was changed or damaged after it was written")


@cache
def _checksum(path: Path, changed: int, size: int) -> str:
    """Once a process, unless the file changes: files may have gigabytes."""
    return checksum(path)
