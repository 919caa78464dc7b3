"""Bands: how far accuracy may move before it counts, so that at most 1 % of unbroken runs raise an alarm.

Each family of tests (falls of cells, rises of cells, spreads of cells, the mean of the study) has its own 1 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mtl_bench.results.measured import Index, Measured
from mtl_bench.statistics.inference import pooled_sd
from mtl_bench.study import DOMAINS
from mtl_bench.typeset import count, number

Kind = Literal["ok", "nondeterminism", "regressed", "rose", "unstable", "uncheckable", "study mean"]

LEVEL = 0.01  # of a false alarm, per family of tests
FEWEST_DF = 8  # degrees of freedom below which a spread is too uncertain
POWER_80 = 0.84  # the normal quantile of 80 % power


@dataclass(frozen=True)
class Finding:
    """What was found for one cell, or for the study as a whole (no labels)."""

    labels: Mapping[str, str]
    kind: Kind
    text: str
    baseline: float | None = None  # means
    fresh: float | None = None
    band: float | None = None  # the fall or rise from which a cell fails
    detectable: float | None = None  # the fall or rise that would be found with 80 % power
    p: float | None = None

    @property
    def name(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.labels.items()) or "all cells together"


def compare_cells(before: Index, after: Index, one_item: Mapping[str, float]) -> list[Finding]:
    """A finding per cell of the baseline, and one for their mean; `one_item`: the points of one test item, by key."""
    shared = [labels for labels in before if labels in after]
    found = []
    for labels, cell in before.items():
        if labels in after:
            sd, df = _spread(cell, list(before.values()))
            spread = max(sd, one_item.get(cell.keys[0], 0.0))
            found.append(_compare_cell(cell, after[labels], spread, df, len(shared)))
            found += _compare_spreads(cell, after[labels], spread, len(shared))
        else:
            why = "no fresh row (rows of another device class are not comparable)"
            found.append(Finding(cell.labels, "uncheckable", why, cell.mean))
    if shared:
        found.append(_compare_means([before[c] for c in shared], [after[c] for c in shared]))
    return found


def _spread(cell: Measured, cells: Sequence[Measured]) -> tuple[float, int]:
    """The sd of one run and its degrees of freedom.

    Pooled over the cells that differ in their domains only or, where these are too few, over all; but never below the
    cell's own, else the noisiest cells would raise most of the alarms.
    """
    siblings = [c for c in cells if _apart_from_domains(c) == _apart_from_domains(cell) and c.n > 1]
    if sum(c.n - 1 for c in siblings) < FEWEST_DF:
        siblings = [c for c in cells if c.n > 1]
    if not siblings:
        return 0.0, 0
    sd, df = pooled_sd([c.sd for c in siblings], [c.n for c in siblings])
    return max(sd, cell.sd if cell.n > 1 else 0.0), df


def _apart_from_domains(cell: Measured) -> dict[str, str]:
    return {name: value for name, value in cell.labels.items() if name not in DOMAINS}


def _compare_cell(before: Measured, after: Measured, spread: float, df: int, cells: int) -> Finding:
    """The fall and the rise of the mean against their band; `cells` share the error rate of each.

    A rise counts too: target labels that leak into training show as nothing else.
    """
    from scipy import stats

    if before.values == after.values:
        return Finding(before.labels, "ok", "equal bit for bit", before.mean, after.mean)
    means = {"baseline": before.mean, "fresh": after.mean}
    if df < FEWEST_DF:
        text = f"the baseline has too few seeds: {count(df, 'degree')} of freedom, {FEWEST_DF} are needed"
        return Finding(before.labels, "uncheckable", text, **means)
    se = spread * np.sqrt(1 / before.n + 1 / after.n)
    drop = before.mean - after.mean
    band = float(stats.t.ppf((1 - LEVEL) ** (1 / cells), df) * se)
    measures = {
        **means,
        "band": band,
        "detectable": float(band + POWER_80 * se),
        "p": float(stats.t.sf(drop / se, df)) if se else None,
    }
    if drop > band:
        text = f"{number(drop)} points below the baseline, more than {number(band)}"
        return Finding(before.labels, "regressed", text, **measures)
    if -drop > band:
        above = f"{number(-drop)} points above the baseline, more than {number(band)}"
        measures["p"] = float(stats.t.sf(-drop / se, df)) if se else None
        text = f"{above}: a leak, or news (then commit the new results)"
        return Finding(before.labels, "rose", text, **measures)
    return Finding(before.labels, "ok", f"within {number(band)} points of the baseline", **measures)


def _compare_spreads(before: Measured, after: Measured, spread: float, cells: int) -> list[Finding]:
    """An F test of the fresh spread against the cell's own or, where that is wider, the pooled one.

    A baseline whose few seeds happen to agree would else raise an alarm at every check. The degrees of freedom are the
    cell's own: with those of the pool, the noisiest cells would raise false alarms.
    """
    from scipy import stats

    if min(before.n, after.n) < 2:
        return []
    limit = float(np.sqrt(stats.f.ppf(1 - LEVEL / cells, after.n - 1, before.n - 1))) * spread
    if after.sd <= limit:
        return []
    text = f"sd {number(after.sd)} over seeds, more than {number(limit)} (baseline: {number(before.sd)})"
    return [Finding(before.labels, "unstable", text, before.mean, after.mean)]


def _compare_means(before: Sequence[Measured], after: Sequence[Measured]) -> Finding:
    """A small drop of everything: the mean over all cells, per seed, by a one-sided Welch test."""
    from scipy import stats

    old, new = _means(before), _means(after)
    means = {"baseline": float(np.mean(old)), "fresh": float(np.mean(new))} if old and new else {}
    if all(b.values == a.values for b, a in zip(before, after, strict=True)):
        return Finding({}, "ok", "equal bit for bit", **means)
    if min(len(old), len(new)) < 2:
        return Finding({}, "uncheckable", "fewer than 2 seeds have all cells", **means)
    if np.ptp(old) == np.ptp(new) == 0:  # no spread: any drop is one
        p = float(means["fresh"] >= means["baseline"])
    else:
        p = float(stats.ttest_ind(new, old, equal_var=False, alternative="less").pvalue)
    if p < LEVEL:
        drop = number(means["baseline"] - means["fresh"], 2)
        return Finding({}, "study mean", f"the mean over all cells fell by {drop} points", **means, p=p)
    return Finding({}, "ok", "no drop of the mean over all cells", **means, p=p)


def _means(cells: Sequence[Measured]) -> list[float]:
    """The mean over the cells for each seed that all of them have."""
    seeds = set(cells[0].values).intersection(*(cell.values for cell in cells))
    return [float(np.mean([cell.values[seed] for cell in cells])) for seed in sorted(seeds)]
