"""What makes CORAL CORAL: the source's points have the target's covariance, by the inverse root of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from sklearn.svm import LinearSVC

from mtl_bench.methods.shallow.coral import CORAL, Spectrum
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation

Array = np.ndarray[Any, Any]


def domains(n: int = 200, m: int = 150, d: int = 6) -> tuple[Array, Array, Array, Array]:
    """Two classes along the first feature, which varies less than the others; the target's scales are reversed."""
    random = np.random.default_rng(0)
    scales = np.linspace(1, 12, d)
    ys, yt = np.arange(n) % 2, np.arange(m) % 2
    xs, xt = (np.column_stack([2.0 * y - 1, random.standard_normal((len(y), d - 1))]) for y in (ys, yt))
    mix = scipy.linalg.qr(random.standard_normal((d, d)))[0]
    xs, xt = (x + 0.3 * random.standard_normal(x.shape) for x in (xs, xt))
    return xs * scales @ mix, ys, xt * scales[::-1] @ mix, yt


@pytest.mark.parametrize("n", [200, 9, 4, 1])
@pytest.mark.parametrize("exponent", [-0.5, 0.5])
def test_a_power_is_the_dense_one(n: int, exponent: float) -> None:
    x = domains(n)[0]
    covariance = np.cov(x.T) if n > 1 else np.zeros((6, 6))
    expected = scipy.linalg.fractional_matrix_power(covariance + 0.7 * np.eye(6), exponent)
    assert Spectrum.of(x, 0.7).power(exponent, np.eye(6)) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(("n", "m"), [(200, 150), (5, 4), (200, 4)])
@pytest.mark.parametrize("regulariser", [0.1, 1.0])
def test_the_classifier_sees_whitened_and_recoloured_points(n: int, m: int, regulariser: float) -> None:
    xs, ys, xt, _ = domains(n, m)
    identity = regulariser * np.eye(6)
    whitening = np.linalg.inv(scipy.linalg.sqrtm(np.cov(xs.T) + identity))
    moved = xs @ whitening @ scipy.linalg.sqrtm(np.cov(xt.T) + identity)
    expected = LinearSVC(dual=False).fit(moved, ys).decision_function(xt)
    found = CORAL(regulariser).fit(xs, ys, xt).classifier.decision_function(xt)
    assert found == pytest.approx(expected, abs=1e-3)
    assert LinearSVC(dual=False).fit(xs, ys).decision_function(xt) != pytest.approx(expected, abs=1e-3)


def test_the_moved_source_has_the_targets_covariance() -> None:
    xs, _, xt, _ = domains()
    tiny = 1e-9
    moved = Spectrum.of(xt, tiny).power(0.5, Spectrum.of(xs, tiny).power(-0.5, xs))
    assert np.cov(moved.T) == pytest.approx(np.cov(xt.T), abs=1e-6)


def test_equal_domains_reduce_to_no_adaptation() -> None:
    xs, ys, _, _ = domains()
    found = CORAL().fit(xs, ys, xs).classifier.coef_
    assert found == pytest.approx(NoAdaptation("linear SVM").fit(xs, ys, xs).classifier.coef_, abs=1e-6)


def test_it_adapts_where_no_adaptation_fails() -> None:
    xs, ys, xt, yt = domains()
    assert np.mean(CORAL(classifier="1-NN").fit(xs, ys, xt).predict(xt) == yt) > 0.95
    assert np.mean(NoAdaptation().fit(xs, ys, xt).predict(xt) == yt) < 0.9


def test_constant_features_and_a_single_point_are_taken() -> None:
    xs, ys, xt, _ = domains()
    more = [np.hstack([x, np.full((len(x), 2), 3.0)]) for x in (xs, xt)]
    predictor = CORAL().fit(more[0], ys, more[1])
    assert np.array_equal(predictor.predict(more[1]), CORAL().fit(xs, ys, xt).predict(xt))
    assert CORAL().fit(xs, ys, xt[:1]).predict(xt).shape == (150,)


def test_a_regulariser_that_is_not_positive_is_refused_with_a_sentence() -> None:
    xs, ys, xt, _ = domains()
    with pytest.raises(ValueError, match=r"CORAL has regulariser 0\.0; give a number above 0"):
        CORAL(0.0).fit(xs, ys, xt)
