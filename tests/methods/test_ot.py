"""What makes OptimalTransport that: source points go to the mean of their share of the target."""

from __future__ import annotations

import sys
from typing import Any, Literal

import numpy as np
import pytest
import scipy.optimize

from mtl_bench.methods.shallow import sinkhorn as solvers
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.methods.shallow.ot import OptimalTransport
from mtl_bench.methods.shallow.sinkhorn import checked, halved

Array = np.ndarray[Any, Any]

Regulariser = Literal["none", "entropy", "entropy and classes"]
EACH: tuple[Regulariser, ...] = ("none", "entropy", "entropy and classes")


def domains(n: int = 40, m: int = 40, turn: float = 0.8) -> tuple[Array, Array, Array, Array]:
    """Two half-rings, the target's turned (in radians): the data of Courty et al., figure 2."""
    random = np.random.default_rng(0)

    def draw(count: int, angle: float) -> tuple[Array, Array]:
        labels = np.arange(count) % 2
        t = random.uniform(0, np.pi, count)
        moons = np.where(
            labels[:, None], np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1), np.stack([np.cos(t), np.sin(t)], 1)
        )
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return (moons - [0.5, 0.25] + 0.05 * random.standard_normal((count, 2))) @ rotation.T, labels

    return *draw(n, 0), *draw(m, turn)


def cost(xs: Array, xt: Array) -> Array:
    distances = ((xs[:, None] - xt) ** 2).sum(2)
    return np.asarray(distances / distances.max())


def sinkhorn(costs: Array, entropy: float) -> Array:
    """The plan of uniform marginals."""
    kernel = np.exp(-costs / entropy)
    n, m = costs.shape
    left, right = np.ones(n), np.ones(m)
    for _ in range(20_000):
        left = 1 / n / (kernel @ right)
        right = 1 / m / (kernel.T @ left)
    return left[:, None] * kernel * right


def moved(regulariser: Regulariser, xs: Array, ys: Array, xt: Array, **values: Any) -> Array:
    """Where the classifier saw the source."""
    return np.asarray(OptimalTransport(regulariser, **values).fit(xs, ys, xt).classifier._fit_X)


def test_without_a_regulariser_it_is_the_assignment_of_least_cost() -> None:
    xs, ys, xt, _ = domains()
    _, columns = scipy.optimize.linear_sum_assignment(cost(xs, xt))
    assert moved("none", xs, ys, xt) == pytest.approx(xt[columns])


@pytest.mark.parametrize("entropy", [0.02, 0.5])
def test_entropy_gives_the_plan_of_sinkhorn(entropy: float) -> None:
    xs, ys, xt, _ = domains(40, 25)
    plan = sinkhorn(cost(xs, xt), entropy)
    expected = plan @ xt / plan.sum(1, keepdims=True)
    assert moved("entropy", xs, ys, xt, entropy=entropy) == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
def test_classes_majorise_the_group_norm() -> None:
    """Ten Sinkhorns, each with the slope of sum_jc sqrt(1e-3 + what class c sends to target point j) in its costs."""
    xs, ys, xt, _ = domains(30, 20)
    costs, slope = cost(xs, xt), np.zeros((30, 20))
    for _ in range(10):
        plan = sinkhorn(costs + 0.1 * slope, 0.05)
        sent = np.stack([plan[ys == c].sum(0) for c in range(2)])
        slope = 0.5 / np.sqrt(sent + 1e-3)[ys]
    expected = plan @ xt / plan.sum(1, keepdims=True)
    found = moved("entropy and classes", xs, 5 - 7 * ys, xt, entropy=0.05, classes=0.1)
    assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("regulariser", EACH)
def test_the_scale_and_the_place_of_both_domains_do_not_matter(regulariser: Regulariser) -> None:
    xs, ys, xt, _ = domains()
    one, other = moved(regulariser, xs, ys, xt), moved(regulariser, 30 * xs + 2, ys, 30 * xt + 2)
    assert other == pytest.approx(30 * one + 2, abs=1e-3)


@pytest.mark.parametrize("regulariser", EACH)
def test_it_adapts_where_no_adaptation_fails(regulariser: Regulariser) -> None:
    xs, ys, xt, yt = domains(150, 150)
    adapted, plain = (
        np.mean(m.fit(xs, ys, xt).predict(xt) == yt) for m in (OptimalTransport(regulariser), NoAdaptation())
    )
    assert plain < 0.8
    assert adapted > (plain if regulariser == "none" else 0.95)  # a plan without entropy is at the mercy of outliers


def test_equal_domains_stay_where_they_are() -> None:
    xs, ys, _, _ = domains()
    assert moved("none", xs, ys, xs[::-1]) == pytest.approx(xs)


