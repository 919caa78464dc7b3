"""Each row once: exact copies of a photograph cannot lie on both sides of a cut."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.inputs.rows import Array, chunks


@dataclass(frozen=True)
class Distinct(Part):
    """Another data set, of each of whose splits later copies of a row are left out; no label is looked at.

    Whatever is cut or drawn from it afterwards (a validation set, `PerClass`, `Few`, `Partly`) has a group of copies on
    one side. Where all rows of a target are seen and tested nothing is cut, and it is not needed.
    """

    of: DataSet
    by: DataSet | None = None  # whose rows are compared, as those of features' images; by default those of `of`

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages()),)

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def part(self, split: str) -> tuple[str, Array | None]:
        return split, _first_copies(self, split)


@lru_cache(maxsize=16)  # a run asks for it several times
def _first_copies(data: Distinct, split: str) -> Array:
    rows = (data.by or data.of).inputs(split)
    if data.by is not None and len(rows) != (count := len(data.of.labels(split))):
        raise ValueError(f"{data.by.name} has {len(rows)} rows of {split}, {data.of.name} {count}; compare its own")
    tokens = rows.dtype == np.int64  # filled with 0 to the longest sequence beside them
    seen: dict[bytes, int] = {}
    for i, row in enumerate(row for chunk in chunks(rows) for row in chunk):
        content = np.ascontiguousarray(row[row > 0] if tokens else row).tobytes()
        seen.setdefault(hashlib.sha256(content).digest(), i)
    return np.array(list(seen.values()), np.int64)
