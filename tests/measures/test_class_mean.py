"""Accuracy as a mean over classes, beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from mtl_bench.measures.class_mean import class_mean_accuracy


@pytest.mark.parametrize("seed", range(5))
def test_it_is_scikit_learns_balanced_accuracy_in_percent(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.choice(6, 50, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05])
    logits = random.standard_normal((50, 6)) + 2 * np.eye(6)[labels] * random.random(6)
    expected = 100 * balanced_accuracy_score(labels, logits.argmax(1))
    assert class_mean_accuracy(logits, labels) == pytest.approx(expected)
    assert class_mean_accuracy(logits, labels) != pytest.approx(100 * np.mean(logits.argmax(1) == labels), abs=0.1)


def test_a_small_class_weighs_as_much_as_a_large_one() -> None:
    labels = np.array([0] * 9 + [1])
    always_the_first = np.tile([1.0, 0.0], (10, 1))
    assert class_mean_accuracy(always_the_first, labels) == 50.0


def test_classes_without_items_do_not_count_even_where_they_are_named() -> None:
    labels = np.array([1, 1, 3])
    logits = np.eye(5)[[1, 4, 3]]  # nothing is of class 0, 2 or 4
    assert class_mean_accuracy(logits, labels) == pytest.approx((50 + 100) / 2)


def test_logits_matter_by_their_order_only() -> None:
    random = np.random.default_rng(0)
    labels, logits = random.integers(0, 4, 30), random.standard_normal((30, 4)).astype(np.float32)
    assert class_mean_accuracy(3 * logits - 7, labels) == class_mean_accuracy(logits, labels)
