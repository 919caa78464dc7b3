"""What lies in the data folder: verified, and never half written.

Everything is made beside its place as `<name>.part`, renamed when whole, and then its checksum is recorded:
`<name>.checksum` holds its sha256 and size. What has no readable record was put there by hand, or its record was
damaged: it is checked before its next use.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from mtl_bench.disk import write_atomically
from mtl_bench.home import folder_of

CHECKSUM = ".checksum"
RECORD = re.compile(rb"([0-9a-f]{64}) ([0-9]{1,18})\n")
LONGEST = 100  # bytes of a record
GROWTH, ALWAYS = 50, 2**26  # times its packed size that content may have, and bytes that it may have in any case
FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
CLUTTER = ("thumbs.db", "desktop.ini", "__macosx")  # what file managers leave in folders, besides hidden files


class DataError(RuntimeError):
    """Data cannot be had, or are not what they should be; the message names them and the remedy."""


def data_root() -> Path:
    """The folder of all data sets: `MTL_BENCH_DATA`, or `data` in the checkout or the current folder."""
    return folder_of("data")


def beside(path: Path, ending: str) -> Path:
    """The companion of `path` with `ending` added to its name."""
    return path.with_name(path.name + ending)


def one_line(text: object) -> str:
    """The first line of what a library or a server says, without control characters, at most 200 letters."""
    lines = str(text).strip().splitlines() or [""]
    return "".join(letter for letter in lines[0] if letter.isprintable())[:200]


def content_of(folder: Path) -> list[tuple[str, Path]]:
    """The files below a folder by their relative names, sorted; hidden ones and file managers' clutter left out."""
    found = []
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        if not any(part.startswith(".") or part.lower() in CLUTTER for part in inner.parts) and path.is_file():
            found.append((inner.as_posix(), path))
    return sorted(found)


def digest_of(path: Path) -> str:
    """The sha256 of a file, or of a folder's sorted listing in sha256sum's format, as 64 hex digits."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    listing = "".join(f"{digest_of(inner)}  {name}\n" for name, inner in content_of(path))
    return hashlib.sha256(listing.encode(errors="surrogateescape")).hexdigest()


def record_checksum(path: Path) -> None:
    """Record that `path` is whole and what it is."""
    write_atomically(beside(path, CHECKSUM), f"{digest_of(path)} {_size(path)}\n")


def checksum_of(path: Path) -> str | None:
    """The recorded sha256 of `path`; None when it is missing, has another size, or has no record that can be read."""
    try:
        with beside(path, CHECKSUM).open("rb") as file:
            known = RECORD.fullmatch(file.read(LONGEST))
        return known[1].decode() if known and path.exists() and int(known[2]) == _size(path) else None
    except OSError:
        return None


def forget_checksum(path: Path) -> None:
    """Have what holds `path` in the data folder checked again before its next use."""
    root = data_root()
    for one in (path, *path.parents):
        if root not in one.parents:
            return
        beside(one, CHECKSUM).unlink(missing_ok=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def place(part: Path, path: Path) -> None:
    """Turn a whole `part` into `path` at once, and record its checksum."""
    if part.is_file():
        with part.open("rb") as file:
            os.fsync(file.fileno())
    part.replace(path)
    record_checksum(path)


def most_unpacked(archive: Path) -> int:
    """The bytes that may come out of a compressed file where nothing else is declared."""
    return max(ALWAYS, GROWTH * archive.stat().st_size)


def need_room(path: Path, size: int) -> None:
    """Raises DataError when `size` bytes more do not fit beside `path`."""
    free = shutil.disk_usage(path.parent).free
    if size > free:
        raise DataError(
            f"{path} does not fit: it needs {_readable(size)}, {_readable(free)} are free; "
            "make room or set MTL_BENCH_DATA to a folder elsewhere"
        )


def _readable(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


@contextmanager
def placing(path: Path) -> Iterator[None]:
    """Hold the lock of `path` across processes; what the disk refuses becomes one sentence."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            yield
    except OSError as error:
        if error.errno in FULL:
            raise DataError(
                f"{path} does not fit: the disk is full; make room or set MTL_BENCH_DATA to a folder elsewhere"
            ) from error
        if error.errno in CLOSED:
            raise DataError(
                f"{path} cannot be written ({error.strerror}); set MTL_BENCH_DATA to a folder that can"
            ) from error
        culprit = error.filename or path
        raise DataError(
            f"{path} cannot be made ({one_line(error.strerror or error)}: {culprit}); remove that"
        ) from error
