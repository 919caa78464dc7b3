"""Checks of unbroken code by the thousand: how often each family of tests raises an alarm, drawn directly.

It shares the limits with the check, and nothing of how these were found: here both sides and the new seeds are drawn.

    python -m tests.statistics.unbroken 4000     prints the tables of docs/verdicts.md (ten minutes on one core)
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from mtl_bench.statistics import false_alarms
from mtl_bench.statistics.bands import ALONE_DF, FEWEST_DF, FIRST_LOOK, LEVEL
from mtl_bench.statistics.false_alarms import SHAPES, UNLIKE, Pool

Array = np.ndarray[Any, Any]
FAMILIES = ("falls", "rises", "spreads", "study mean")
SIBLINGS = {1: 1, 4: 4, 12: 4, 50: 5, 200: 4}  # in a study of so many cells
CHUNK = 4_000_000  # numbers drawn at a time


@dataclass(frozen=True)
class Setting:
    """A study of cells with so many seeds, each of which has so many siblings, itself among them."""

    shape: str
    cells: int
    siblings: int
    seeds: int
    unlike: float = UNLIKE  # the sd of the logarithm of the cells' true spreads

    @property
    def pool(self) -> int:
        """How many cells the check pools the spreads of."""
        return self.siblings if self.siblings * (self.seeds - 1) >= ALONE_DF else self.cells

    def family(self) -> tuple[Pool, ...]:
        return (Pool((self.seeds,) * self.pool),) * (self.cells // self.pool)


@dataclass(frozen=True)
class Limits:
    """Of one look: its fresh runs per cell, what a fall, a spread and the study's mean must exceed."""

    fresh: int
    fall: float
    spread: float
    mean: float


def limits(setting: Setting) -> tuple[Limits, Limits]:
    """Of the first look and of the confirming one."""

    def of(fresh: int, level: float) -> Limits:
        falls, spreads = (false_alarms.of_cells(setting.family(), fresh, name) for name in ("fall", "spread"))
        means = false_alarms.of_two_samples(setting.seeds, fresh)
        return Limits(fresh, falls.limit(level), spreads.limit(level), means.limit(level))

    return of(setting.seeds, FIRST_LOOK), of(2 * setting.seeds, LEVEL)


def by_theory(setting: Setting) -> tuple[Limits, Limits]:
    """The limits for normal runs, at 1 % in both looks: what the check went by before they were simulated."""
    n, cells = setting.seeds, setting.cells

    def of(fresh: int) -> Limits:
        fall = stats.t.ppf((1 - LEVEL) ** (1 / cells), setting.pool * (n - 1))
        spread = np.sqrt(stats.f.ppf(1 - LEVEL / cells, fresh - 1, n - 1))
        return Limits(fresh, float(fall), float(spread), float(stats.t.ppf(1 - LEVEL, n + fresh - 2)))

    return of(n), of(2 * n)


def alarms(
    setting: Setting, looks: tuple[Limits, Limits], checks: int, drop: float = 0.0, seed: int = 7
) -> tuple[Array, Array]:
    """The share of checks with an alarm, per family: at the first look, and confirmed.

    The first cell falls by `drop`, and then falls are counted in it alone.
    """
    rng, n = np.random.default_rng(seed), setting.seeds
    at_once = max(1, CHUNK // (3 * n * setting.cells))
    found, done = np.zeros((2, len(FAMILIES))), 0
    while done < checks:
        size = min(at_once, checks - done)
        true = np.exp(setting.unlike * rng.standard_normal((size, setting.cells, 1)))
        true[:, :1] = 1.0 if drop else true[:, :1]
        runs = SHAPES[setting.shape](rng, (size, setting.cells, 3 * n)) * true
        before, fresh = runs[..., :n], runs[..., n:]
        fresh[:, 0] -= drop
        first, second = (_alarming(setting, look, before, fresh[..., : look.fresh], drop > 0) for look in looks)
        found[0] += [one.any(-1).sum() for one in first]
        found[1] += [(one & two).any(-1).sum() for one, two in zip(first, second, strict=True)]
        done += size
    return found[0] / checks, found[1] / checks


def _alarming(setting: Setting, look: Limits, before: Array, fresh: Array, only_first: bool) -> list[Array]:
    """Per family, which tests of which check raise an alarm."""
    n, squares = setting.seeds, before.var(-1, ddof=1)
    pooled = squares.reshape(len(squares), -1, setting.pool).mean(-1).repeat(setting.pool, axis=1)
    spread = np.sqrt(np.maximum(pooled, squares))
    fall = (before.mean(-1) - fresh.mean(-1)) / (spread * np.sqrt(1 / n + 1 / look.fresh))
    mean = false_alarms.student(before.mean(1), fresh.mean(1))[:, None] > look.mean
    grown = fresh.std(-1, ddof=1) > look.spread * spread
    tests = [fall > look.fall, -fall > look.fall, grown]
    if setting.pool * (n - 1) < FEWEST_DF:
        tests = [np.zeros_like(one) for one in tests]  # the check says "uncheckable"
    if only_first:
        tests[0] = tests[0][:, :1]
    return [*tests, mean]


def detectable(setting: Setting, looks: tuple[Limits, Limits], checks: int = 4_000) -> float:
    """The fall of one cell, in sds of one run, that four of five checks confirm."""
    low, high = 0.0, 30.0
    for _ in range(10):
        middle = (low + high) / 2
        found = alarms(setting, looks, checks, drop=middle)[1][0]
        low, high = (middle, high) if found < 0.8 else (low, middle)
    return high


def main(checks: int) -> None:
    for unlike in (UNLIKE, 0.0):
        print(f"confirmed alarms in percent, spreads unlike by {unlike}: {', '.join(FAMILIES)}")
        print("| cells | seeds | " + " | ".join(SHAPES) + " | highest at the first look |", flush=True)
        for cells, siblings in SIBLINGS.items():
            for seeds in (3, 5, 8, 10):
                told, highest = [], 0.0
                for shape in SHAPES:
                    setting = Setting(shape, cells, siblings, seeds, unlike)
                    first, confirmed = alarms(setting, limits(setting), checks)
                    told.append(", ".join(f"{100 * share:.1f}" for share in confirmed))
                    highest = max(highest, 100 * float(first.max()))
                print(f"| {cells} | {seeds} | {' | '.join(told)} | {highest:.1f} |", flush=True)
    print("12 cells, 5 seeds, by theory for normal runs, and simulated: first look, confirmed, detectable fall")
    for unlike in (0.0, UNLIKE):
        for siblings in (4, 12):
            for shape in SHAPES:
                setting = Setting(shape, 12, siblings, 5, unlike)
                for name, looks in (("theory", by_theory(setting)), ("simulated", limits(setting))):
                    first, confirmed = (np.round(100 * one, 2) for one in alarms(setting, looks, checks))
                    print(
                        unlike, siblings, shape, name, first, confirmed, f"{detectable(setting, looks):.2f}", flush=True
                    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
