"""A random part of a data set's training rows, for protocols that use few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.inputs.rows import Array


@dataclass(frozen=True)
class Sample(Part):
    """`count` training rows of another data set, drawn without a look at labels; its test rows are left whole."""

    of: DataSet
    count: int
    seed: int

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages(), 40, seed=1),)

    @property
    def name(self) -> str:
        return f"{self.of.name}-{self.count}"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def part(self, split: str) -> tuple[str, Array | None]:
        if split != "train":
            return split, None
        whole = len(self.of.labels(split))
        if self.count > whole:
            raise ValueError(f"{self.of.name} has {whole} training rows, not {self.count}; ask for fewer")
        return split, np.sort(np.random.default_rng(self.seed).permutation(whole)[: self.count])
