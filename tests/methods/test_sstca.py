"""What makes SSTCA SSTCA: TCA's problem with the labels' dependence and the neighbours' smoothness in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg

from mtl_bench.methods.shallow.kernels import Kernel, median_width
from mtl_bench.methods.shallow.sstca import SSTCA, laplacian, one_hot
from mtl_bench.methods.shallow.tca import TCA

Array = np.ndarray[Any, Any]


def domains(n: int = 40, m: int = 30, d: int = 6, seed: int = 0) -> tuple[Array, Array, Array, Array]:
    """Two classes along one feature, in which there is least variance."""
    random = np.random.default_rng(seed)
    ys, yt = np.arange(n) % 2, np.arange(m) % 2
    scales = np.linspace(0.2, 4, d)
    xs, xt = (random.standard_normal((len(y), d)) * scales for y in (ys, yt))
    xs[:, 0] += 2 * ys - 1
    xt[:, 0] += 2 * yt - 1
    return xs, ys, xt + 0.3, yt


def graph(x: Array, neighbours: int) -> Array:
    """D - A, point by point."""
    n = len(x)
    distances = ((x[:, None] - x) ** 2).sum(2)
    weights = np.zeros((n, n))
    for i in range(n):
        others = [j for j in np.argsort(distances[i], kind="stable") if j != i]
        for j in others[:neighbours]:
            weights[i, j] = weights[j, i] = np.exp(-median_width(x) * distances[i, j])
    return np.asarray(np.diag(weights.sum(1)) - weights)


def naive(xs: Array, ys: Array, xt: Array, method: SSTCA) -> Array:
    """Features of all points, by dense matrices."""
    x, n = np.vstack([xs, xt]), len(xs) + len(xt)
    k = {"primal": x, "linear": x @ x.T}.get(method.kernel)
    if k is None:
        k = np.exp(-(method.width or 0) * ((x[:, None] - x) ** 2).sum(2))
    same = np.zeros((n, n))
    same[: len(xs), : len(xs)] = ys[:, None] == ys
    dependence = method.dependence * same + (1 - method.dependence) * np.eye(n)
    e = np.r_[np.full(len(xs), 1 / len(xs)), np.full(len(xt), -1 / len(xt))]
    centring = np.eye(n) - 1 / n
    penalty = k.T @ (np.outer(e, e) + method.smoothness / n**2 * graph(x, method.neighbours)) @ k
    wanted = k.T @ centring @ dependence @ centring @ k
    values, vectors = scipy.linalg.eigh(wanted, penalty + method.mu * np.eye(k.shape[1]))
    best = slice(None, -method.dimension - 1, -1)
    return np.asarray(k @ (vectors[:, best] / np.sqrt(values[best])))


@pytest.mark.parametrize("kernel", ["primal", "linear", "RBF"])
@pytest.mark.parametrize("shape", [(40, 30, 6), (12, 9, 30)])
@pytest.mark.parametrize(("smoothness", "dependence"), [(0.0, 0.5), (500.0, 0.5), (500.0, 0.0), (500.0, 0.9)])
def test_the_components_are_those_of_the_dense_generalised_problem(
    kernel: Kernel, shape: tuple[int, int, int], smoothness: float, dependence: float
) -> None:
    xs, ys, xt, _ = domains(*shape)
    method = SSTCA(3, 0.5, smoothness, dependence, 4, kernel, 0.02)
    expected = naive(xs, ys, xt, method)
    found = method.fit(xs, ys, xt).features(np.vstack([xs, xt]))
    assert scipy.linalg.subspace_angles(found - found.mean(0), expected - expected.mean(0)).max() < 1e-6
    assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-6)


def test_without_labels_and_neighbours_it_is_tca() -> None:
    xs, ys, xt, _ = domains()
    found = SSTCA(3, smoothness=0.0, dependence=0.0).fit(xs, ys, xt).features(xt)
    assert found == pytest.approx(TCA(3).fit(xs, ys, xt).features(xt), abs=1e-7)


def test_the_laplacian_is_that_of_the_mutual_graph() -> None:
    x = np.random.default_rng(0).standard_normal((20, 3))
    assert laplacian(x, 4).toarray() == pytest.approx(graph(x, 4))
    assert laplacian(x, 50).toarray() == pytest.approx(graph(x, 19))


def test_classes_are_one_hot_in_sorted_order() -> None:
    assert one_hot(np.array([7, -1, 7])).tolist() == [[0, 1], [1, 0], [0, 1]]


def test_labels_find_the_direction_of_little_variance() -> None:
    xs, ys, xt, yt = domains(200, 150)
    supervised = SSTCA(1, dependence=0.99, kernel="primal").fit(xs, ys, xt)
    assert np.mean(supervised.predict(xt) == yt) > 0.9
    assert np.mean(TCA(1, kernel="primal").fit(xs, ys, xt).predict(xt) == yt) < 0.7


def test_unseen_points_are_projected_as_seen_ones() -> None:
    xs, ys, xt, _ = domains()
    predictor = SSTCA(3, kernel="RBF").fit(xs, ys, xt)
    assert np.array_equal(predictor.predict(xs), ys)
    assert predictor.features(xt)[:2] == pytest.approx(predictor.features(xt[:2]))


@pytest.mark.filterwarnings("ignore:.*Nyström's approximation takes its place")
def test_above_the_budget_it_is_nystroems() -> None:
    xs, ys, xt, _ = domains()
    method = SSTCA(3, kernel="RBF", width=0.02, budget_gib=0.0, landmarks=70)
    found, exact = method.fit(xs, ys, xt), SSTCA(3, kernel="RBF", width=0.02).fit(xs, ys, xt)
    assert (found.approximation, exact.approximation) == ("Nyström, 70 landmarks", "exact")
    one, other = found.features(xt), exact.features(xt)
    assert scipy.linalg.subspace_angles(one - one.mean(0), other - other.mean(0)).max() < 1e-5


def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    xs, ys, xt, _ = domains()
    with pytest.raises(ValueError, match="SSTCA has 1 to 6 dimensions here, not 30; choose one of these"):
        SSTCA().fit(xs, ys, xt)
    with pytest.raises(ValueError, match=r"SSTCA has dependence 1\.5 and smoothness 0\.1; give one from 0 to 1"):
        SSTCA(2, dependence=1.5).fit(xs, ys, xt)
