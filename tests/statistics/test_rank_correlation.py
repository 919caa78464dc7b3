"""Rank correlation over pairs of domains: against SciPy, and how often its interval holds a known truth."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from mtl_bench.statistics.rank_correlation import RankCorrelation, rank_correlation

Array = np.ndarray[Any, Any]
Place = tuple[int, tuple[str, str]]  # the number of a data set and a pair of its domains
DATA_SETS = ("abc", "abcd", "efgh", "ij")  # of which two have three domains in common
FOUR: tuple[Place, ...] = tuple((i, p) for i, names in enumerate(DATA_SETS) for p in permutations(names, 2))
COMPLETE: tuple[Place, ...] = tuple((0, pair) for pair in permutations("abcdefghij", 2))


def drawn(places: Sequence[Place], slope: float, of_domains: float, random: np.random.Generator) -> tuple[Array, Array]:
    """x and y of correlation `slope`: what domains add to their pairs is `of_domains`² of both variances.

    x is the same both ways between two domains, as a distance is.
    """
    far, hard = ({name: random.normal() for name in "abcdefghij"} for _ in range(2))
    between = {(i, frozenset(pair)): random.normal() for i, pair in places}
    own = np.sqrt(1 - of_domains**2)

    def mixed(effects: dict[str, float], pair: tuple[str, str], rest: float) -> float:
        mixture: float = of_domains * (effects[pair[0]] + effects[pair[1]]) / np.sqrt(2) + own * rest
        return mixture

    x = np.array([mixed(far, pair, between[i, frozenset(pair)]) for i, pair in places])
    noise = np.array([mixed(hard, pair, random.normal()) for _, pair in places])
    return x, slope * x + np.sqrt(1 - slope**2) * noise


def pairs(places: Sequence[Place]) -> list[tuple[str, str]]:
    return [pair for _, pair in places]


@pytest.mark.parametrize("seed", range(5))
def test_it_is_scipys_spearman_ties_included(seed: int) -> None:
    x, y = drawn(FOUR, 0.5, 0.5, np.random.default_rng(seed))
    x = np.round(x)
    found = rank_correlation(pairs(FOUR), x.tolist(), y.tolist())
    assert found.value == pytest.approx(spearmanr(x, y).statistic)
    assert found.low < found.value < found.high
    assert (found.pairs, found.domains) == (32, 10)


@pytest.mark.slow
@pytest.mark.parametrize("places", [FOUR, COMPLETE])
@pytest.mark.parametrize("of_domains", [0.0, 1.0])
@pytest.mark.parametrize("slope", [0.0, 0.6])
def test_the_interval_holds_the_truth_in_95_of_100_cases_at_least(
    places: tuple[Place, ...], of_domains: float, slope: float
) -> None:
    """Of 300 draws; 95 % less two and a half standard errors are 91.9."""
    random, truth, held = np.random.default_rng(2), 6 / np.pi * np.arcsin(slope / 2), 0
    for _ in range(300):
        x, y = drawn(places, slope, of_domains, random)
        found = rank_correlation(pairs(places), x.tolist(), y.tolist())
        held += found.low <= truth <= found.high
    assert held / 300 >= 0.919


def test_within_groups_ranks_are_those_of_each_less_their_mean() -> None:
    x, y = drawn(FOUR, 0.5, 0.5, np.random.default_rng(3))
    groups = [i for i, _ in FOUR]
    for number in (3, 1):  # both pairs of the last data set have one distance: it has no ranks
        x[[i == number for i in groups]] = 1.0
        counted = [i for i in range(4) if i not in (3, number)]
        parts = [np.array([i == group for i in groups]) for group in counted]
        a, b = (np.concatenate([rankdata(v[own]) / (own.sum() + 1) - 0.5 for own in parts]) for v in (x, y))
        expected = np.corrcoef(a, b)[0, 1]
        found = rank_correlation(pairs(FOUR), x.tolist(), y.tolist(), groups)
        assert found.value == pytest.approx(expected)
    one = rank_correlation(pairs(FOUR), x.tolist(), y.tolist(), ["all"] * 32)
    assert one == rank_correlation(pairs(FOUR), x.tolist(), y.tolist())


@pytest.mark.slow
def test_what_data_sets_differ_in_is_no_correlation_within_them() -> None:
    """Of 300 draws without any; over all pairs an interval that should hold zero then lies beside it far too often."""
    random, beside = np.random.default_rng(4), np.zeros(2)
    groups = [i for i, _ in FOUR]
    for _ in range(300):
        x, y = (0.3 * v + random.normal(size=4)[groups] for v in drawn(FOUR, 0.0, 0.5, random))
        for i, of in enumerate(((), groups)):
            found = rank_correlation(pairs(FOUR), x.tolist(), y.tolist(), of)
            beside[i] += found.low > 0 or found.high < 0
    assert beside[0] / 300 > 0.08
    assert beside[1] / 300 < 0.05


def test_only_ranks_count_and_the_order_of_pairs_does_not() -> None:
    x, y = drawn(FOUR, 0.5, 0.5, np.random.default_rng(1))
    found = rank_correlation(pairs(FOUR), x.tolist(), y.tolist())
    assert rank_correlation(pairs(FOUR), np.exp(x).tolist(), (3 * y - 7).tolist()) == found
    mixed = np.random.default_rng(0).permutation(len(FOUR))
    again = rank_correlation([FOUR[i][1] for i in mixed], x[mixed].tolist(), y[mixed].tolist())
    assert (again.value, again.low, again.high) == pytest.approx((found.value, found.low, found.high))


def test_pairs_of_few_domains_have_a_coefficient_and_no_interval() -> None:
    places = list(permutations("abcd", 2))
    found = rank_correlation(places, range(12), range(12))
    assert found.value == pytest.approx(1)
    assert np.isnan([found.low, found.high]).all()


def test_where_all_distances_are_equal_there_is_nothing() -> None:
    found: RankCorrelation = rank_correlation(pairs(FOUR), [2.0] * 32, list(range(32)))
    assert np.isnan([found.value, found.low, found.high]).all()


def test_each_pair_needs_both_values() -> None:
    with pytest.raises(ValueError, match="2 pairs of domains have 2 and 1 values; each needs one of both"):
        rank_correlation([("a", "b"), ("b", "a")], [1, 2], [1])
