"""The one door through which every file is written, and readers that name what is wrong with a damaged one.

Readers of a file see the old one or the whole new one, and a new one survives a pulled plug.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

UNUSABLE = (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.EIO)
FULL = (errno.ENOSPC, errno.EDQUOT)
NEARLY_FULL = 2**16  # bytes; a disk with less left is why something failed
LEFTOVER = re.compile(r".+\.(\d+)\.part")
LFS_POINTER = b"version https://git-lfs"
MERGE_MARKER = re.compile(rb"^(<{7}|={7}|>{7}|\|{7})( |\r?$)", re.MULTILINE)


class DamagedError(ValueError):
    """A file does not hold what it should; the message names the file and what is wrong, the reader adds the remedy."""


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A binary file that takes the place of `path` once it is whole: beside it, to the disk, then renamed.

    For what writes into a file by itself: torch.save, np.save, savefig. An OSError names `path`.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _to_disk(path.parent)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(part)):
            raise type(error)(error.errno, os.strerror(error.errno), str(path)) from error
        raise


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write text, as UTF-8 with the line ends it has, or bytes. An OSError names `path`."""
    with replacing(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def _to_disk(folder: Path) -> None:
    """A renamed file survives a power cut once its folder is on the disk too."""
    with suppress(OSError):  # some file systems cannot; the file itself is there
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes were about to write in `folder`; that of living ones stays."""
    for path in folder.glob("*.part"):
        found = LEFTOVER.fullmatch(path.name)
        if found and path.is_file() and not lives(int(found[1])):
            path.unlink(missing_ok=True)


def lives(process: int) -> bool:
    """Whether there is such a process on this machine."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True


def write_with_checksum(path: Path, content: bytes) -> None:
    """Write `content` below a line with its SHA-256, for `read_with_checksum`: what a stopped run resumes from."""
    with replacing(path) as file:
        file.write(f"sha256 {hashlib.sha256(content).hexdigest()}\n".encode())
        file.write(content)


def read_with_checksum(path: Path) -> bytes | None:
    """What `write_with_checksum` wrote; None where there is no such file.

    A file with another content, a single bit of it even, is removed with a warning: None too.
    """
    try:
        with path.open("rb") as file:
            head, content = file.readline(100), file.read()
    except FileNotFoundError:
        return None
    if head == f"sha256 {hashlib.sha256(content).hexdigest()}\n".encode():
        return content
    path.unlink()
    warnings.warn(f"{path} was damaged and is removed; what it held is computed again", stacklevel=2)
    return None


def checksum(path: Path) -> str:
    """The SHA-256 of a file of any size, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_text(path: Path) -> str:
    """UTF-8 text, without a byte order mark. Raises DamagedError for what was certainly not written so."""
    content = path.read_bytes()
    if not content.strip(b"\0 \t\r\n"):
        raise DamagedError(f"{path} is empty")
    if content.startswith(LFS_POINTER):
        raise DamagedError(f"{path} is a pointer of Git LFS, not the file itself (`git lfs pull` gets it)")
    if marker := MERGE_MARKER.search(content):
        line = content.count(b"\n", 0, marker.start()) + 1
        raise DamagedError(f"{path} holds the conflict of a merge (line {line})")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DamagedError(f"{path} is not UTF-8 (line {line})") from error
    if "\0" in text:
        raise DamagedError(f"{path} holds a zero byte (line {text.count(chr(10), 0, text.index(chr(0))) + 1})")
    return text


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises DamagedError, or FileNotFoundError."""
    return json_object(read_text(path), path)


def json_object(text: str, path: Path) -> dict[str, Any]:
    """The object in the JSON text of `path`. Raises DamagedError."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise DamagedError(f"{path} is not JSON{where}") from error
    if not isinstance(value, dict):
        raise DamagedError(f"{path} holds another thing than a JSON object")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def disk_fault(error: BaseException, folder: Path, name: str = "store") -> str | None:
    """One sentence when the error is the fault of the disk that holds `folder`, else None.

    `name`: what the folder is; MTL_BENCH_<NAME> names another one.
    """
    number, path = getattr(error, "errno", None), getattr(error, "filename", None)
    file = Path(path) if isinstance(path, str) else None
    ours = file is not None and (file.is_relative_to(folder) or folder.is_relative_to(file))
    another = f"set MTL_BENCH_{name.upper()} to another"
    if ours and number in UNUSABLE:
        return (
            f"the {name} {folder} can't be used ({os.strerror(number)}: {path}); make it writable or {another} folder"
        )
    # Libraries that write in C hide the errno of a full disk, so look at the disk as well.
    if number in FULL or _free(folder) < NEARLY_FULL:
        full = f"the disk that holds {file if ours else folder} is full; finished trials are kept"
        return f"{full}: free some space, or {another} disk, and give the same command again"
    return None


def _free(folder: Path) -> int:
    """Bytes left on the disk of `folder`, or of the nearest folder above that exists."""
    for place in (folder, *folder.absolute().parents):
        with suppress(OSError):
            return shutil.disk_usage(place).free
    return NEARLY_FULL
