"""A few training rows of each class: the protocols in which a source has few labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.inputs.rows import Array


@dataclass(frozen=True)
class Few(Part):
    """At most `per_class` training rows of each class of another data set, drawn by the seed; tests are left whole.

    A class with fewer gives all it has.
    """

    of: DataSet
    per_class: int
    seed: int

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages(), 5, seed=1),)

    def __post_init__(self) -> None:
        if self.per_class < 1:
            raise ValueError(f"{self.of.name} cannot give {self.per_class} rows a class; ask for 1 or more")

    @property
    def name(self) -> str:
        return f"{self.of.name}, {self.per_class} a class"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def part(self, split: str) -> tuple[str, Array | None]:
        if split != "train":
            return split, None
        labels, random = self.of.labels(split), np.random.default_rng(self.seed)
        drawn = [
            random.permutation(np.flatnonzero(labels == label))[: self.per_class] for label in range(len(self.classes))
        ]
        return split, np.sort(np.concatenate(drawn))
