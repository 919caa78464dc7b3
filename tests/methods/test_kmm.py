"""What makes KMM KMM: the weights solve its quadratic programme, and bring the source's mean to the target's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize
from sklearn.svm import LinearSVC

from mtl_bench.methods.shallow import kmm
from mtl_bench.methods.shallow.kernels import rbf
from mtl_bench.methods.shallow.kmm import KMM, largest_eigenvalue, matched, projected
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation

Array = np.ndarray[Any, Any]


def domains(n: int = 80, m: int = 60, seed: int = 0) -> tuple[Array, Array, Array, Array]:
    """One bent boundary in the plane; the source has points everywhere, the target on one side only."""
    random = np.random.default_rng(seed)
    xs, xt = random.uniform(-2, 2, (n, 2)), np.column_stack([random.uniform(0.8, 2, m), random.uniform(-2, 2, m)])
    ys, yt = ((x[:, 1] > 1.5 * np.abs(x[:, 0]) - 1.8).astype(int) for x in (xs, xt))
    return xs, ys, xt, yt


def problem(n: int, m: int, width: float, seed: int = 0) -> tuple[Array, Array]:
    xs, _, xt, _ = domains(n, m, seed)
    return rbf(xs, xs, width), n / m * rbf(xs, xt, width).sum(1)


def loss(kernel: Array, kappa: Array, b: Array) -> float:
    return float(b @ kernel @ b / 2 - kappa @ b)


@pytest.mark.parametrize(("bound", "total"), [(1000.0, (20, 40)), (2.0, (29, 31)), (1.5, (44, 45)), (1000.0, (3, 4))])
def test_the_weights_are_those_of_a_general_solver(bound: float, total: tuple[float, float]) -> None:
    kernel, kappa = problem(30, 25, 1.0)
    reference = scipy.optimize.minimize(
        lambda b: loss(kernel, kappa, b),
        np.full(30, total[0] / 30),
        jac=lambda b: kernel @ b - kappa,
        bounds=[(0, bound)] * 30,
        constraints=[
            {"type": "ineq", "fun": lambda b: b.sum() - total[0]},
            {"type": "ineq", "fun": lambda b: total[1] - b.sum()},
        ],
        method="SLSQP",
        options={"maxiter": 2000, "ftol": 1e-13},
    )
    found = matched(kernel, kappa, bound, total)
    assert found.min() >= 0
    assert found.max() <= bound
    assert total[0] - 1e-9 <= found.sum() <= total[1] + 1e-9
    assert loss(kernel, kappa, found) == pytest.approx(reference.fun, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("width", [0.05, 1.0, 20.0])
@pytest.mark.parametrize("slack", [None, 0.0])
def test_the_conditions_of_karush_kuhn_and_tucker_hold(width: float, slack: float | None) -> None:
    xs, _, xt, _ = domains(400, 300)
    weights = KMM(bound=5.0, slack=slack, width=width).weights(xs, xt)
    kernel, kappa = problem(400, 300, width)
    gradient = kernel @ weights - kappa
    slack = 19 / 20 if slack is None else slack
    at_edge = abs(abs(weights.sum() - 400) - 400 * slack) < 1e-6
    inside = (weights > 1e-9) & (weights < 5 - 1e-9)
    multiplier = float(np.median(gradient[inside])) if at_edge else 0.0  # of the sum's bound
    scale = 1e-4 * np.abs(kappa).max()
    assert np.abs(gradient[inside] - multiplier).max() < scale
    assert (gradient[weights <= 1e-9] - multiplier).min(initial=0) > -scale
    assert (gradient[weights >= 5 - 1e-9] - multiplier).max(initial=0) < scale


@pytest.mark.parametrize("total", [(3.0, 4.0), (0.0, 99.0), (9.0, 9.0), (0.0, 0.5)])
def test_the_projection_is_the_nearest_allowed_point(total: tuple[float, float]) -> None:
    random = np.random.default_rng(0)
    point = random.standard_normal(9) * 2
    found = projected(point, 1.5, total)
    assert total[0] - 1e-9 <= found.sum() <= total[1] + 1e-9
    for _ in range(300):  # no allowed point is on the far side: the variational inequality
        other = projected(random.uniform(0, 1.5, 9), 1.5, total)
        assert (point - found) @ (other - found) <= 1e-9


def test_the_step_is_safe_and_not_much_too_short() -> None:
    for width in (0.05, 1.0, 20.0):
        kernel, _ = problem(200, 5, width)
        exact = np.linalg.eigvalsh(kernel)[-1]
        assert exact * (1 - 1e-12) <= largest_eigenvalue(kernel) < 1.3 * exact


@pytest.mark.slow
def test_weighted_means_match() -> None:
    xs, _, xt, _ = domains(400, 300)
    weights = KMM().weights(xs, xt)
    before, after = (np.linalg.norm(np.average(xs, 0, w) - xt.mean(0)) for w in (None, weights))
    assert after < 0.1 * before


def test_equal_domains_have_equal_weights() -> None:
    xs, *_ = domains()
    assert KMM(width=5.0).weights(xs, xs) == pytest.approx(np.ones(80), abs=0.01)


@pytest.mark.slow
def test_the_weights_go_into_the_classifier() -> None:
    xs, ys, xt, _ = domains()
    expected = LinearSVC(dual=False).fit(xs, ys, KMM().weights(xs, xt))
    assert KMM().fit(xs, ys, xt).classifier.coef_ == pytest.approx(expected.coef_)


@pytest.mark.slow
def test_it_adapts_where_no_adaptation_fails() -> None:
    xs, ys, xt, yt = domains(400, 300)
    weighted, plain = KMM().fit(xs, ys, xt), NoAdaptation("linear SVM").fit(xs, ys, xt)
    assert np.mean(weighted.predict(xt) == yt) > 0.95
    assert np.mean(plain.predict(xt) == yt) < 0.9


def test_the_order_of_points_does_not_matter() -> None:
    xs, _, xt, _ = domains()
    p = np.random.default_rng(1).permutation(80)
    assert KMM(width=5.0).weights(xs[p], xt) == pytest.approx(KMM(width=5.0).weights(xs, xt)[p], abs=1e-3)


def test_it_says_so_if_it_does_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kmm, "STEPS", 3)
    xs, _, xt, _ = domains()
    with pytest.warns(UserWarning, match="KMM's weights did not converge in 3 steps; scale the features"):
        KMM().weights(xs, xt)


def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    xs, _, xt, _ = domains()
    with pytest.raises(
        ValueError, match=r"KMM has no weights up to 0\.5 with a mean within 0\.1 of 1; give more slack"
    ):
        KMM(bound=0.5, slack=0.1).weights(xs, xt)
    with pytest.raises(ValueError, match=r"KMM has width 0\.0; give a number above 0"):
        KMM(width=0.0).weights(xs, xt)
    with pytest.raises(
        ValueError, match=r"KMM's kernel of width 1e\+03 sees no target point near a source point; give"
    ):
        KMM(width=1e3).weights(xs, xt + 10)


@pytest.mark.parametrize("left", [(2,), (0, 2), (0, 1, 2)])
def test_a_class_without_weight_is_not_predicted_and_mixes_up_no_other(
    left: tuple[int, ...], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    random = np.random.default_rng(0)
    ys = np.arange(60) % 3
    xs = 5 * np.eye(3)[ys] + 0.3 * random.standard_normal((60, 3))
    monkeypatch.setattr(KMM, "weights", lambda self, source, target: np.isin(ys, left).astype(np.float64))
    predicted = KMM().fit(xs, ys, xs).predict(xs)
    assert set(predicted) == set(left)
    among = np.isin(ys, left)
    assert np.array_equal(predicted[among], ys[among])
    assert capfd.readouterr() == ("", "")
