"""What lies in the data folder: verified, and never half written.

Everything is made beside its place as `<name>.part`, renamed when whole, and then sealed: `<name>.seal` holds its
sha256 and size. An unsealed file was put there by hand and is checked before its first use.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

Array = np.ndarray[Any, Any]
SEAL = ".seal"


class DataError(RuntimeError):
    """Data cannot be had, or are not what they should be; the message names them and the remedy."""


def data_root() -> Path:
    """The folder of all data sets: `MTL_BENCH_DATA`, or `data` in the checkout."""
    return Path(os.environ.get("MTL_BENCH_DATA") or Path(__file__).resolve().parents[3] / "data").absolute()


def beside(path: Path, ending: str) -> Path:
    """The companion of `path` with `ending` added to its name."""
    return path.with_name(path.name + ending)


def digest_of(path: Path) -> str:
    """The sha256 of a file, or of a folder's sorted listing in sha256sum's format, as 64 hex digits."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    listing = sorted((p.relative_to(path).as_posix(), p) for p in path.rglob("*") if p.is_file())
    return hashlib.sha256("".join(f"{digest_of(p)}  {name}\n" for name, p in listing).encode()).hexdigest()


def seal(path: Path) -> None:
    """Record that `path` is whole and what it is."""
    record = beside(path, SEAL)
    fresh = beside(record, ".part")
    fresh.write_text(f"{digest_of(path)} {_size(path)}\n", encoding="utf-8")
    fresh.replace(record)


def sealed(path: Path) -> str | None:
    """The digest that `path` was sealed with, or None when it is missing, was not sealed or has another size."""
    record = beside(path, SEAL)
    if not path.exists() or not record.exists():
        return None
    digest, size = record.read_text(encoding="utf-8").split()
    return digest if int(size) == _size(path) else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def place(part: Path, path: Path) -> None:
    """Turn a whole `part` into `path` at once, and seal it."""
    if part.is_file():
        with part.open("rb") as file:
            os.fsync(file.fileno())
    part.replace(path)
    seal(path)


@contextmanager
def placing(path: Path) -> Iterator[None]:
    """Hold the lock of `path` across processes; a full disk or a read-only folder becomes one sentence."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                f"{path} does not fit: the disk is full; make room or set MTL_BENCH_DATA to a folder elsewhere"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise DataError(
                f"{path} cannot be written ({error.strerror}); set MTL_BENCH_DATA to a folder that can"
            ) from error
        raise


def stored(
    data_set: Any,
    name: str,
    shape: tuple[int, ...],
    blocks: Callable[[], Iterable[Array]],
    dtype: type = np.uint8,
    sha256: str | None = None,
) -> Array:
    """The array of this shape, memory-mapped and read-only; made once from `blocks`, pieces along the first axis.

    It lies in `<data folder>/<data set>/arrays`; its name holds the data set's `version`, so raising that decodes anew.
    With `sha256`, the digest that the array's bytes must have.
    """
    path = data_root() / data_set.folder / "arrays" / f"{name}.v{getattr(data_set, 'version', 1)}.npy"
    if not sealed(path):
        with placing(path):
            if not sealed(path):
                _write(path, shape, blocks(), np.dtype(dtype), sha256)
    array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.shape != shape:
        raise DataError(f"{path} holds an array of {array.shape} where {shape} was expected; remove it")
    return array


def _write(
    path: Path,
    shape: tuple[int, ...],
    blocks: Iterable[Array],
    dtype: np.dtype[Any],
    sha256: str | None,
) -> None:
    part, count, digest = beside(path, ".part"), 0, hashlib.sha256()
    # Written, not memory-mapped: a full disk is then an error instead of a SIGBUS.
    try:
        with part.open("wb") as file:
            header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for block in blocks:
                if block.shape[1:] != shape[1:]:
                    raise DataError(f"{path}: items of {block.shape[1:]} were decoded where {shape[1:]} was expected")
                content = np.ascontiguousarray(block, dtype).tobytes()
                file.write(content)
                digest.update(content)
                count += len(block)
        if count != shape[0]:
            raise DataError(f"{path}: {count:,} items were decoded where {shape[0]:,} were expected")
        if sha256 and digest.hexdigest() != sha256:
            raise DataError(f"{path}: the decoded content is not that of the published files")
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    place(part, path)


def content_digest(array: Array) -> str:
    """Twelve hex digits that name an array of `stored`, or any other array."""
    filename = getattr(array, "filename", None)
    known = sealed(Path(filename)) if filename else None
    return (known or hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest())[:12]
