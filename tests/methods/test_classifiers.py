"""The shared classifiers, and the two baselines that have nothing else: no adaptation, and PCA."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.decomposition
from sklearn.svm import LinearSVC

from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.methods.shallow.pca import PCA, principal_axes

Array = np.ndarray[Any, Any]


def points(n: int = 40, d: int = 7, seed: int = 0) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    return random.standard_normal((n, d)) * np.linspace(4, 1, d) + 2, random.integers(0, 3, n)


def test_one_nearest_neighbour_is_that() -> None:
    (x, y), (other, _) = points(), points(25, seed=1)
    nearest = ((other[:, None] - x) ** 2).sum(2).argmin(1)
    assert np.array_equal(fitted("1-NN", 1.0, x, y).predict(other), y[nearest])


def test_weights_repeat_points() -> None:
    x, y = points()
    weights = np.arange(40) % 3
    weighed = fitted("linear SVM", 0.1, x, y, weights.astype(np.float64))
    repeated = LinearSVC(C=0.1, dual=False, tol=1e-8).fit(np.repeat(x, weights, 0), np.repeat(y, weights))
    assert weighed.coef_ == pytest.approx(repeated.coef_, abs=1e-2)
    assert weighed.coef_ != pytest.approx(fitted("linear SVM", 0.1, x, y).coef_, abs=1e-2)


def test_one_nearest_neighbour_refuses_weights_with_a_sentence() -> None:
    x, y = points()
    with pytest.raises(ValueError, match="1-NN cannot weigh its points; choose an SVM"):
        fitted("1-NN", 1.0, x, y, np.ones(40))


@pytest.mark.parametrize("classifier", ["1-NN", "linear SVM"])
def test_no_adaptation_sees_no_target(classifier: Classifier) -> None:
    (xs, ys), (xt, _) = points(), points(25, seed=1)
    found = NoAdaptation(classifier).fit(xs, ys, 1e9 * xt[:1]).predict(xt)
    assert np.array_equal(found, fitted(classifier, 1.0, xs, ys).predict(xt))


@pytest.mark.parametrize("shape", [(40, 25, 7), (10, 8, 30)])
def test_pca_is_that_of_both_domains_together(shape: tuple[int, int, int]) -> None:
    (xs, ys), (xt, _) = points(shape[0], shape[2]), points(shape[1], shape[2], 1)
    reference = sklearn.decomposition.PCA(4, svd_solver="full").fit(np.vstack([xs, xt]))
    found = PCA(4).fit(xs, ys, xt).features(xt[:5])
    assert np.abs(found) == pytest.approx(np.abs(reference.transform(xt[:5])), abs=1e-8)


@pytest.mark.parametrize(("n", "d"), [(12, 5), (5, 12)])
def test_the_axes_are_orthonormal_also_without_variance(n: int, d: int) -> None:
    x = np.outer(np.arange(n) - (n - 1) / 2, np.arange(d))  # of rank 1
    axes = principal_axes(x, 4)
    assert axes.T @ axes == pytest.approx(np.eye(4), abs=1e-9)
    assert np.abs(axes[:, 0] @ np.arange(d)) == pytest.approx(np.linalg.norm(np.arange(d)))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("cost", [0.001, 1.0])
def test_an_svm_by_products_predicts_as_libsvm_on_the_points(classes: int, cost: float) -> None:
    random = np.random.default_rng(classes)
    x, other = random.poisson(0.3, (60, 300)).astype(np.float64), random.poisson(0.3, (500, 300)).astype(np.float64)
    y = (x[:, :classes].argmax(1) + random.integers(0, 2, 60)) % classes
    weights = np.append(0.0, random.random(59) + 0.1)
    for given in (None, weights):
        found = fitted("one-against-one SVM by products", cost, x, y, given).predict(other)
        assert np.array_equal(found, fitted("one-against-one SVM", cost, x, y, given).predict(other))


def test_an_svm_by_products_of_one_class_names_it() -> None:
    x, _ = points()
    assert set(fitted("one-against-one SVM by products", 1.0, x, np.full(40, 7)).predict(x)) == {7}
