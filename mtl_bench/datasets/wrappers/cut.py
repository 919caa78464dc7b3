"""A data set that is computed as a whole, features say, cut into the training and test rows that its files have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mtl_bench.datasets.files.declaration import bounds
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.inputs.rows import Array


@dataclass(frozen=True)
class Cut(Part):
    """The first 80 % of one `pool`'s rows for training and the others for the test; no label is looked at.

    That is the cut of a data set of files without splits of its own: their rows are in random order.
    """

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
            raise ValueError(f"{self.name}, cut into 80 % and 20 %, has no split {split!r}; it has train, test")
        return self.pool, np.arange(*bounds(len(self.of.labels(self.pool)), split))
