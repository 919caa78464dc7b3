"""The proxy A-distance by an SVM, between known distributions and against LIBSVM on the points themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from sklearn.svm import SVC

from mtl_bench.measures.a_distance_by_svm import COSTS, a_distance_by_svm

Array = np.ndarray[Any, Any]


def domains(shift: float, n: int = 400, m: int = 400, d: int = 5) -> tuple[Array, Array]:
    random = np.random.default_rng(0)
    source, target = random.standard_normal((n, d)), random.standard_normal((m, d))
    target[:, 0] += shift
    return source, target


def test_equal_distributions_are_near_zero_and_separable_ones_near_two() -> None:
    assert 0 <= a_distance_by_svm(*domains(0.0)) < 0.35
    assert a_distance_by_svm(*domains(20.0)) == 2.0


@pytest.mark.parametrize("shift", [1.0, 2.0])
def test_gaussians_are_at_their_bayes_error(shift: float) -> None:
    error = scipy.stats.norm.cdf(-shift / 2)
    assert a_distance_by_svm(*domains(shift, 2000, 2000)) == pytest.approx(2 * (1 - 2 * error), abs=0.15)


def test_it_is_that_of_the_best_of_the_svms_on_the_points() -> None:
    source, target = domains(0.8, 100, 60)
    learnt, labels = np.concatenate([source[:50], target[:30]]), np.repeat([0, 1], [50, 30])
    errors = []
    for cost in COSTS:
        machine = SVC(kernel="linear", C=cost).fit(learnt, labels)
        wrong = (machine.predict(source[50:]) == 1).mean() + (machine.predict(target[30:]) == 0).mean()
        errors += [wrong / 2, 1 - wrong / 2]
    assert a_distance_by_svm(source, target) == pytest.approx(2 * (1 - 2 * min(errors)))


def test_a_rotation_of_the_features_changes_nothing() -> None:
    source, target = domains(1.0, 80, 80)
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((5, 5)))[0]
    assert a_distance_by_svm(source @ rotation, target @ rotation) == a_distance_by_svm(source, target)


def test_too_few_rows_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="needs four rows of each domain, not 3 and 10"):
        a_distance_by_svm(np.zeros((3, 2)), np.zeros((10, 2)))
