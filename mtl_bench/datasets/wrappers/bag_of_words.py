"""Texts as bags of words: the features that classifiers of texts without a network of words take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.part import DataSet
from mtl_bench.inputs.rows import Array, Sparse
from mtl_bench.inputs.texts import WORD, texts_of

LENGTH = 10.0  # of a text's row, so that its numbers are about as large as those of a network's features


@dataclass(frozen=True)
class BagOfWords:
    """Another data set's texts as weighted counts of words and of pairs of neighbours, tf-idf, each row of length 10.

    The `most_words` most frequent ones of the texts `split` of the data sets `vocabulary` are features. Domains that
    are compared need one vocabulary, the same field for source and target; a target in it is a use of its texts.
    A count counts by 1 + its logarithm, and words of many texts count less (Salton and Buckley 1988), by scikit-learn.
    """

    data: DataSet
    vocabulary: tuple[DataSet, ...]
    most_words: int = 5000
    split: str = "train"

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticTexts(), (SyntheticTexts(), SyntheticTexts(0.5)), 40),)

    def __post_init__(self) -> None:
        if not self.vocabulary:
            raise ValueError(f"{self.data.name} has no data set whose words are known; name one in `vocabulary`")
        if self.most_words < 1:
            raise ValueError(f"{self.data.name} cannot have {self.most_words} words; ask for 1 or more")

    @property
    def name(self) -> str:
        return self.data.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.data.classes

    @property
    def targets(self) -> tuple[DataSet, ...]:
        """The data sets of the vocabulary that are not its own: where one is adapted to, its texts were seen."""
        return tuple(one for one in self.vocabulary if one.name != self.name)

    def uses_of_target(self) -> tuple[str, ...]:
        return ("features",) if self.targets else ()

    def vectorizer(self) -> Any:
        """scikit-learn's, fitted to the vocabulary's texts; its rows have the length 1."""
        return _fitted(self.vocabulary, self.most_words, self.split)

    def inputs(self, split: str) -> Sparse:
        """float32 (n, words), with as many words as there are, `most_words` at most; a text without any is zeros."""
        return _rows(self, split)

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        return self.data.labels(split)


@lru_cache(maxsize=2)  # source and target ask for the same
def _fitted(data_sets: tuple[DataSet, ...], most_words: int, split: str) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    made = TfidfVectorizer(
        token_pattern=WORD.pattern, ngram_range=(1, 2), max_features=most_words, sublinear_tf=True, dtype=np.float32
    )
    texts = [text for data in data_sets for text in texts_of(data.name, data.inputs(split))]
    try:
        return made.fit(texts)
    except ValueError as error:  # scikit-learn's, of an empty vocabulary
        raise ValueError(
            f"the texts of {' and '.join(data.name for data in data_sets)} have no words; give texts with letters"
        ) from error


@lru_cache(maxsize=4)  # a run asks for them several times
def _rows(data: BagOfWords, split: str) -> Sparse:
    texts = texts_of(data.name, data.data.inputs(split))
    return Sparse(LENGTH * data.vectorizer().transform(texts))
