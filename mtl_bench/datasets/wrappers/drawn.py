"""A random part of all of a data set, for data that are too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.inputs.rows import Array


@dataclass(frozen=True)
class Drawn(Part):
    """`count` rows of each split of another data set, or all where it has no more; no label is looked at."""

    of: DataSet
    count: int
    seed: int = 0

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages(), 40, seed=1),)

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def part(self, split: str) -> tuple[str, Array | None]:
        whole = len(self.of.inputs(split))
        if whole <= self.count:
            return split, None
        return split, np.sort(np.random.default_rng(self.seed).permutation(whole)[: self.count])
