"""Files that are whole or absent, and what to tell a user whose disk is full or closed."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

UNUSABLE = (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.EIO)
NEARLY_FULL = 2**16  # bytes; a disk with less left is why something failed


def write_atomically(path: Path, text: str) -> None:
    """Readers see the old file or the whole new one, never a half."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def disk_fault(error: BaseException, store: Path) -> str | None:
    """One sentence when the error is the fault of the disk that holds the store, else None."""
    number, path = getattr(error, "errno", None), str(getattr(error, "filename", ""))
    if path.startswith(str(store)) and number in UNUSABLE:
        remedy = "make it writable or set MTL_BENCH_STORE to another folder"
        return f"the store {store} can't be used ({os.strerror(number)}: {path}); {remedy}"
    # Libraries that write in C hide the errno of a full disk, so look at the disk as well.
    if number in (errno.ENOSPC, errno.EDQUOT) or shutil.disk_usage(store).free < NEARLY_FULL:
        remedy = "free some space, or set MTL_BENCH_STORE to another disk, and give the same command again"
        return f"the disk that holds {store} is full; finished trials are kept: {remedy}"
    return None
