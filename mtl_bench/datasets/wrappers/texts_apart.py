"""Training texts that are test texts of another data set are left out: data sets of one corpus share sentences."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.inputs.rows import Array
from mtl_bench.inputs.texts import NO_LETTER, letters_of, texts_of


@dataclass(frozen=True)
class TextsApart(Part):
    """A source of texts without the training rows whose letters and digits are those of a test text of `tested`.

    Case, white space, punctuation and how words were cut do not count; of pairs both texts must be the same. With
    `run`, rows that have so many words in a row with a test text go too: sentences of a paragraph, phrases of a
    sentence. `tested` may hold the source itself, whose test texts some corpora repeat. No label is looked at. Test
    rows are left whole.
    """

    of: DataSet
    tested: tuple[DataSet, ...]
    run: int | None = None

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticTexts(), (SyntheticTexts(),)),)

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def __post_init__(self) -> None:
        if self.run is not None and self.run < 1:
            raise ValueError(f"{self.of.name} cannot be compared by {self.run} words in a row; ask for 1 or more")

    def part(self, split: str) -> tuple[str, Array | None]:
        return (split, _unseen(self)) if split == "train" else (split, None)


@lru_cache(maxsize=16)  # a run asks for it several times
def _unseen(data: TextsApart) -> Array:
    tested = {
        mark
        for other in data.tested
        for text in texts_of(other.name, other.inputs("test"))
        for mark in _marks(text, data.run)
    }
    train = texts_of(data.name, data.of.inputs("train"))
    return np.array([i for i, text in enumerate(train) if tested.isdisjoint(_marks(text, data.run))], np.int64)


def _marks(text: str, run: int | None) -> list[str]:
    """By which a text is known: its letters, and those of each `run` words in a row."""
    if run is None:
        return [letters_of(text)]
    words = [word for word in NO_LETTER.split(text.lower()) if word]
    return [letters_of(text), *(" ".join(words[i : i + run]) for i in range(len(words) - run + 1))]
