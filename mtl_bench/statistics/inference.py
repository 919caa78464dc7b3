"""The statistics of verdicts and checks: pure functions on numbers and arrays, all of which broadcast.

Means, standard errors (se) and standard deviations (sd) share one unit, points for accuracies; df: degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from mtl_bench.claims import Kind

Array = np.ndarray[Any, Any]
Tail = Literal["two-sided", "greater", "less"]

ALPHA = 0.05  # the error rate of a study's primary claims together
EQUIVALENCE = 1 - 2 * ALPHA  # the level of the interval that two one-sided tests at ALPHA go by
FEWEST = 3  # replicates: fewer are shown, never tested
OWN_SPREAD_FROM = 8  # replicates from which a sample's own spread is known well enough
ROUNDING = 1e-6  # of the results' numbers: a spread below it is none
SIMILAR = 3.0  # spreads are pooled while the largest is below this multiple of the smallest
EXACT = 13  # up to this n every assignment of signs is tried, beyond it 9,999 random ones


def pooled_sd(sds: Sequence[float], counts: Sequence[int]) -> tuple[float, int]:
    """The common sd of samples with these sds and sizes, and its degrees of freedom."""
    df = np.asarray(counts) - 1
    return float(np.sqrt(np.sum(df * np.square(sds)) / df.sum())), int(df.sum())


def spread(values: Array, siblings: Sequence[Array]) -> tuple[float, int, int]:
    """The sd of one replicate, its degrees of freedom, and over how many samples it is pooled.

    From 8 replicates it is the sample's own. With 3 to 7 it is pooled over the siblings (which include the sample) when
    their spreads are similar, but never below the sample's own: pooled outright, the noisiest of four siblings, twice
    as wide as the others, had 12 % false positives instead of 5 %, and has 8 % so.
    """
    if len(values) < 2:
        return 0.0, 0, 1
    own = float(np.std(values, ddof=1)), len(values) - 1, 1
    sds = [float(np.std(sample, ddof=1)) for sample in siblings]
    if not FEWEST <= len(values) < OWN_SPREAD_FROM or len(sds) < 2 or max(sds) >= SIMILAR * min(sds):
        return own
    pooled, df = pooled_sd(sds, [len(sample) for sample in siblings])
    return max(own[0], pooled), df, len(siblings)


def items_se(strata: Iterable[Array]) -> float:
    """What a new draw of test items would move a mean by: the limit of a bootstrap of the items in each stratum.

    Each stratum (a target domain) holds one value per item; the quantity is the sum of the strata's means.
    """
    return float(np.sqrt(sum(np.var(values) / len(values) for values in strata)))


def t_tail(mean: Any, se: Any, df: Any, tail: Tail = "two-sided") -> Any:
    """The p-value of "the mean is zero"."""
    from scipy.special import stdtr  # scipy.stats has the same and takes half a second longer to import

    t = np.asarray(mean) / se
    if tail == "two-sided":
        return 2 * stdtr(df, -np.abs(t))
    return stdtr(df, -t if tail == "greater" else t)


def interval(mean: Any, se: Any, df: Any, level: float = 0.95) -> tuple[Any, Any]:
    """The confidence interval of a mean."""
    from scipy.special import stdtrit

    half = stdtrit(df, (1 + level) / 2) * np.asarray(se)
    return mean - half, mean + half


def sign_flip(values: Sequence[float], tail: Tail = "two-sided") -> float:
    """The p-value of "the values are symmetric about zero": signs are exchanged, which no outlier can mislead."""
    from scipy import stats

    resamples = 2**EXACT if len(values) <= EXACT else 9_999
    done = stats.permutation_test(
        (np.asarray(values),), np.mean, permutation_type="samples", n_resamples=resamples, alternative=tail, rng=0
    )
    return float(done.pvalue)


def detectable_effect(se: float, df: int, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest true mean that a two-sided t-test at `alpha` finds with this power, by the noncentral t."""
    from scipy.special import nctdtrinc, stdtrit

    # A find on the wrong side adds less than 1e-5 to this power.
    return float(nctdtrinc(df, 1 - power, stdtrit(df, 1 - alpha / 2)) * se)


def detectable(se: float, df: int, alpha: float, kind: Kind, power: float = 0.8) -> float:
    """What a claim of this kind shows with this power: a true difference or, where there is none, a bound."""
    if kind == "difference":
        return detectable_effect(se, df, alpha, power)
    # One-sided; of two one-sided tests each may fail in half of the cases that are left.
    return detectable_effect(se, df, 2 * alpha, power if kind == "non-inferiority" else (1 + power) / 2)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for being several, by Holm's method: the k-th smallest of m times m - k + 1, in order."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return [float(value) for value in adjusted]
