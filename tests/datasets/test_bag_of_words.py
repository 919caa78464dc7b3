"""Texts as bags of words: the weights by their definition, one vocabulary for both domains, and what is refused."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from mtl_bench.core.trial import SeesTarget
from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.bag_of_words import LENGTH, BagOfWords
from mtl_bench.inputs.texts import texts_of

SOURCE, TARGET = SyntheticTexts(), SyntheticTexts(0.5)
BAGS = BagOfWords(SOURCE, (SOURCE, TARGET), 60)


def terms(text: str) -> list[str]:
    words = text.lower().split()
    return [*words, *(" ".join(pair) for pair in pairwise(words))]


def test_rows_are_tf_idf_by_its_definition() -> None:
    texts = {data.name: [terms(text) for text in texts_of("", data.inputs("train"))] for data in (SOURCE, TARGET)}
    every = [text for found in texts.values() for text in found]
    documents = Counter(term for text in every for term in set(text))
    names = BAGS.vectorizer().get_feature_names_out().tolist()
    expected = np.zeros((len(texts[SOURCE.name]), len(names)))
    for row, text in zip(expected, texts[SOURCE.name], strict=True):
        for term, count in Counter(text).items():
            if term in names:
                idf = math.log((1 + len(every)) / (1 + documents[term])) + 1
                row[names.index(term)] = (1 + math.log(count)) * idf
    expected *= LENGTH / np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.allclose(BAGS.inputs("train")[:], expected, atol=1e-5)


def test_the_most_frequent_ones_of_both_are_features() -> None:
    texts = [terms(text) for data in (SOURCE, TARGET) for text in texts_of("", data.inputs("train"))]
    counts = Counter(term for text in texts for term in text)
    kept = set(BAGS.vectorizer().get_feature_names_out())
    assert len(kept) == 60 == BAGS.inputs("test").shape[1]
    assert min(counts[term] for term in kept) >= max(counts[term] for term in set(counts) - kept)
    other = BagOfWords(TARGET, (SOURCE, TARGET), 60)
    assert other.inputs("train").shape[1] == 60 and other.vectorizer() is BAGS.vectorizer()


def test_a_target_in_the_vocabulary_was_seen() -> None:
    assert isinstance(BAGS, SeesTarget)
    assert BAGS.uses_of_target() == ("features",)
    assert BagOfWords(SOURCE, (SOURCE,)).uses_of_target() == ()


def test_what_has_no_words_is_refused() -> None:
    with pytest.raises(ValueError, match="has no data set whose words are known"):
        BagOfWords(SOURCE, ())
    with pytest.raises(ValueError, match="ask for 1 or more"):
        BagOfWords(SOURCE, (SOURCE,), 0)
