"""Published files read: each decoder turns whatever its library raises on damaged content into one DataError.

A file that a decoder refuses is checked again before its next use, so that one put in its place by hand is taken.
"""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_bench.datasets.files.placed import FULL, DataError, data_root, forget_checksum, most_unpacked, one_line

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Array = np.ndarray[Any, Any]
AGAIN = "remove it and fetch it again"


@contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """Whatever goes wrong inside is a sentence about `path`, which should be `kind`."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # the libraries raise dozens of kinds
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        forget_checksum(path)
        root = data_root()
        owner = f"{path.relative_to(root).parts[0]}: " if root in path.parents else ""
        reason = one_line(error) or type(error).__name__
        raise DataError(f"{owner}{path} is no whole {kind} ({reason}); {AGAIN}") from error


def unzipped(path: Path) -> bytes:
    """The content of a gzip or bz2 file."""
    with reading(path, "compressed file"):
        with (bz2.open if path.suffix == ".bz2" else gzip.open)(path) as file:
            content = file.read(most_unpacked(path) + 1)
        if len(content) > most_unpacked(path):
            raise ValueError(f"it holds more than {most_unpacked(path):,} bytes")
        return content


def idx(path: Path) -> Array:
    """The uint8 array of a gzipped IDX file: two zero bytes, type 8, the number of axes, their lengths, the values."""
    content = unzipped(path)
    with reading(path, "IDX file of bytes"):
        axes = content[3]
        shape = tuple(np.frombuffer(content, ">u4", axes, 4).tolist())
        if content[:3] != b"\0\0\x08":
            raise ValueError("it begins otherwise")
        return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def svmlight(path: Path, features: int) -> tuple[Array, Array]:
    """float64 (n, features) and int64 (n,) of a svmlight file that leaves nothing out, compressed by bz2 or not."""
    content = unzipped(path) if path.suffix in (".bz2", ".gz") else path.read_bytes()
    with reading(path, "svmlight file"):
        rows = [line.split() for line in content.splitlines()]
        if not rows:
            raise ValueError("it is empty")
        values = [[float(entry.partition(b":")[2]) for entry in row[1:]] for row in rows]
        inputs = np.array(values, np.float64).reshape(len(rows), features)
        return inputs, np.array([int(row[0]) for row in rows], np.int64)


def sparse_svmlight(path: Path, features: int) -> tuple[csr_matrix, Array]:
    """A CSR matrix (n, features) and int64 (n,) of a svmlight file that counts features from 0 and leaves out zeros."""
    from sklearn.datasets import load_svmlight_file

    with reading(path, "svmlight file"):
        inputs, labels = load_svmlight_file(str(path), n_features=features, zero_based=True)
        if not np.array_equal(labels, np.rint(labels)):
            raise ValueError("its labels are no whole numbers")
        return inputs, labels.astype(np.int64)


def matlab(path: Path, variable: str) -> Array:
    """A variable of a MATLAB 5 file."""
    from scipy.io import loadmat

    with reading(path, "MATLAB file"):
        content = loadmat(path, variable_names=[variable])
        if variable not in content:
            raise ValueError(f"it holds no {variable!r}")
        return np.asarray(content[variable])


def hdf5(path: Path, name: str) -> Array:
    """A data set of an HDF5 file."""
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise DataError(f"{path} is an HDF5 file, and h5py is not installed; pip install 'mtl-bench[h5]'") from error

    with reading(path, "HDF5 file"), h5py.File(path) as file:
        if name not in file:
            raise ValueError(f"it holds no {name!r}")
        return np.array(file[name])


def column(path: Path, name: str, **equal: str) -> list[Any]:
    """A column of a parquet file as Python values, of the rows whose other columns are `equal` to these."""
    from pyarrow import parquet

    with reading(path, "parquet file"):
        filters = [(key, "==", value) for key, value in equal.items()] or None
        return parquet.read_table(path, columns=[name], filters=filters)[name].to_pylist()  # type: ignore[no-any-return]


def encoded(path: Path, name: str, **equal: str) -> list[tuple[str, bytes]]:
    """The image files in such a column, with names for messages."""
    rows = column(path, name, **equal)
    with reading(path, "parquet file of images"):
        return [(f"{path}, image {i},", row["bytes"]) for i, row in enumerate(rows)]


def tensors(path: Path) -> tuple[Array, ...]:
    """The tensors in a file of torch.save; nothing else in it is loaded."""
    import torch

    with reading(path, "file of tensors"):
        return tuple(tensor.numpy() for tensor in torch.load(path, weights_only=True, map_location="cpu"))


def archive(path: Path, name: str) -> Array:
    """An array of a .npz file, without pickles."""
    with reading(path, ".npz file"), np.load(path, allow_pickle=False) as content:
        if name not in content:
            raise ValueError(f"it holds no {name!r}")
        return np.asarray(content[name])
