"""Test rows that are training rows too are left out: the same review, published twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.inputs.rows import Array, chunks


@dataclass(frozen=True)
class Unrepeated(Part):
    """Another data set without the test rows that equal one of its training rows; no label is looked at.

    Training rows are left whole. `Apart` leaves out the training rows instead, which changes what is learnt.
    """

    of: DataSet

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
        return (split, _new(self)) if split == "test" else (split, None)


@lru_cache(maxsize=16)  # a run asks for it several times
def _new(data: Unrepeated) -> Array:
    def contents(split: str) -> list[bytes]:
        rows = data.of.inputs(split)
        return [np.ascontiguousarray(row).tobytes() for chunk in chunks(rows) for row in chunk]

    learnt = set(contents("train"))
    return np.array([i for i, content in enumerate(contents("test")) if content not in learnt], np.int64)
