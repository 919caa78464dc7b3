"""Texts as words: the rows that networks of words take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.part import DataSet
from mtl_bench.inputs.rows import Array, Tokens
from mtl_bench.inputs.texts import most_frequent, numbers_of, texts_of, tokens_of, words_of


@dataclass(frozen=True)
class Words:
    """Another data set's texts as words in small letters, each a token; the separator of a pair is a word of its own.

    The `most_words` most frequent words in the training texts of the data sets `vocabulary` have a token each. Networks
    that share an embedding need one vocabulary, the same field for source and target; a target in it is a use of its
    training texts. Of each text, and of each of a pair, the first `length` words count.
    """

    of: DataSet
    vocabulary: tuple[DataSet, ...]
    most_words: int = 20_000
    length: int | None = None

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticTexts(), (SyntheticTexts(),), length=6),)

    def __post_init__(self) -> None:
        if not self.vocabulary:
            raise ValueError(f"{self.of.name} has no data set whose words are known; name one in `vocabulary`")
        if self.most_words < 1 or (self.length is not None and self.length < 1):
            raise ValueError(
                f"{self.of.name} cannot have {self.most_words} words, the first {self.length} of a text; ask for 1 or "
                "more"
            )

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    @property
    def targets(self) -> tuple[DataSet, ...]:
        """The data sets of the vocabulary that are not its own: where one is adapted to, its texts were seen."""
        return tuple(one for one in self.vocabulary if one.name != self.of.name)

    def uses_of_target(self) -> tuple[str, ...]:
        return ("features",) if self.targets else ()

    def words(self) -> tuple[str, ...]:
        """The vocabulary: the word at place i has the token i + 2, as 1 stands for all others."""
        return _frequent(self.vocabulary, self.most_words)

    def inputs(self, split: str) -> Tokens:
        """int64 tokens from 1, which is an unknown word. Raises ValueError for a data set that has no texts."""
        return _tokens(self, split)

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        return self.of.labels(split)


@lru_cache(maxsize=4)  # source and target ask for the same
def _frequent(data_sets: tuple[DataSet, ...], count: int) -> tuple[str, ...]:
    texts = (text for data in data_sets for text in texts_of(data.name, data.inputs("train")))
    return most_frequent(map(words_of, texts), count)


@lru_cache(maxsize=8)  # a run asks for them several times
def _tokens(data: Words, split: str) -> Tokens:
    texts = texts_of(data.of.name, data.of.inputs(split))
    numbers = numbers_of(data.words())
    return Tokens.of([tokens_of(words_of(text, data.length), numbers) for text in texts])
