"""Pivots: mutual information as scikit-learn's, and what words that are as frequent would hit."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from mtl_bench.measures.pivots import AS_FREQUENT, mutual_information, precision_of_as_frequent


def test_mutual_information_is_scikit_learns() -> None:
    occurs = np.random.default_rng(0).random((50, 6)) < 0.3
    occurs[:, 5] = True
    labels = np.array(["a", "b", "c"])[np.arange(50) % 3]
    expected = [mutual_info_score(column, labels) for column in occurs.T]
    assert mutual_information(occurs, labels) == pytest.approx(expected, abs=1e-12)


def test_words_stand_for_those_that_are_as_frequent() -> None:
    """By a loop over the words; counts by ratio: 90 is nearer to 100 than 1 to 11."""
    random = np.random.default_rng(1)
    counts = random.permutation(np.geomspace(1, 3000, 200).astype(np.int64))
    candidates, pivots = np.sort(random.choice(200, 120, replace=False)), random.choice(200, 30, replace=False)
    chosen = random.choice(candidates, 15, replace=False)
    hits = []
    for word in chosen:
        others = sorted(
            (c for c in candidates if c != word), key=lambda c: abs(np.log((1 + counts[c]) / (1 + counts[word])))
        )
        hits += [other in pivots for other in others[:AS_FREQUENT]]
    found = precision_of_as_frequent(chosen, pivots, candidates, counts)
    assert found == pytest.approx(np.mean(hits))


def test_no_word_stands_for_itself() -> None:
    counts = np.array([5, 5, 5, 5])
    words = np.arange(4)
    assert precision_of_as_frequent(words[:1], words[:1], words, counts) == 0
    assert precision_of_as_frequent(words[:1], words[1:], words, counts) == 1
