"""What makes JDA JDA: classes' means of pseudo-labelled points, round by round, by a symmetric problem."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
import scipy.linalg

from mtl_bench.methods.shallow.components import Projected
from mtl_bench.methods.shallow.jda import JDA, class_differences
from mtl_bench.methods.shallow.kernels import Kernel
from mtl_bench.methods.shallow.tca import TCA

Array = np.ndarray[Any, Any]


def domains(n: int = 60, m: int = 50, d: int = 6) -> tuple[Array, Array, Array, Array]:
    """Three classes in two of the features; the target is moved and its classes are moved apart."""
    random = np.random.default_rng(0)
    corners = np.zeros((3, d))
    corners[:, :2] = [[0, 2], [2, -1], [-2, -1]]
    ys, yt = np.arange(n) % 3, np.arange(m) % 3
    xs, xt = (corners[y] + 0.5 * random.standard_normal((len(y), d)) for y in (ys, yt))
    xt[:, 2:4] += 0.9 * corners[yt][:, :2]
    return xs, ys, xt + 0.4, yt


def naive(xs: Array, ys: Array, xt: Array, method: JDA) -> tuple[Array, list[Array]]:
    """Features of all points in the last round, and the pseudo-labels of each: the algorithm with dense matrices."""
    x = np.vstack([xs, xt])
    n, m = len(xs), len(xt)
    k = {"primal": x, "linear": x @ x.T}.get(method.kernel)
    if k is None:
        k = np.exp(-(method.width or 0) * ((x[:, None] - x) ** 2).sum(2))
    released = method.variant == "released"
    pseudo: list[Array] = []
    for _ in range(method.iterations):
        e = np.r_[np.full(n, 1 / n), np.full(m, -1 / m)]
        total = np.outer(e, e) * (len(set(ys)) if released else 1)
        if pseudo:
            for c in sorted(set(ys)):
                e = np.zeros(n + m)
                e[:n][ys == c] = 1 / np.sum(ys == c)
                if np.any(pseudo[-1] == c):
                    e[n:][pseudo[-1] == c] = -1 / np.sum(pseudo[-1] == c)
                total += np.outer(e, e)
        if released:
            total /= np.linalg.norm(total, "fro")
        centring = np.eye(n + m) - 1 / (n + m)
        penalty = k.T @ total @ k + method.regulariser * np.eye(k.shape[1])
        values, vectors = scipy.linalg.eigh(k.T @ centring @ k, penalty)
        best = slice(None, -method.dimension - 1, -1)
        a = vectors[:, best] / (np.linalg.norm(vectors[:, best], axis=0) if released else np.sqrt(values[best]))
        z = k @ a
        if method.projected == "length 1":
            z /= np.linalg.norm(z, axis=1, keepdims=True)
        pseudo.append(ys[((z[n:, None] - z[:n]) ** 2).sum(2).argmin(1)])
    return z, pseudo


@pytest.mark.parametrize("kernel", ["primal", "linear", "RBF"])
@pytest.mark.parametrize("variant", ["paper", "released"])
@pytest.mark.parametrize("projected", get_args(Projected))
@pytest.mark.parametrize("iterations", [1, 2, 4])
def test_each_round_is_that_of_the_dense_algorithm(
    kernel: Kernel, variant: Any, projected: Projected, iterations: int
) -> None:
    xs, ys, xt, _ = domains()
    method = JDA(3, 0.1, iterations, kernel, 0.1, variant, projected)
    expected, pseudo = naive(xs, ys, xt, method)
    predictor = method.fit(xs, ys, xt)
    assert np.abs(predictor.features(np.vstack([xs, xt]))) == pytest.approx(np.abs(expected), abs=1e-6)
    assert np.array_equal(predictor.predict(xt), pseudo[-1])


def test_the_first_round_is_tca() -> None:
    xs, ys, xt, _ = domains()
    one = JDA(3, iterations=1, variant="paper", projected="as they are").fit(xs, ys, xt).features(xt)
    assert one == pytest.approx(TCA(3, kernel="primal").fit(xs, ys, xt).features(xt), abs=1e-8)


def test_differences_are_of_the_means_of_classes() -> None:
    xs, ys, xt, yt = domains()
    yt = np.where(yt == 2, 1, yt)  # the target is not predicted to have class 2, and once to have class 0
    yt[1:][yt[1:] == 0] = 1
    found = class_differences(ys, yt).T @ np.vstack([xs, xt])
    expected = [xs[ys == c].mean(0) - (xt[yt == c].mean(0) if c < 2 else 0) for c in range(3)]
    assert found == pytest.approx(np.array(expected))


def test_classes_that_move_apart_need_more_than_tca() -> None:
    xs, ys, xt, _ = domains()
    jda, tca = (
        JDA(2, 0.01, variant="paper", projected="as they are").fit(xs, ys, xt),
        TCA(2, 0.01, "primal").fit(xs, ys, xt),
    )
    gaps = [
        np.linalg.norm([f(xs[ys == c]).mean(0) - f(xt[domains()[3] == c]).mean(0) for c in range(3)])
        for f in (jda.features, tca.features)
    ]
    assert gaps[0] < 0.5 * gaps[1]


def test_the_order_of_points_does_not_matter() -> None:
    xs, ys, xt, _ = domains()
    random = np.random.default_rng(1)
    p, q = random.permutation(len(xs)), random.permutation(len(xt))
    one, other = JDA(3).fit(xs, ys, xt), JDA(3).fit(xs[p], ys[p], xt[q])
    assert other.features(xt) == pytest.approx(one.features(xt), abs=1e-7)
    assert np.array_equal(other.predict(xt), one.predict(xt))


def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    xs, ys, xt, _ = domains()
    with pytest.raises(ValueError, match="JDA has 1 to 6 dimensions here, not 100; choose one of these"):
        JDA().fit(xs, ys, xt)
    with pytest.raises(ValueError, match="JDA has iterations 0; give a number above 0"):
        JDA(3, iterations=0).fit(xs, ys, xt)
