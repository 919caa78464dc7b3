"""A target of which a few labels are known: semi-supervised adaptation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.inputs.rows import Array

HIDDEN = -1  # the label of a row whose class training may not see


@dataclass(frozen=True)
class Partly(Part):
    """Another data set, of whose training rows `per_class` labels of each class are shown, drawn by the seed.

    Where training and test rows are the same, the shown ones are no test: they are left out there.
    """

    of: DataSet
    per_class: int
    seed: int

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages(), 2, seed=1),)

    @property
    def name(self) -> str:
        return f"{self.of.name}, {self.per_class} labels a class"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def known(self, split: str) -> Array:
        """int64 (n,): the labels that training may see, -1 where it may not."""
        labels = self.of.labels(split)
        shown = np.full(len(labels), HIDDEN)
        chosen = self._shown(split)
        shown[chosen] = labels[chosen]
        return shown

    def part(self, split: str) -> tuple[str, Array | None]:
        if split == "test" and isinstance(self.of, Transductive):
            hidden = np.ones(len(self.of.labels("test")), bool)
            hidden[self._shown("train")] = False
            return split, np.flatnonzero(hidden)
        return split, None

    def _shown(self, split: str) -> Array:
        """Which rows' labels are known; none but of the training rows."""
        if split != "train":
            return np.empty(0, np.int64)
        labels, random = self.of.labels(split), np.random.default_rng(self.seed)
        chosen = []
        for label, name in enumerate(self.of.classes):
            rows = np.flatnonzero(labels == label)
            if len(rows) < self.per_class:
                raise ValueError(
                    f"{self.of.name} has {len(rows)} rows of {name}, not {self.per_class}; show fewer labels of a class"
                )
            chosen.append(random.permutation(rows)[: self.per_class])
        return np.sort(np.concatenate(chosen))
