"""The protocol of most adaptation tables: the target's rows are seen without labels, and the same rows are the test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.inputs.rows import Array


@dataclass(frozen=True)
class Transductive(Part):
    """A data set whose training and test rows are all rows of one `pool`, a split of the other data set."""

    of: DataSet
    pool: str = "all"

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages(), "train"),)

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def part(self, split: str) -> tuple[str, Array | None]:
        if split not in ("train", "test"):
            raise ValueError(f"{self.name}, seen and tested as a whole, has no split {split!r}; it has train, test")
        return self.pool, None
