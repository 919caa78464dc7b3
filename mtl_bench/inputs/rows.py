"""Rows: what a data set gives a network, whatever it is made of. The dtype is the modality.

uint8 (n, C, H, W) are pixels, floats (n, d) are features, int64 (n, length) are tokens, filled with 0. An ndarray is
rows; the classes here are rows that are not, or not yet, an array in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]

CHUNK = 500  # rows hashed, averaged or predicted at once
IN_MEMORY = 2**31  # bytes that are copied out of rows; more are read where they lie


class Rows(Protocol):
    """Some items of one modality: an array, or what can be read like one."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any) -> Array:
        """The rows of a slice or an index array; never of a single number."""
        ...


@dataclass(frozen=True, eq=False)
class Mapped:
    """An array in a file, whose checksum is known: (n, ...), memory-mapped and read-only."""

    array: Array
    checksum: str

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.array.dtype)

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, index: Any) -> Array:
        rows: Array = self.array[index]
        return rows

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self.array, dtype)

    def __iter__(self) -> Iterator[Array]:
        return iter(self.array)


@dataclass(frozen=True, eq=False)
class Chosen:
    """Some rows of others, by index (k,), read where they lie."""

    of: Rows
    index: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.index), *self.of.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.of.dtype

    @property
    def lengths(self) -> Array | None:
        """int64 (k,) of the items, where they differ in length."""
        lengths = lengths_of(self.of)
        return None if lengths is None else lengths[self.index]

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, index: Any) -> Array:
        return self.of[self.index[index]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype)


@dataclass(frozen=True, eq=False)
class Tokens:
    """Sequences of token numbers, each at least 1 and of a length of its own.

    The rows of an index are int64 (k, length of the longest among them), filled with 0 at their ends.
    """

    values: Array  # int (total,), one sequence after another
    starts: Array  # int64 (n + 1,), where each begins, and the end

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> Tokens:
        """Raises ValueError for an empty sequence or a token below 1."""
        lengths = np.array([len(sequence) for sequence in sequences], np.int64)
        values = np.concatenate([np.asarray(s, np.int64) for s in sequences]) if len(sequences) else np.empty(0, int)
        if (lengths == 0).any():
            raise ValueError(f"sequence {int(np.argmin(lengths))} has no token; leave empty texts out")
        if len(values) and values.min() < 1:
            raise ValueError(f"token {values.min()} is below 1, and 0 fills the ends; number the words from 1")
        return cls(values, np.concatenate([[0], np.cumsum(lengths)]))

    @property
    def lengths(self) -> Array:
        """int64 (n,)."""
        return np.diff(self.starts)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), int(self.lengths.max(initial=0)))

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.int64)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: Any) -> Array:
        chosen = np.arange(len(self))[index]
        lengths = self.lengths[chosen]
        filled = np.zeros((len(chosen), int(lengths.max(initial=0))), np.int64)
        inside = np.arange(filled.shape[1]) < lengths[:, None]
        filled[inside] = self.values[(self.starts[chosen][:, None] + np.arange(filled.shape[1]))[inside]]
        return filled


@dataclass(frozen=True, eq=False)
class Sparse:
    """Features that are mostly 0: a SciPy CSR matrix (n, d), whose rows are read as float32."""

    matrix: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.matrix.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float32)

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    def __getitem__(self, index: Any) -> Array:
        return np.asarray(self.matrix[index].toarray(), np.float32)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype)


def sparse_rows(rows: Rows, index: Array) -> Any | None:
    """The SciPy CSR matrix of the rows of this index, None where they are kept with their zeros."""
    if isinstance(rows, Chosen):
        return sparse_rows(rows.of, rows.index[index])
    return rows.matrix[index] if isinstance(rows, Sparse) else None


def lengths_of(rows: Rows) -> Array | None:
    """int64 (n,) of items of differing lengths, None where all are alike."""
    return getattr(rows, "lengths", None)


def choose(rows: Rows, index: Array) -> Rows:
    """The rows of this index: a copy where it fits in memory, else read on demand."""
    if isinstance(rows, np.ndarray | Mapped) and rows[:1].nbytes * len(index) <= IN_MEMORY:
        return rows[index]
    return Chosen(rows, index)


def first(rows: Rows, most: int) -> Rows:
    """The first `most` rows; those of differing lengths without filling, those that are mostly 0 without zeros."""
    plain = lengths_of(rows) is None and sparse_rows(rows, np.arange(0)) is None
    return rows[:most] if plain else choose(rows, np.arange(min(most, len(rows))))


def chunks(rows: Rows, size: int = CHUNK) -> Iterator[Array]:
    """The rows in pieces, so that those that are not in memory need not be."""
    return (rows[first : first + size] for first in range(0, len(rows), size))


def digest(rows: Rows) -> str:
    """Sixteen hex digits that name rows or labels by their content; of a file with a checksum without reading it."""
    return str(_sha256(rows).hexdigest())[:16]


def _sha256(rows: Rows) -> Any:
    if isinstance(rows, Mapped):
        return hashlib.sha256(f"file {rows.checksum}".encode())
    if isinstance(rows, Chosen):
        found = _sha256(rows.of)
        found.update(np.ascontiguousarray(rows.index, np.int64).tobytes())
        return found
    if isinstance(rows, Tokens):
        return _of_arrays(rows.values, rows.starts)
    if isinstance(rows, Sparse):
        return _of_arrays(rows.matrix.data, rows.matrix.indices, rows.matrix.indptr)
    return _of_arrays(rows)


def _of_arrays(*arrays: Any) -> Any:
    found = hashlib.sha256()
    for array in arrays:
        found.update(f"{array.dtype} {array.shape} ".encode())
        for chunk in chunks(array):
            found.update(np.ascontiguousarray(chunk).tobytes())
    return found
