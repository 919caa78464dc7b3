"""A contrast as measured: its mean over replicates and what it is uncertain by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from mtl_bench.results.kept import read_array
from mtl_bench.results.table import Results
from mtl_bench.statistics.inference import (
    FEWEST,
    Tail,
    interval,
    items_se,
    sign_flip,
    spread,
    t_tail,
)
from mtl_bench.study import DOMAINS, REPLICATE, Claim, Contrast, Term
from mtl_bench.typeset import digits_in, number, signed

PERMUTATION_FROM = 6  # replicates from which an exchange of signs can reach p < 0.05
REDRAWN = "each replicate draws its own test items"
FAILED_ABOVE, FAILED_POINTS = 0.5, 5.0  # by how much a failed run is above chance at most: of chance, and in points


@dataclass(frozen=True)
class Estimate:
    """One contrast: a value per replicate, its spread, and the uncertainty from the choice of test items."""

    values: tuple[float, ...]
    spread: float  # the sd of one replicate, own or pooled
    df: int
    siblings: int  # contrasts that the spread is pooled over; 1: its own
    items_se: float
    items_note: str  # why `items_se` is zero, "" when it is not
    failed: int  # runs near chance
    keys: tuple[str, ...]  # of the cells used

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def mean(self) -> float:
        return float(np.mean(self.values))

    @property
    def sd(self) -> float:
        """Not a number for a single value."""
        return float(np.std(self.values, ddof=1)) if self.n > 1 else float("nan")

    @cached_property
    def se(self) -> float:
        return float(np.sqrt(self.spread**2 / self.n + self.items_se**2))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        low, high = interval(self.mean, self.se, self.df, level)
        return float(low), float(high)

    def p(self, tail: Tail = "two-sided", shift: float = 0.0) -> float:
        """The p-value of "the contrast plus `shift` is zero": a t-test, or exchanged signs when runs have failed."""
        if self.failed:
            return sign_flip([value + shift for value in self.values], tail)
        return float(t_tail(self.mean + shift, self.se, self.df, tail))

    def evidence(self, claim: Claim) -> tuple[bool, float]:
        """Whether the estimate speaks for the claim, and the p-value of that."""
        if claim.at_most_worse is not None:
            above = self.mean > -claim.at_most_worse
            return above, self.p("greater" if above else "two-sided", claim.at_most_worse)
        within = claim.within
        if within is None:
            return self.mean > 0, self.p()
        if abs(self.mean) < within:  # two one-sided tests
            return True, max(self.p("greater", within), self.p("less", -within))
        return False, self.p("greater", -within) if self.mean > 0 else self.p("less", within)


def estimate(contrast: Contrast, results: Results, chance: float | None, redrawn: bool = False) -> Estimate:
    """The contrast in these results, of one device class; `redrawn`: each replicate has its own test items."""
    values = results.replicates(contrast)
    rows = [_rows(term, results, values.index) for term in contrast.terms]
    siblings = [results.replicates(m).to_numpy(float) for m in _siblings(contrast, results)]
    sd, df, pooled = spread(values.to_numpy(float), [sample for sample in siblings if len(sample) >= FEWEST])
    se, note = (0.0, REDRAWN) if redrawn else _test_items(contrast, rows, results)
    return Estimate(
        values=tuple(float(value) for value in values),
        spread=sd,
        df=df,
        siblings=pooled,
        items_se=se,
        items_note=note,
        failed=0 if chance is None else _failed(contrast, rows, nearly_chance(chance)),
        keys=tuple(dict.fromkeys(key for part in rows for key in part["key"])),
    )


def nearly_chance(chance: float) -> float:
    """Below it a run has failed: 1.5 times chance, but never more than 5 points above chance."""
    return chance + min(FAILED_ABOVE * chance, FAILED_POINTS)


def _rows(term: Term, results: Results, replicates: pd.Index[Any]) -> pd.DataFrame:
    rows = results.select(dict(term.labels), term.metric)
    return rows[rows[REPLICATE].isin(replicates)] if len(replicates) else rows.iloc[:0]


def _failed(contrast: Contrast, rows: Sequence[pd.DataFrame], limit: float) -> int:
    low = [p[p["value"] < limit]["key"] for p, t in zip(rows, contrast.terms, strict=True) if t.metric == "accuracy"]
    return len(set().union(*low))


def _siblings(contrast: Contrast, results: Results) -> list[Contrast]:
    """The same contrast on each pair of domains, itself included.

    A contrast that averages over pairs has none: pairs share networks and domains, so that the spread of their mean
    does not follow from the spread of one.
    """
    fixed = [{name: value for name, value in term.labels if name in DOMAINS} for term in contrast.terms]
    if not fixed[0] or any(domains != fixed[0] for domains in fixed) or not set(fixed[0]) <= set(results.labels):
        return [contrast]
    pairs = results.rows[list(fixed[0])].drop_duplicates().to_dict("records")
    return [Contrast(tuple(replace(t, labels=_moved(t, pair)) for t in contrast.terms)) for pair in pairs]


def _moved(term: Term, pair: dict[Any, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, pair.get(name, value)) for name, value in term.labels)


def _test_items(contrast: Contrast, rows: Sequence[pd.DataFrame], results: Results) -> tuple[float, str]:
    """The error from the choice of test items, from the files that say which items were right."""
    if any(term.metric != "accuracy" for term in contrast.terms):
        return 0.0, "the contrast is not one of accuracies"
    if any(part.empty for part in rows):
        return 0.0, "no replicate has all cells"
    strata: dict[tuple[str, int], Any] = defaultdict(float)
    sizes: dict[Any, set[tuple[str, int]]] = defaultdict(set)
    for term, part in zip(contrast.terms, rows, strict=True):
        targets = part["target"].astype(str) if "target" in part else [""] * len(part)
        for key, replicate, target in zip(part["key"], part[REPLICATE], targets, strict=True):
            path = results.kept(key, "correct.npy")
            if not path.exists():
                return 0.0, "no file says which test items were right"
            correct = read_array(path)
            stratum = (target, len(correct))
            sizes[replicate].add(stratum)
            strata[stratum] = strata[stratum] + 100 * term.weight / len(part) * correct
    if len(set(map(frozenset, sizes.values()))) > 1:
        return 0.0, REDRAWN
    return items_se(strata.values()), ""


def bounds(estimate: Estimate, unit: str, level: float = 0.95) -> str:
    """[5.1, 10.7]: the interval of the mean."""
    low, high = (number(end, digits_in(unit)) for end in estimate.interval(level))
    return f"[{low}, {high}]"


def span(estimate: Estimate, unit: str) -> str:
    """+7.9 points [5.1, 10.7], n = 5."""
    interval = f" {bounds(estimate, unit)}" if estimate.n > 1 else ""
    return f"{signed(estimate.mean, digits_in(unit))} {unit}{interval}, n = {estimate.n}"
