"""Synthetic counts of words, made in milliseconds, in the form of bags of words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mtl_bench.inputs.rows import Array, Sparse


@dataclass(frozen=True)
class SyntheticCounts:
    """Reviews with some words of their class, of which a share `shift` is a domain's own, and many words of neither."""

    shift: float = 0.0
    width: int = 40
    train: int = 60
    test: int = 40
    stands_for: str = ""  # the data set whose place it takes in a study's tables

    classes: ClassVar[tuple[str, ...]] = ("negative", "positive")
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    variant: ClassVar[str] = "synthetic"

    @property
    def name(self) -> str:
        return self.stands_for or f"synthetic-counts-{round(100 * self.shift)}"

    def inputs(self, split: str) -> Sparse:
        """Counts (n, width), of which few are not 0."""
        from scipy.sparse import csr_matrix

        positive, words = self._classes(split), np.arange(self.width)
        random = np.random.default_rng([3, round(100 * self.shift), self.splits.index(split)])
        own = np.random.default_rng([4, round(100 * self.shift)]).random(self.width) < self.shift
        telling = np.where(own, words // 2 % 2, words % 2)  # of which class a word tells
        rates = np.where((words % 5 == 0) & (telling == positive[:, None]), 0.6, 0.08)
        return Sparse(csr_matrix(random.poisson(rates).astype(np.float32)))

    def labels(self, split: str) -> Array:
        """int64 (n,), each class equally often."""
        return self._classes(split)

    def _classes(self, split: str) -> Array:
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}; it has {', '.join(self.splits)}")
        return np.arange(getattr(self, split), dtype=np.int64) % len(self.classes)
