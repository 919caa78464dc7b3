"""Texts of the Hugging Face hub as words, each a token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from mtl_bench.datasets.files.pixels import shuffled
from mtl_bench.datasets.hub import FromHub
from mtl_bench.inputs.rows import Array, Tokens
from mtl_bench.inputs.texts import most_frequent, numbers_of, tokens_of, words_of


@dataclass(frozen=True)
class HubText(FromHub):
    """Texts as words in small letters; the `words` most frequent ones of the training split have a token each."""

    path: str
    revision: str
    classes: tuple[str, ...]
    text: str = "text"
    label: str = "label"
    train: str = "train"
    test: str = "test"
    words: int = 20_000

    def inputs(self, split: str) -> Tokens:
        """int64 tokens from 1: unknown is 1, the most frequent word 2."""
        values = self._stored(split, "tokens", (None,), lambda: self._tokens(split), np.int64)
        starts = self._stored(split, "starts", (None,), lambda: [self._starts(split)], np.int64)
        return Tokens(np.asarray(values), np.array(starts))

    def _tokens(self, split: str) -> Iterable[Array]:
        numbers = numbers_of(most_frequent(self._texts("train"), self.words))
        return (np.array(tokens_of(text, numbers), np.int64) for text in self._texts(split))

    def _starts(self, split: str) -> Array:
        return np.cumsum([0, *(max(1, len(text)) for text in self._texts(split))])

    def _texts(self, split: str) -> Iterator[list[str]]:
        return (words_of(text) for text in shuffled(list(self._table(split, [self.text])[self.text])))
