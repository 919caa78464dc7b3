"""Parts of a data set by class: some of its classes, its halves, a few images of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mtl_bench.datasets.wrappers.sample import DataSet

Array = np.ndarray[Any, Any]
IN_MEMORY = 2**31  # bytes of images that are copied out of a data set; more are read where they lie


class Rows:
    """Some rows of an array that is too large to copy: a length, a shape, and rows by slice or by index array."""

    def __init__(self, array: Array, chosen: Array) -> None:
        self.array, self.chosen = array, chosen
        self.shape, self.dtype = (len(chosen), *array.shape[1:]), array.dtype

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: Any) -> Array:
        rows: Array = self.array[self.chosen[index]]
        return rows


def rows_of(array: Array, chosen: Array) -> Array:
    """The chosen rows: a copy where it fits in memory, else read on demand."""
    if array[:1].nbytes * len(chosen) <= IN_MEMORY:
        return array[chosen]
    rows: Any = Rows(array, chosen)
    return rows  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Classes:
    """The images of some classes of another data set, whose labels are renumbered in the order of `classes`."""

    of: DataSet
    name: str
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if unknown := [name for name in self.classes if name not in self.of.classes]:
            raise ValueError(f"{self.of.name} has no class {unknown[0]!r}; it has {', '.join(self.of.classes[:10])} …")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(f"{self.name} of {self.of.name} has a class twice; name each once")

    def inputs(self, split: str) -> Array:
        """uint8 (n, C, H, W)."""
        return rows_of(self.of.inputs(split), self._chosen(split))

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        return self._renumbered(split)[self._chosen(split)]

    def _renumbered(self, split: str) -> Array:
        """The new number of each image's class, -1 for those left out."""
        numbers = np.full(len(self.of.classes), -1)
        numbers[[self.of.classes.index(name) for name in self.classes]] = np.arange(len(self.classes))
        return numbers[self.of.labels(split)]

    def _chosen(self, split: str) -> Array:
        return np.flatnonzero(self._renumbered(split) >= 0)


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
class PerClass:
    """Another data set cut anew: of each class at most `train` images for training and `test` of the rest for the test.

    Training takes no more than two thirds of a class. The cut, drawn by the seed, is within one `pool`, a split of the
    other data set.
    """

    of: DataSet
    train: int
    test: int
    seed: int
    pool: str = "all"

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def inputs(self, split: str) -> Array:
        """uint8 (n, C, H, W)."""
        return rows_of(self.of.inputs(self.pool), self._chosen(split))

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        labels: Array = self.of.labels(self.pool)[self._chosen(split)]
        return labels

    def _chosen(self, split: str) -> Array:
        if split not in ("train", "test"):
            raise ValueError(f"{self.name}, cut anew, has no split {split!r}; it has train, test")
        labels, random = self.of.labels(self.pool), np.random.default_rng(self.seed)
        chosen = []
        for label in range(len(self.classes)):
            shuffled = random.permutation(np.flatnonzero(labels == label))
            cut = min(self.train, 2 * len(shuffled) // 3)
            chosen.append(shuffled[:cut] if split == "train" else shuffled[cut : cut + self.test])
        return np.sort(np.concatenate(chosen))
