"""How often unbroken code raises an alarm, by how far a statistic must go for one: simulated, no formula holds.

Runs of a trained network are not normal: some fail to converge, and a t-test of 5 against 5 seeds then raises several
times the false alarms that it states, while no rank test can reach 1 % with so few. So the rate is computed for the
worst of four shapes of runs: normal, heavy tails, a tail of bad runs, a tail of good ones; and for cells that are
unlike in their spread, as measured ones are.

Given the baseline, fresh cells are independent, and the chance of each to pass its band follows from the distribution
of a mean or a spread of n runs. So only baselines are drawn, and rates of 1 in 10,000 per cell need few of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
Statistic = Literal["fall", "spread"]  # a rise is the fall of a mirrored study: the shapes are those of both


def _t4(rng: np.random.Generator, size: tuple[int, ...]) -> Array:
    """Student's t with 4 degrees of freedom, three times as fast as NumPy's."""
    return rng.standard_normal(size) / np.sqrt(rng.standard_exponential(size) + rng.standard_exponential(size))


SHAPES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Array]] = {  # of runs: mean 0, variance 1
    "normal": lambda rng, size: rng.standard_normal(size),
    "t4": _t4,
    "bad tail": lambda rng, size: 1 - rng.standard_exponential(size),
    "good tail": lambda rng, size: rng.standard_exponential(size) - 1,
}
WORST: dict[Statistic, tuple[str, ...]] = {  # normal runs never give the highest rate, and a spread has no side
    "fall": ("t4", "bad tail", "good tail"),
    "spread": ("t4", "bad tail"),
}
UNLIKE = 0.4  # the sd of the logarithm of sibling cells' true spreads: 0.3 to 0.5 in the 22 pools of Office-Caltech
GRID = np.geomspace(0.8, 40, 24)  # where rates are computed; between these, logarithms are interpolated
BASELINES = 16_000  # cells in drawn baselines, per kind of pool
RUNS = 2_000_000  # drawn for the distribution of what n fresh runs give
FEWEST_BASELINES = 200  # of a pool of many cells
TAIL = 1_000  # draws at the end of a distribution that are all kept; of the others every 50th


@dataclass(frozen=True)
class Pool:
    """Cells whose spreads are taken together: the seeds of each that is judged, and of each that only lends its own."""

    judged: tuple[int, ...]
    lending: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Rates:
    """The share of checks of unbroken code in which the largest statistic of a family exceeds each point of a grid."""

    grid: Array
    shares: Array

    def limit(self, level: float) -> float:
        """What the largest statistic exceeds in this share of checks."""
        return float(np.exp(np.interp(-np.log(level), -np.log(self.shares), np.log(self.grid))))

    def p(self, statistic: float) -> float:
        """The share of checks in which some cell goes as far: at most 1, at least what the grid's end has."""
        place = np.log(max(statistic, self.grid[0]))
        return float(np.exp(np.interp(place, np.log(self.grid), np.log(self.shares))))


@cache
def of_cells(pools: tuple[Pool, ...], fresh: int, statistic: Statistic) -> Rates:
    """The rates of a family that has a test per judged cell, each with so many fresh runs.

    "fall": (baseline's mean - fresh mean) / (spread √(1/n + 1/fresh)). "spread": fresh sd / spread. The spread is the
    pool's or, where that is wider, the cell's own.
    """
    worst = np.zeros(len(GRID))
    for shape in WORST[statistic]:
        silent = np.ones(len(GRID))
        for pool, times in Counter(pools).items():
            silent *= _silent(pool, fresh, shape, statistic) ** times
        worst = np.maximum(worst, 1 - silent)
    return _rates(worst)


@cache
def of_two_samples(before: int, fresh: int) -> Rates:
    """The rates of Student's t between two samples, one-sided: for the mean over all cells, seed by seed."""
    rng, worst = np.random.default_rng(0), np.zeros(len(GRID))
    for draw in SHAPES.values():
        old, new = (draw(rng, (5 * BASELINES, n)) for n in (before, fresh))
        t = np.sort(student(old, new))
        worst = np.maximum(worst, 1 - np.searchsorted(t, GRID) / len(t))
    return _rates(worst)


def student(before: Array, fresh: Array) -> Array:
    """Student's t of samples along the last axis, positive when the fresh mean is lower; not finite without spread."""
    n, m = before.shape[-1], fresh.shape[-1]
    squares = (n - 1) * before.var(-1, ddof=1) + (m - 1) * fresh.var(-1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t: Array = (before.mean(-1) - fresh.mean(-1)) / np.sqrt(squares / (n + m - 2) * (1 / n + 1 / m))
    return t


@cache
def detectable(before: int, looks: tuple[tuple[int, float], ...]) -> float:
    """The fall, in spreads, that all looks find in four of five checks; a look: its fresh runs in all and its limit."""
    rng = np.random.default_rng(0)
    old, seen, sums, needed = rng.standard_normal(BASELINES) / np.sqrt(before), 0, np.zeros(BASELINES), []
    for fresh, limit in looks:
        sums += np.sqrt(fresh - seen) * rng.standard_normal(BASELINES)
        needed.append(limit * np.sqrt(1 / before + 1 / fresh) + sums / fresh - old)
        seen = fresh
    return float(np.quantile(np.max(needed, axis=0), 0.8))


def _rates(shares: Array) -> Rates:
    """Falling, and nowhere zero, so that logarithms and inverses exist."""
    falling = np.minimum.accumulate(shares)
    known = int(np.sum(falling > 1e-6))
    steps = 1 - 1e-9 * np.arange(known)  # equal shares would have no inverse
    return Rates(GRID[:known], falling[:known] * steps)


def _silent(pool: Pool, fresh: int, shape: str, statistic: Statistic) -> Array:
    """How often no cell of a pool raises an alarm, for each limit of the grid."""
    counts = np.array([*pool.judged, *pool.lending])
    rng = np.random.default_rng(1)
    draws = max(FEWEST_BASELINES, BASELINES // len(counts))
    true = np.exp(UNLIKE * rng.standard_normal((draws, len(counts))))
    runs = SHAPES[shape](rng, (draws, len(counts), int(counts.max()))) * true[..., None]
    real = np.arange(counts.max()) < counts[:, None]
    means = (runs * real).sum(-1) / counts
    squares = (np.square(runs - means[..., None]) * real).sum(-1)
    pooled = squares.sum(1, keepdims=True) / (counts - 1).sum()
    judged = slice(0, len(pool.judged))
    own = squares[:, judged] / np.maximum(counts[judged] - 1, 1)
    spreads = np.sqrt(np.maximum(pooled, own))
    points, shares = _fresh(shape, fresh, statistic)
    widths, ends = spreads / true[:, judged], np.zeros(spreads.shape)
    if statistic == "fall":
        widths, ends = widths * np.sqrt(1 / counts[judged] + 1 / fresh), -means[:, judged] / true[:, judged]
    silent = [np.prod(1 - np.interp(limit * widths + ends, points, shares), axis=1).mean() for limit in GRID]
    return np.array(silent)


@cache
def _fresh(shape: str, n: int, statistic: Statistic) -> tuple[Array, Array]:
    """The distribution of minus the mean, or of the sd, of n runs: points, and the share that lies above each."""
    runs = SHAPES[shape](np.random.default_rng(2), (RUNS // n, n))
    values = np.sort(-runs.mean(1) if statistic == "fall" else runs.std(1, ddof=1))
    places = np.unique([*range(0, len(values), 50), *range(max(len(values) - TAIL, 0), len(values))])
    return values[places], 1 - (places + 1) / len(values)
