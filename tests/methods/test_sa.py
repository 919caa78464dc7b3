"""What makes SA SA: the closest alignment of principal subspaces, chosen without a target label."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from mtl_bench.core.trial import describe
from mtl_bench.methods.shallow.sa import SA, aligned, principal_axes

Array = np.ndarray[Any, Any]


def domains(n: int = 200) -> tuple[Array, Array, Array, Array]:
    """Four classes at the corners of a plane in 12 features; the plane's wide side is another in the target."""
    random = np.random.default_rng(0)
    plane = np.linalg.qr(random.standard_normal((12, 2)))[0].T

    def draw(width: float, height: float) -> tuple[Array, Array]:
        labels = random.integers(0, 4, n)
        corners = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])[labels] + 0.1 * random.standard_normal((n, 2))
        return corners * (width, height) @ plane + 0.1 * random.standard_normal((n, 12)), labels

    return *draw(3, 2), *draw(2, 3)


def test_the_axes_are_those_of_pca() -> None:
    x = np.random.default_rng(0).standard_normal((40, 7)) * np.arange(1, 8)
    axes = principal_axes(x - x.mean(0), 3)
    reference = PCA(3, svd_solver="full").fit(x).components_
    assert np.abs(reference @ axes) == pytest.approx(np.eye(3), abs=1e-8)


def test_the_alignment_is_the_nearest_in_the_frobenius_norm() -> None:
    random = np.random.default_rng(0)
    source, target = (np.linalg.qr(random.standard_normal((9, 4)))[0] for _ in range(2))
    best = np.linalg.lstsq(source, target, rcond=None)[0]
    points = random.standard_normal((6, 9))
    assert aligned(points, source, target) == pytest.approx(points @ source @ best)


def test_the_signs_of_the_axes_do_not_matter() -> None:
    random = np.random.default_rng(0)
    source, target = (np.linalg.qr(random.standard_normal((9, 4)))[0] for _ in range(2))
    points, signs = random.standard_normal((6, 9)), np.array([1, -1, -1, 1])
    assert aligned(points, source * signs, target) == pytest.approx(aligned(points, source, target))
    assert aligned(points, source, target * signs) == pytest.approx(aligned(points, source, target) * signs)


def test_equal_domains_reduce_to_pca_and_a_linear_svm() -> None:
    xs, ys, *_ = domains()
    found = SA(dimension=3).fit(xs, ys, xs).predict(xs)
    points = PCA(3, svd_solver="full").fit_transform(StandardScaler().fit_transform(xs))
    assert np.array_equal(found, LinearSVC(dual=False).fit(points, ys).predict(points))


def test_each_domain_is_normalised_by_itself() -> None:
    xs, ys, xt, _ = domains()
    other = np.linspace(0.1, 50, 12) * xt + np.arange(12)
    expected, found = SA(dimension=2).fit(xs, ys, xt), SA(dimension=2).fit(xs, ys, other)
    assert np.abs(expected.axes.T @ found.axes) == pytest.approx(np.eye(2), abs=1e-6)
    assert np.array_equal(found.predict(other), expected.predict(xt))


def test_it_aligns_axes_that_change_places() -> None:
    xs, ys, xt, yt = domains()
    assert np.mean(SA(dimension=2).fit(xs, ys, xt).predict(xt) == yt) > 0.98
    points, other = (StandardScaler().fit_transform(x) for x in (xs, xt))
    svm = LinearSVC(dual=False).fit(points @ principal_axes(points, 2), ys)
    unaligned = np.mean(svm.predict(other @ principal_axes(other, 2)) == yt)
    assert unaligned < 0.8


def test_the_default_dimension_is_the_smallest_of_the_best_on_the_source() -> None:
    xs, ys, xt, _ = domains()
    assert SA().fit(xs, ys, xt).axes.shape == (12, 2)  # one separates two pairs of classes, more than two add noise
    assert SA().fit(xs, ys, xt).axes == pytest.approx(SA(dimension=2).fit(xs, ys, xt).axes)


def test_constant_features_are_taken() -> None:
    xs, ys, xt, _ = domains()
    expected = SA(dimension=2).fit(xs, ys, xt).predict(xt)
    more = [np.hstack([x, np.full((len(x), 2), 5.0)]) for x in (xs, xt)]
    assert np.array_equal(SA(dimension=2).fit(more[0], ys, more[1]).predict(more[1]), expected)


@pytest.mark.parametrize("constant", [0.1, 1 / 3, 1e6 + 0.1])
def test_features_that_are_constant_but_for_rounding_are_no_features(constant: float) -> None:
    """A column of 0.1 has a deviation of 1e-17, not 0: divided by it, it was one of -1 or 1."""
    xs, ys, xt, yt = domains()
    more = [np.hstack([x, np.full((len(x), 6), constant)]) for x in (xs, xt)]
    more[1][:, -1] = np.nextafter(constant, 9e9)  # constant in each domain, not over both
    found = SA(dimension=2).fit(more[0], ys, more[1])
    assert np.array_equal(found.predict(more[1]), SA(dimension=2).fit(xs, ys, xt).predict(xt))
    assert np.mean(found.predict(more[1]) == yt) > 0.98
    assert not found.axes[12:].any()


def test_without_two_points_of_two_classes_the_dimension_is_to_be_given() -> None:
    xs, ys, xt, _ = domains()
    few = [int(np.flatnonzero(ys == label)[0]) for label in (0, 1)]
    with pytest.raises(
        ValueError, match="SA chooses its dimension with two points of two classes or more; give them or"
    ):
        SA().fit(xs[few], ys[few], xt)
    assert set(SA(dimension=1).fit(xs[few], ys[few], xt).predict(xt)) <= {0, 1}
    assert SA().fit(xs, np.full(len(xs), 5), xt).predict(xt).tolist() == [5] * len(xt)


@pytest.mark.parametrize("dimension", [0, 13])
def test_an_impossible_dimension_is_refused_with_a_sentence(dimension: int) -> None:
    xs, ys, xt, _ = domains()
    with pytest.raises(ValueError, match=f"SA has 1 to 12 dimensions here, not {dimension}; choose one of these"):
        SA(dimension=dimension).fit(xs, ys, xt)


def test_the_nearest_neighbour_is_among_aligned_source_points() -> None:
    xs, ys, xt, yt = domains()
    predictor = SA(dimension=2, classifier="1-NN").fit(xs, ys, xt)
    points, other = (StandardScaler().fit_transform(x) for x in (xs, xt))
    source, target = principal_axes(points, 2), principal_axes(other, 2)
    turned = points @ source @ source.T @ target
    nearest = (((other @ target)[:, None] - turned) ** 2).sum(2).argmin(1)
    assert np.array_equal(predictor.predict(xt), ys[nearest])
    assert np.mean(predictor.predict(xt) == yt) > 0.98


def test_normalising_is_the_callers_on_demand() -> None:
    xs, ys, xt, _ = domains()
    points, other = (StandardScaler().fit_transform(x) for x in (xs, xt))
    expected, found = SA(dimension=2).fit(xs, ys, xt), SA(dimension=2, normalise=False).fit(points, ys, other)
    assert np.array_equal(found.predict(other), expected.predict(xt))
    assert SA(dimension=2, normalise=False).fit(xs, ys, xt).axes != pytest.approx(expected.axes, abs=1e-3)


def test_new_fields_leave_the_keys_of_stored_runs_as_they_were() -> None:
    assert set(describe(SA())) == {"class", "version", "dimension", "cost"}
    assert set(describe(SA(classifier="1-NN", normalise=False))) >= {"classifier", "normalise"}
