"""Rank correlation over pairs of domains, which share domains and are therefore no independent observations."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mtl_bench.statistics.inference import interval

Array = np.ndarray[Any, Any]
FEWEST = 5  # domains: fewer say nothing of how a correlation would differ with others
NEARLY_ONE = 1 - 1e-6  # Fisher's z of 1 is infinite


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's coefficient, and its 95 % interval; not a number where there are too few domains or no ranks."""

    value: float
    low: float
    high: float
    pairs: int
    domains: int


def rank_correlation(
    pairs: Sequence[tuple[str, str]], x: Sequence[float], y: Sequence[float], groups: Sequence[Hashable] = ()
) -> RankCorrelation:
    """Of x and y, a number each per pair of domains, with an interval by the jackknife over domains.

    With a group for each pair, as its data set, ranks are those within a group, less their mean and in parts of its
    size: what groups differ in, such as how many classes they have, is no correlation then. A group whose x or y are
    all equal has no ranks.

    The jackknife leaves out each domain in turn, with all pairs that have it, and takes the variance of Fisher's z as
    (n - 1) / n times the sum of squares over the n domains, with n - 1 degrees of freedom: pairs that have a domain in
    common may be as alike as they like. Where they are not, this is up to twice the variance (the factor of Snijders
    and Borgatti, Connections 22(2), 1999, is for these), and the interval is too wide; in a simulation with pairs
    within four data sets it holds the truth in 98.7 to 99.5 % of cases, with all pairs of ten domains in 95 to 99 %,
    where the smaller factor does in 88 to 98 %. Raises ValueError for samples of unequal lengths.
    """
    if not len(pairs) == len(x) == len(y):
        raise ValueError(f"{len(pairs)} pairs of domains have {len(x)} and {len(y)} values; each needs one of both")
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    numbers = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    of = np.array([numbers[group] for group in groups] or [0] * len(pairs))
    domains = sorted({domain for pair in pairs for domain in pair})
    value = _spearman(a, b, of)
    without = [_spearman(a[kept], b[kept], of[kept]) for kept in (_without(domain, pairs) for domain in domains)]
    if len(domains) < FEWEST or not np.isfinite([value, *without]).all():
        return RankCorrelation(value, float("nan"), float("nan"), len(pairs), len(domains))
    z = _fisher(np.array(without))
    n = len(domains)
    se = np.sqrt((n - 1) / n * np.square(z - z.mean()).sum())
    low, high = np.tanh(interval(_fisher(np.array(value)), se, n - 1))
    return RankCorrelation(value, float(low), float(high), len(pairs), n)


def _without(domain: str, pairs: Sequence[tuple[str, str]]) -> Array:
    return np.array([domain not in pair for pair in pairs], dtype=bool)


def _spearman(x: Array, y: Array, groups: Array) -> float:
    """Not a number for fewer than three pairs, or where all values of one are equal in each group."""
    from scipy.stats import rankdata

    ranked = [groups == group for group in np.unique(groups)]
    ranked = [own for own in ranked if np.ptp(x[own]) and np.ptp(y[own])]
    if sum(own.sum() for own in ranked) < 3:
        return float("nan")
    a, b = (
        np.concatenate([(rankdata(values[own]) - (own.sum() + 1) / 2) / (own.sum() + 1) for own in ranked])
        for values in (x, y)
    )
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def _fisher(rho: Array) -> Array:
    z: Array = np.arctanh(np.clip(rho, -NEARLY_ONE, NEARLY_ONE))
    return z
