"""Parts of a data set by class: some of its classes, its halves, a few rows of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.inputs.rows import Array


@dataclass(frozen=True)
class Classes(Part):
    """The rows of some classes of another data set, whose labels are renumbered in the order of `classes`."""

    of: DataSet
    name: str
    classes: tuple[str, ...]

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages(), "some classes", SyntheticImages.classes[1:]),)

    def __post_init__(self) -> None:
        if unknown := [name for name in self.classes if name not in self.of.classes]:
            raise ValueError(f"{self.of.name} has no class {unknown[0]!r}; it has {', '.join(self.of.classes[:10])} …")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(f"{self.name} of {self.of.name} has a class twice; name each once")

    def part(self, split: str) -> tuple[str, Array | None]:
        return split, np.flatnonzero(self._renumbered(split) >= 0)

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        renumbered = self._renumbered(split)
        return renumbered[renumbered >= 0]

    def _renumbered(self, split: str) -> Array:
        """The new number of each row's class, -1 for those left out."""
        numbers = np.full(len(self.of.classes), -1)
        numbers[[self.of.classes.index(name) for name in self.classes]] = np.arange(len(self.classes))
        return numbers[self.of.labels(split)]


def halves(of: DataSet, seed: int, most: int | None = None) -> tuple[Classes, Classes]:
    """A data set's classes cut at random into A and B, which share none; with `most`, that many classes in each."""
    order = np.random.default_rng([seed, len(of.classes)]).permutation(len(of.classes))
    half = -(-len(order) // 2)
    parts = order[:half][:most], order[half:][:most]
    names = (tuple(of.classes[i] for i in sorted(part)) for part in parts)
    a, b = (Classes(of, f"half {letter}", part) for letter, part in zip("AB", names, strict=True))
    return a, b


def drawn(names: tuple[str, ...], most: int | None, seed: int) -> tuple[str, ...]:
    """`most` of the names at random, in their order; None: all."""
    chosen = np.random.default_rng([seed, len(names)]).permutation(len(names))[:most]
    return tuple(names[i] for i in sorted(chosen))


@dataclass(frozen=True)
class PerClass(Part):
    """Another data set cut anew: of each class at most `train` rows for training and `test` of the rest for the test.

    Training takes no more than two thirds of a class. The cut, drawn by the seed, is within one `pool`, a split of the
    other data set.
    """

    of: DataSet
    train: int
    test: int
    seed: int
    pool: str = "all"

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages(), train=20, test=10, seed=1, pool="train"),)

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def part(self, split: str) -> tuple[str, Array | None]:
        if split not in ("train", "test"):
            raise ValueError(f"{self.name}, cut anew, has no split {split!r}; it has train, test")
        labels, random = self.of.labels(self.pool), np.random.default_rng(self.seed)
        chosen = []
        for label in range(len(self.classes)):
            shuffled = random.permutation(np.flatnonzero(labels == label))
            cut = min(self.train, 2 * len(shuffled) // 3)
            chosen.append(shuffled[:cut] if split == "train" else shuffled[cut : cut + self.test])
        return self.pool, np.sort(np.concatenate(chosen))
