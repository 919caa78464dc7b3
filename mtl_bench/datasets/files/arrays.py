"""Decoded arrays: made once from published files, then memory-mapped."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mtl_bench.datasets.files.placed import (
    DataError,
    beside,
    checksum_of,
    data_root,
    digest_of,
    forget_checksum,
    need_room,
    one_line,
    place,
    placing,
)
from mtl_bench.inputs.rows import Mapped

Array = np.ndarray[Any, Any]
Shape = tuple[int | None, ...]  # None, at the first place only: as many as there are


def stored(
    folder: str,
    name: str,
    shape: Shape,
    blocks: Callable[[], Iterable[Array]],
    dtype: type = np.uint8,
    pixels: str | None = None,
) -> Mapped:
    """The array `<data folder>/<folder>/arrays/<name>.npy`; made once from `blocks`, pieces along the first axis.

    `pixels` is the sha256 that the array's bytes must have. The checksum of the rows is that of the file. Raises
    DataError for content of another shape.
    """
    path = data_root() / folder / "arrays" / f"{name}.npy"
    if not checksum_of(path):
        with placing(path):
            if not checksum_of(path):
                _write(path, shape, blocks(), np.dtype(dtype), pixels)
    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # whatever numpy makes of a damaged header
        raise DataError(f"{path} is damaged ({one_line(error)}); remove it, it will be made again") from error
    if not _fits(array.shape, shape) or array.dtype != dtype or not array.flags.c_contiguous:
        forget_checksum(path)
        found = f"{array.dtype} of {array.shape}"
        raise DataError(f"{path} holds {found} where {np.dtype(dtype)} of {shape} was expected; remove it")
    return Mapped(array, checksum_of(path) or digest_of(path))


def _fits(found: tuple[int, ...], shape: Shape) -> bool:
    return len(found) == len(shape) and all(want in (None, got) for got, want in zip(found, shape, strict=True))


def _write(path: Path, shape: Shape, blocks: Iterable[Array], dtype: np.dtype[Any], pixels: str | None) -> None:
    part, count, digest = beside(path, ".part"), 0, hashlib.sha256()
    need_room(path, math.prod(side or 1 for side in shape) * dtype.itemsize)
    # Written, not memory-mapped: a full disk is then an error instead of a SIGBUS.
    try:
        with part.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, _header(dtype, (shape[0] or 0, *shape[1:])))
            for block in blocks:
                if block.shape[1:] != shape[1:]:
                    raise DataError(f"{path}: items of {block.shape[1:]} were decoded where {shape[1:]} was expected")
                content = np.ascontiguousarray(block, dtype).tobytes()
                file.write(content)
                digest.update(content)
                count += len(block)
            file.seek(0)  # numpy leaves room in a header for a first axis that grows
            np.lib.format.write_array_header_1_0(file, _header(dtype, (count, *shape[1:])))
        if shape[0] not in (None, count):
            raise DataError(f"{path}: {count:,} items were decoded where {shape[0]:,} were expected")
        if pixels and digest.hexdigest() != pixels:
            raise DataError(f"{path}: the decoded content is not that of the published files")
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    place(part, path)


def _header(dtype: np.dtype[Any], shape: Shape) -> dict[str, Any]:
    return {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