@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    xs, ys, xt, _ = domains()
    with pytest.raises(ValueError, match="there is no regulariser 'l2'; choose none, entropy, or entropy and classes"):
        OptimalTransport("l2").fit(xs, ys, xt)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"OptimalTransport has entropy 0\.0; give a number above 0"):
        OptimalTransport(entropy=0.0).fit(xs, ys, xt)


@pytest.mark.parametrize("entropy", [1e-3, 1e-4, 1e-6])
@pytest.mark.filterwarnings("ignore:optimal transport with entropy")
def test_a_small_entropy_gives_nearly_the_exact_plan(entropy: float) -> None:
    """exp(-1 / entropy) is 0 in double precision, and the plan summed to 0."""
    xs, ys, xt, _ = domains(60, 60)
    exact = OptimalTransport("none").plan(xs, ys, xt)
    found = OptimalTransport("entropy", entropy=entropy).plan(xs, ys, xt)
    assert found.sum() == pytest.approx(1)
    assert found.sum(0) == pytest.approx(np.full(60, 1 / 60), abs=1e-3)
    assert (found * cost(xs, xt)).sum() == pytest.approx((exact * cost(xs, xt)).sum(), abs=entropy * np.log(60) + 1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:optimal transport with entropy")
def test_with_classes_a_small_entropy_tends_to_the_exact_plan_too() -> None:
    """It was chance: the plan summed to 0."""
    xs, ys, xt, _ = domains(60, 60)
    found, exact = (m.fit(xs, ys, xt).predict(xt) for m in (OptimalTransport(entropy=1e-4), OptimalTransport("none")))
    assert np.mean(found == exact) > 0.95


def test_the_log_domain_has_the_plan_of_the_plain_iteration(monkeypatch: pytest.MonkeyPatch) -> None:
    xs, ys, xt, _ = domains(40, 25)
    plain = [OptimalTransport(r, entropy=0.02).plan(xs, ys, xt) for r in EACH[1:]]
    monkeypatch.setattr(solvers, "SAFE", 10.0)
    logarithmic = [OptimalTransport(r, entropy=0.02).plan(xs, ys, xt) for r in EACH[1:]]
    for one, other in zip(plain, logarithmic, strict=True):
        assert other == pytest.approx(one, abs=1e-5)


def test_the_plan_with_classes_is_pots_bit_by_bit() -> None:
    from ot.da import SinkhornLpl1Transport

    xs, ys, xt, _ = domains(30, 20)
    reference = SinkhornLpl1Transport(reg_e=0.05, reg_cl=0.1, norm="max", max_inner_iter=1000, tol=1e-6)
    reference.fit(Xs=xs, ys=ys, Xt=xt)
    assert np.array_equal(OptimalTransport(entropy=0.05).plan(xs, ys, xt), reference.coupling_)


def test_it_says_so_if_it_does_not_converge_and_refuses_what_is_far_off(monkeypatch: pytest.MonkeyPatch) -> None:
    xs, ys, xt, _ = domains()
    monkeypatch.setattr(solvers, "STEPS", 41)
    with pytest.warns(UserWarning, match=r"optimal transport with entropy 0\.02 did not converge in 41 steps; give a "):
        OptimalTransport("entropy").fit(xs, ys, xt)
    monkeypatch.setattr(solvers, "STEPS", 1)
    monkeypatch.setattr(solvers, "DESCENT", 1)
    with (
        pytest.warns(UserWarning, match="did not converge"),
        pytest.raises(ValueError, match=r"optimal transport with entropy 1e-05 has a plan whose sums are wrong by 0\."),
    ):
        OptimalTransport("entropy", entropy=1e-5).fit(xs, ys, xt)


@pytest.mark.parametrize("plan", [np.zeros((3, 4)), np.full((3, 4), np.nan), np.eye(3, 4) / 3])
def test_a_plan_that_moves_not_everything_is_refused(plan: Array) -> None:
    with pytest.raises(
        ValueError, match=r"the plan has a plan whose sums are wrong by .*, more than 0\.001; give a larger"
    ):
        checked(plan, "the plan")
    right = np.full((3, 4), 1 / 12)
    assert checked(right, "the plan") is right


def test_entropies_are_halved_to_just_above_the_last() -> None:
    assert halved(1.0, 0.3) == [1.0, 0.5]
    assert halved(1.0, 0.25) == [1.0, 0.5]
    assert halved(0.2, 0.3) == []


def test_points_that_are_all_the_same_stay_there() -> None:
    xs, ys = np.ones((6, 2)), np.arange(6) % 2
    for regulariser in EACH:
        assert moved(regulariser, xs, ys, xs) == pytest.approx(xs)


def test_without_pot_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    xs, ys, xt, _ = domains()
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(ValueError, match=r'OptimalTransport needs POT; install it by pip install "mtl-bench\[ot\]"'):
        OptimalTransport().fit(xs, ys, xt)
