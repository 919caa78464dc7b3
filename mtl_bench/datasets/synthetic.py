"""Synthetic images, features, texts and vectors, made in milliseconds: they prove that a study runs to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from zlib import crc32

import numpy as np

from mtl_bench.inputs.texts import Texts, written

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class SyntheticImages:
    """Each class is a fixed pattern of coarse blocks under noise; `tint` in [0, 1] moves a domain from the grey one."""

    tint: float = 0.0
    size: int = 28
    train: int = 96
    test: int = 64
    stands_for: str = ""  # the data set whose place it takes in a study's tables

    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    variant: ClassVar[str] = "synthetic"

    @property
    def name(self) -> str:
        return self.stands_for or f"synthetic-tint-{round(100 * self.tint)}"

    def inputs(self, split: str) -> Array:
        """uint8 (n, 3, size, size)."""
        labels, random = self.labels(split), np.random.default_rng([round(100 * self.tint), self.splits.index(split)])
        blocks = np.random.default_rng(0).random((len(self.classes), 1, 4, 4))[labels]
        patterns = np.kron(blocks, np.ones((1, 1, self.size // 4, self.size // 4)))
        colours = self.tint * random.random((len(labels), 3, 1, 1))
        noise = 0.1 * random.standard_normal((len(labels), 3, self.size, self.size))
        return (255 * np.clip(np.abs(patterns - colours) + noise, 0, 1)).astype(np.uint8)

    def labels(self, split: str) -> Array:
        """int64 (n,), each class equally often."""
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}; it has {', '.join(self.splits)}")
        return np.arange(getattr(self, split), dtype=np.int64) % len(self.classes)


@dataclass(frozen=True)
class SyntheticFeatures:
    """Counts around a centre per class, which `shift` moves in one direction for all classes of a domain."""

    shift: float = 0.0
    width: int = 128
    per_class: int = 12
    stands_for: str = ""  # the data set whose place it takes in a study's tables

    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    splits: ClassVar[tuple[str, ...]] = ("all",)
    variant: ClassVar[str] = "synthetic"

    @property
    def name(self) -> str:
        return self.stands_for or f"synthetic-shift-{round(100 * self.shift)}"

    def inputs(self, split: str = "all") -> Array:
        """float64 (n, width), counts."""
        fixed, random = np.random.default_rng(0), np.random.default_rng([1, round(100 * self.shift)])
        centres = 4 + 2 * fixed.random((len(self.classes), self.width))
        means = centres[self.labels(split)] * (1 + self.shift * fixed.random(self.width))
        return random.poisson(means).astype(np.float64)

    def labels(self, split: str = "all") -> Array:
        """int64 (n,), each class equally often."""
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}; it has {', '.join(self.splits)}")
        return np.arange(self.per_class * len(self.classes), dtype=np.int64) % len(self.classes)


@dataclass(frozen=True)
class SyntheticTexts:
    """Texts of 3 to 12 words, or pairs of them: a third are words of their class, `shift` of these in a dialect."""

    shift: float = 0.0
    classes: tuple[str, ...] = ("negative", "positive")
    pairs: bool = False
    train: int = 96
    test: int = 64
    stands_for: str = ""  # the data set whose place it takes in a study's tables

    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    variant: ClassVar[str] = "synthetic"

    @property
    def name(self) -> str:
        return self.stands_for or f"synthetic-dialect-{round(100 * self.shift)}"

    def inputs(self, split: str) -> Texts:
        labels = self.labels(split)
        random = np.random.default_rng([2, round(100 * self.shift), self.pairs, self.splits.index(split)])
        texts = [[self._text(label, random) for _ in range(1 + self.pairs)] for label in labels]
        return Texts.read(np.concatenate([written(text) for text in texts]))

    def labels(self, split: str) -> Array:
        """int64 (n,), each class equally often."""
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}; it has {', '.join(self.splits)}")
        return np.arange(getattr(self, split), dtype=np.int64) % len(self.classes)

    def _text(self, label: int, random: np.random.Generator) -> str:
        words = []
        for telling, dialect, number in random.random((random.integers(3, 13), 3)):
            own = f"{self.classes[label]}{'ish' if dialect < self.shift else ''}{int(5 * number)}"
            words.append(own if telling < 1 / 3 else f"word{int(40 * number)}")
        return " ".join(words)


@dataclass(frozen=True)
class SyntheticVectors:
    """A vector for each word, drawn by its letters alone; of every tenth there is none."""

    width: ClassVar[int] = 100

    def vectors(self, words: Sequence[str]) -> tuple[Array, Array]:
        """float32 (n, 100), zeros for a word without a vector, and bool (n,), which words have one."""
        seeds = [crc32(word.encode()) for word in words]
        known = np.array([seed % 10 > 0 for seed in seeds], bool)
        drawn = [np.random.default_rng(seed).normal(0, 0.4, self.width) for seed in seeds]
        return np.where(known[:, None], np.array(drawn).reshape(len(words), -1), 0).astype(np.float32), known
