"""The limits of the check: simulated checks of unbroken code alarm as rarely as stated, whatever runs they have."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mtl_bench.statistics import false_alarms
from mtl_bench.statistics.bands import FIRST_LOOK, LEVEL, compare_cells
from mtl_bench.statistics.false_alarms import GRID, SHAPES, WORST, Pool
from tests.statistics.test_regression import alarms as kinds
from tests.statistics.test_regression import cells
from tests.statistics.unbroken import SIBLINGS, Setting, alarms, by_theory, detectable, limits

TWELVE = (Pool((5,) * 4),) * 3


def within(shares: np.ndarray, level: float, checks: int) -> bool:
    """Whether no share of so many checks is above the level by more than chance allows once in 10,000."""
    return bool(np.all(shares * checks <= stats.binom.isf(1e-4, checks, level)))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("siblings", "unlike"), [(4, 0.4), (12, 0.4), (4, 0.0)])
def test_unbroken_code_alarms_as_rarely_as_stated(shape: str, siblings: int, unlike: float) -> None:
    setting = Setting(shape, 12, siblings, 5, unlike)
    first, confirmed = alarms(setting, limits(setting), 2_000)
    assert within(first, FIRST_LOOK, 2_000), first
    assert within(confirmed, LEVEL, 2_000), confirmed


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seeds", [3, 5, 8, 10])
@pytest.mark.parametrize("count", SIBLINGS)
def test_so_it_does_for_few_and_many_cells_and_seeds(shape: str, count: int, seeds: int) -> None:
    """The table of docs/verdicts.md, with half as many checks."""
    setting = Setting(shape, count, SIBLINGS[count], seeds)
    first, confirmed = alarms(setting, limits(setting), 2_000)
    assert within(first, FIRST_LOOK, 2_000), first
    assert within(confirmed, LEVEL, 2_000), confirmed


def test_limits_for_normal_runs_would_alarm_too_often() -> None:
    """Why the limits are simulated: with quantiles of t, a tail of bad runs has twice the alarms that are stated."""
    setting = Setting("bad tail", 12, 4, 5, unlike=0.0)
    first, confirmed = alarms(setting, by_theory(setting), 2_000)
    assert first[0] > 0.04
    assert confirmed[0] > 0.015
    normal = Setting("normal", 12, 4, 5, unlike=0.0)
    assert within(alarms(normal, by_theory(normal), 2_000)[0], 1.25 * LEVEL, 2_000)


@pytest.mark.parametrize("shape", ["normal", "bad tail"])
def test_the_check_itself_finds_what_the_simulation_finds(shape: str) -> None:
    """The same draws through `compare_cells`, with a cell in trouble so that there is something to find."""
    rng = np.random.default_rng(3)
    setting = Setting(shape, 3, 3, 5)
    look = limits(setting)[0]
    for fall in np.linspace(0, 4, 12):
        before, after = SHAPES[shape](rng, (2, 3, 5))
        after[1] -= fall
        spread = np.sqrt(np.maximum(before.var(1, ddof=1).mean(), before.var(1, ddof=1)))
        t = (before.mean(1) - after.mean(1)) / (spread * np.sqrt(2 / 5))
        mean = false_alarms.student(before.mean(0), after.mean(0))
        expected = {
            "regressed": (t > look.fall).any(),
            "rose": (-t > look.fall).any(),
            "unstable": (after.std(1, ddof=1) > look.spread * spread).any(),
            "study mean": mean > look.mean,
        }
        found = kinds(compare_cells(cells(before, (1.0,) * 3, 100), cells(after, (1.0,) * 3, 100)))
        assert found == {kind for kind, alarmed in expected.items() if alarmed}


@pytest.mark.slow
def test_the_stated_power_is_the_power() -> None:
    """The detectable fall is for a spread that is known; that of a pool of 12 nearly is."""
    setting = Setting("normal", 12, 12, 10, unlike=0.0)
    first, second = limits(setting)
    stated = false_alarms.detectable(10, ((10, first.fall), (20, second.fall)))
    assert detectable(setting, (first, second), 1_000) == pytest.approx(stated, rel=0.12)


@pytest.mark.slow
@pytest.mark.parametrize("statistic", WORST)
def test_normal_runs_never_have_the_highest_rate(statistic: false_alarms.Statistic) -> None:
    for count, seeds in ((1, 10), (4, 3), (12, 5), (200, 10)):
        pool, worst = Pool((seeds,) * count), np.ones(len(GRID))
        for shape in WORST[statistic]:
            worst = np.minimum(worst, false_alarms._silent(pool, seeds, shape, statistic))
        normal = false_alarms._silent(pool, seeds, "normal", statistic)
        matters = (worst < 1 - LEVEL / 10) & (worst > 1 - 2 * FIRST_LOOK)
        assert matters.any()
        assert np.all(normal[matters] >= worst[matters] - 0.002)


def test_a_limit_and_its_rate_are_each_others_inverse() -> None:
    for rates in (false_alarms.of_cells(TWELVE, 5, "fall"), false_alarms.of_two_samples(5, 10)):
        for level in (0.2, FIRST_LOOK, LEVEL, 0.001):
            assert rates.p(rates.limit(level)) == pytest.approx(level, rel=1e-3)
        assert rates.limit(LEVEL) > rates.limit(FIRST_LOOK)
        assert 0 < rates.p(float("inf")) < 1e-3
        assert rates.p(0.0) == rates.shares[0]


def test_more_cells_need_more_and_more_seeds_need_less() -> None:
    def limit(cells: int, seeds: int) -> float:
        return false_alarms.of_cells((Pool((seeds,) * 4),) * (cells // 4), seeds, "fall").limit(LEVEL)

    assert limit(4, 5) < limit(12, 5) < limit(200, 5)
    assert limit(12, 10) < limit(12, 5) < limit(12, 3)
    lent = false_alarms.of_cells((Pool((5,), (5,) * 11),), 5, "fall").limit(LEVEL)
    assert lent < false_alarms.of_cells((Pool((5,) * 12),), 5, "fall").limit(LEVEL)


def test_unequal_counts_of_seeds_are_no_error() -> None:
    rates = false_alarms.of_cells((Pool((1, 3, 5), (8,)),), 4, "fall")
    assert np.all(np.isfinite(rates.shares))
    assert rates.limit(LEVEL) > 2
