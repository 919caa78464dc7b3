"""Bands: how far accuracy may move before it counts, so that at most 1 % of checks of unbroken code end in an alarm.

Each family of tests (falls of cells, rises of cells, spreads of cells, the mean of the study) has its own 1 %. A first
look lets 5 % through; what it finds gets as many new seeds, and all seeds together must pass the limit of 1 %.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mtl_bench.results.measured import Index, Measured
from mtl_bench.statistics import false_alarms
from mtl_bench.statistics.false_alarms import Pool
from mtl_bench.statistics.inference import pooled_sd
from mtl_bench.study import DOMAINS
from mtl_bench.typeset import count, number

Kind = Literal["ok", "nondeterminism", "regressed", "rose", "unstable", "uncheckable", "study mean"]

LEVEL = 0.01  # of a false alarm, per family of tests
FIRST_LOOK = 0.05  # of the same before new seeds confirm it: these cost time, a fall that is overlooked costs more
FEWEST_DF = 8  # degrees of freedom below which a spread is too uncertain
ALONE_DF = 16  # from which siblings are pooled alone: with half as many, limits would be twice as wide
POWER_80 = 0.84  # the normal quantile of 80 % power

Labels = frozenset[tuple[str, str]]
Members = tuple[Measured, ...]


@dataclass(frozen=True)
class Finding:
    """What was found for one cell, or for the study as a whole (no labels)."""

    labels: Mapping[str, str]
    kind: Kind
    text: str
    baseline: float | None = None  # means
    fresh: float | None = None
    band: float | None = None  # the fall or rise from which a cell fails
    detectable: float | None = None  # the fall, or rise, that both looks find in four of five checks
    p: float | None = None  # the share of checks of unbroken code in which any cell goes as far

    @property
    def name(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.labels.items()) or "all cells together"


@dataclass(frozen=True)
class Leeway:
    """What a cell is allowed whatever its seeds say, in points."""

    spread: float = 0.0  # of one run, at least: one test item
    move: float = 0.0  # of the mean, at least: what rounding in another environment may do
    exact: bool = False  # nothing is drawn or trained: `move` is all that it may do


def compare_cells(
    before: Index, after: Index, leeway: Mapping[str, Leeway] | None = None, level: float = FIRST_LOOK
) -> list[Finding]:
    """A finding per cell of the baseline, and one for the mean of those that both have; `leeway`: by key.

    Cells that are equal bit for bit can raise no alarm, so the others alone share the error rate.
    """
    leeway = leeway or {}
    allowed = {labels: leeway.get(cell.keys[0], Leeway()) for labels, cell in before.items()}
    shared = [labels for labels in before if labels in after and not allowed[labels].exact]
    pools = _pools(before)
    family = _family([before[labels] for labels in shared if not _equal(before[labels], after[labels])], pools)
    found = []
    for labels, cell in before.items():
        if labels in after:
            found += _compare_cell(cell, after[labels], pools[labels], family, allowed[labels], level)
        else:
            why = "no fresh row: the cell failed, left the plan, or is of another device class"
            found.append(Finding(cell.labels, "uncheckable", why, cell.mean))
    if shared:
        found.append(_compare_means([before[c] for c in shared], [after[c] for c in shared], level))
    return found


def _pools(cells: Index) -> dict[Labels, Members]:
    """For each cell, the cells whose spreads are pooled to know its own.

    Those that differ in their domains only or, where these are too few, all.
    """
    siblings: dict[Labels, list[Measured]] = defaultdict(list)
    for labels, cell in cells.items():
        if cell.n > 1:
            siblings[_apart_from_domains(labels)].append(cell)
    every = tuple(cell for cell in cells.values() if cell.n > 1)
    enough = {name: tuple(some) for name, some in siblings.items() if _df(some) >= ALONE_DF}
    return {labels: enough.get(_apart_from_domains(labels), every) for labels in cells}


def _equal(before: Measured, after: Measured) -> bool:
    """Whether every run of the baseline came out equal bit for bit; new seeds beside these say nothing more."""
    return before.values.items() <= after.values.items()


def _apart_from_domains(labels: Labels) -> Labels:
    return frozenset((name, value) for name, value in labels if name not in DOMAINS)


def _df(cells: Sequence[Measured]) -> int:
    return sum(cell.n - 1 for cell in cells)


def _family(judged: Sequence[Measured], pools: Mapping[Labels, Members]) -> tuple[Pool, ...]:
    """The pools of all cells that are judged, as the counts of seeds that false alarms depend on."""
    by_pool: dict[int, list[Measured]] = defaultdict(list)
    for cell in judged:
        by_pool[id(pools[frozenset(cell.labels.items())])].append(cell)
    found = []
    for cells in by_pool.values():
        pool, own = pools[frozenset(cells[0].labels.items())], {id(cell) for cell in cells}
        if _df(pool) >= FEWEST_DF:
            lending = sorted(cell.n for cell in pool if id(cell) not in own)
            found.append(Pool(tuple(sorted(cell.n for cell in cells)), tuple(lending)))
    return tuple(sorted(found, key=str))


def _compare_cell(
    before: Measured, after: Measured, pool: Members, family: tuple[Pool, ...], leeway: Leeway, level: float
) -> list[Finding]:
    """The fall and the rise of the mean against their band, and the fresh spread against its limit.

    A rise counts too: target labels that leak into training show as nothing else.
    """
    means = {"baseline": before.mean, "fresh": after.mean}
    if _equal(before, after):
        return [Finding(before.labels, "ok", "equal bit for bit", **means)]
    if leeway.exact:
        return [_moved(Finding(before.labels, "ok", "", **means, band=leeway.move, detectable=leeway.move))]
    df = _df(pool)
    if df < FEWEST_DF:
        text = f"the baseline has too few seeds: {count(df, 'degree')} of freedom, {FEWEST_DF} are needed"
        return [Finding(before.labels, "uncheckable", text, **means)]
    # Never below the cell's own, else the noisiest cells would raise most of the alarms.
    pooled = pooled_sd([cell.sd for cell in pool], [cell.n for cell in pool])[0]
    spread = max(pooled, before.sd if before.n > 1 else 0.0, leeway.spread)
    return [
        _compare_mean(before, after, spread, family, leeway.move, level),
        *_compare_spread(before, after, spread, family, level),
    ]


def _compare_mean(
    before: Measured, after: Measured, spread: float, family: tuple[Pool, ...], least: float, level: float
) -> Finding:
    rates = false_alarms.of_cells(family, after.n, "fall")
    se = spread * np.sqrt(1 / before.n + 1 / after.n)
    fall = before.mean - after.mean
    band = max(rates.limit(level) * se, least)
    seen = None
    if level == FIRST_LOOK:
        seen = max(_seen(family, before.n, after.n) * spread, least and least + POWER_80 * se)
    p = rates.p(abs(fall) / se) if se else None
    finding = Finding(before.labels, "ok", "", before.mean, after.mean, float(band), seen, p)
    return _moved(finding)


def _moved(finding: Finding) -> Finding:
    """The finding with its kind and text, by its means and its band."""
    fall = (finding.baseline or 0.0) - (finding.fresh or 0.0)
    band = finding.band or 0.0
    if fall > band:
        text = f"{number(fall)} points below the baseline, more than {number(band)}"
        return replace(finding, kind="regressed", text=text)
    if -fall > band:
        above = f"{number(-fall)} points above the baseline, more than {number(band)}"
        return replace(finding, kind="rose", text=f"{above}: a leak, or news (then commit the new results)")
    return replace(finding, text=f"within {number(band)} points of the baseline")


def _seen(family: tuple[Pool, ...], before: int, fresh: int) -> float:
    """The fall, in spreads, that both looks find in four of five checks; the second has twice as many fresh runs."""
    levels = ((fresh, FIRST_LOOK), (2 * fresh, LEVEL))
    looks = tuple((n, false_alarms.of_cells(family, n, "fall").limit(level)) for n, level in levels)
    return false_alarms.detectable(before, looks)


def _compare_spread(
    before: Measured, after: Measured, spread: float, family: tuple[Pool, ...], level: float
) -> list[Finding]:
    """The fresh spread against the baseline's: the cell's own or, where that is wider, the pooled one.

    A baseline whose few seeds happen to agree would else raise an alarm at every check.
    """
    if min(before.n, after.n) < 2:
        return []
    rates = false_alarms.of_cells(family, after.n, "spread")
    limit = rates.limit(level) * spread
    if after.sd <= limit:
        return []
    text = f"sd {number(after.sd)} over seeds, more than {number(limit)} (baseline: {number(before.sd)})"
    p = rates.p(after.sd / spread) if spread else None
    return [Finding(before.labels, "unstable", text, before.mean, after.mean, p=p)]


def _compare_means(before: Sequence[Measured], after: Sequence[Measured], level: float) -> Finding:
    """A small fall of everything: the mean over all cells, per seed, by Student's t with a limit of its own."""
    old, new = np.array(_means(before)), np.array(_means(after))
    means = {"baseline": float(np.mean(old)), "fresh": float(np.mean(new))} if len(old) and len(new) else {}
    if all(_equal(b, a) for b, a in zip(before, after, strict=True)):
        return Finding({}, "ok", "equal bit for bit", **means)
    if min(len(old), len(new)) < 2:
        return Finding({}, "uncheckable", "fewer than 2 seeds have all cells", **means)
    rates, fall = false_alarms.of_two_samples(len(old), len(new)), means["baseline"] - means["fresh"]
    t = float(false_alarms.student(old, new))
    if np.ptp(old) == np.ptp(new) == 0:  # no spread: any fall is one
        t = np.inf if fall > 0 else 0.0
    p = rates.p(t)
    if t > rates.limit(level):
        return Finding({}, "study mean", f"the mean over all cells fell by {number(fall, 2)} points", **means, p=p)
    return Finding({}, "ok", "no drop of the mean over all cells", **means, p=p)


def _means(cells: Sequence[Measured]) -> list[float]:
    """The mean over the cells for each seed that all of them have."""
    seeds = set(cells[0].values).intersection(*(cell.values for cell in cells))
    return [float(np.mean([cell.values[seed] for cell in cells])) for seed in sorted(seeds)]
