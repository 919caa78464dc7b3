"""Power before the run: what the planned seeds can show of a claim, by the spread of a pilot's seeds.

The verdict's own rules, looked at from the other side: the same spread, items and test, at Holm's strictest step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mtl_bench.claims import Kind
from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import has
from mtl_bench.statistics.contrasts import Estimate, estimate
from mtl_bench.statistics.inference import ALPHA, FEWEST, OWN_SPREAD_FROM, ROUNDING, detectable
from mtl_bench.study import REPLICATE, Cell, Claim, Contrast, Study
from mtl_bench.typeset import count, digits_in, number, signed

POWER = 0.8  # of planned runs that show what is there
CONFIDENCE = 0.8  # that the true spread is below the limit that is told with it
MOST = 1000  # seeds: a study that needs more is another study


@dataclass(frozen=True)
class Spread:
    """What a pilot says of one contrast: the sd of one seed, and the error from the choice of test items."""

    sd: float
    df: int
    items_se: float
    siblings: int = 1  # contrasts that the sd is pooled over

    @property
    def limit(self) -> Spread:
        """The same with the upper limit of the sd at 80 % confidence, by the chi-square distribution of variances."""
        from scipy.special import chdtri

        return replace(self, sd=self.sd * float(np.sqrt(self.df / chdtri(self.df, CONFIDENCE))))

    def shows(self, n: int, kind: Kind, alpha: float) -> float:
        """The smallest size that n seeds show with 80 % power.

        Of a difference, the true size; of the other kinds, the bound that they show to hold where there is none.
        """
        se = float(np.sqrt(self.sd**2 / n + self.items_se**2))
        df = (n - 1) * (self.siblings if n < OWN_SPREAD_FROM else 1)
        return detectable(se, df, alpha, kind, POWER)

    def needs(self, size: float, kind: Kind, alpha: float) -> int | None:
        """The fewest seeds that show this size, None where not even 1,000 do."""
        if not self.shows(MOST, kind, alpha) <= size:
            return None
        return next(n for n in range(FEWEST, MOST + 1) if self.shows(n, kind, alpha) <= size)


@dataclass(frozen=True)
class Question:
    """Whether the planned seeds show a certain size, and how many would."""

    what: str  # "published", "smallest effect" or the bound of a claim of no difference
    size: float
    shown: bool  # by the pilot's spread
    shown_at_limit: bool  # even by its upper limit
    needed: int | None
    needed_at_limit: int | None

    def told(self, unit: str) -> str:
        """published +24.4: yes."""
        size = (signed if self.what == "published" else number)(self.size, digits_in(unit))
        if self.shown_at_limit:
            return f"{self.what} {size}: yes"
        if self.shown:
            return f"{self.what} {size}: yes, but not at the spread's limit ({_seeds(self.needed_at_limit)})"
        return f"{self.what} {size}: no ({_seeds(self.needed)}; at the spread's limit {_seeds(self.needed_at_limit)})"


def _seeds(needed: int | None) -> str:
    return f"no {MOST:,} seeds do" if needed is None else f"needs n = {needed}"


@dataclass(frozen=True)
class Power:
    """What a planned run can show of a primary claim. Plain values: a declaration keeps them."""

    claim: str
    kind: Kind
    unit: str
    n: int  # seeds that are planned
    pilot_n: int
    sd: float | None = None  # None: nothing is known, and `note` says why
    df: int | None = None
    sd_limit: float | None = None
    items_se: float | None = None
    shows: float | None = None
    shows_at_limit: float | None = None
    questions: tuple[Question, ...] = ()
    note: str = ""

    @property
    def pilot(self) -> str:
        """sd 4.2 from 3 seeds (2 degrees of freedom), at most 8.9."""
        if self.sd is None or self.df is None:
            return self.note
        sd, limit = (number(value, digits_in(self.unit)) for value in (self.sd, self.sd_limit))
        return f"sd {sd} from {count(self.pilot_n, 'seed')} ({count(self.df, 'degree')} of freedom), at most {limit}"

    @property
    def told(self) -> str:
        """8.1 points or more, 17.0 at the spread's limit."""
        if self.shows is None:
            return "not known"
        digits = digits_in(self.unit)
        size = f"{number(self.shows, digits)} {self.unit} or more"
        if self.kind != "difference":
            size = f"a bound of {number(self.shows, digits)} {self.unit}, if there is no difference"
        return f"{size}; {number(self.shows_at_limit, digits)} at the spread's limit"


def power_of(plain: Mapping[str, Any]) -> Power:
    """The power that was kept as plain values. Raises TypeError for other values' names."""
    return Power(**{**plain, "questions": tuple(Question(**one) for one in plain["questions"])})


def powers(study: Study, planned: Sequence[Cell], pilot: Frame | None) -> list[Power]:
    """What each primary claim's planned cells can show; without a pilot nothing is known."""
    primary = [claim for claim in study.claims if claim.primary]
    return [_power(claim, planned, pilot, ALPHA / len(primary)) for claim in primary]


def _power(claim: Claim, planned: Sequence[Cell], pilot: Frame | None, alpha: float) -> Power:
    n = min(_replicates(contrast, planned) for contrast in claim.contrasts)
    estimates = _measured(claim, pilot)
    power = Power(claim.text, claim.kind, claim.unit, n, min(e.n for e in estimates) if estimates else 0)
    if why := _unknown(power, estimates):
        return replace(power, note=why)
    spreads = [Spread(e.spread, e.df, e.items_se, e.siblings) for e in estimates]
    weakest = max(spreads, key=lambda spread: spread.shows(n, power.kind, alpha))  # it decides, as in the verdict
    asked = _asked(claim, spreads[0], weakest)
    failed = sum(e.failed for e in estimates)
    return replace(
        power,
        sd=weakest.sd,
        df=weakest.df,
        sd_limit=weakest.limit.sd,
        items_se=weakest.items_se,
        shows=weakest.shows(n, power.kind, alpha),
        shows_at_limit=weakest.limit.shows(n, power.kind, alpha),
        questions=tuple(_question(what, size, spread, n, power.kind, alpha) for what, size, spread in asked),
        note=f"{count(failed, 'run')} of the pilot ended near chance" if failed else "",
    )


def _measured(claim: Claim, pilot: Frame | None) -> list[Estimate]:
    """Each contrast in the pilot, on the device class with the most seeds; empty without a pilot."""
    if pilot is None or not (classes := list(pilot.by_device.values())):
        return []
    results = max(classes, key=lambda one: min(len(one.replicates(contrast)) for contrast in claim.contrasts))
    return [
        estimate(contrast, results, pilot.study.chance_at(pilot.scale), pilot.study.redraws_test)
        for contrast in claim.contrasts
    ]


def _unknown(power: Power, estimates: Sequence[Estimate]) -> str:
    """Why nothing can be said, "" where it can."""
    if power.n < FEWEST:
        return f"{count(power.n, 'seed')} planned: fewer than {FEWEST} are only shown"
    if not estimates:
        return "no pilot yet"
    if power.pilot_n < FEWEST:
        return f"{count(power.pilot_n, 'seed')} of the pilot with all cells: {FEWEST} tell a spread"
    if any(np.hypot(e.spread, e.items_se) < ROUNDING for e in estimates):
        return "all seeds of the pilot give the same contrast: there is no spread to plan with"
    return ""


def _asked(claim: Claim, first: Spread, weakest: Spread) -> list[tuple[str, float, Spread]]:
    """The sizes that matter to a claim; a published one is of the first contrast."""
    if claim.bound is not None:
        return [("bound", claim.bound, weakest)]
    published = [("published", claim.published, first)] if claim.published and claim.published > 0 else []
    smallest = claim.smallest_effect
    return [*published, *([("smallest effect", smallest, weakest)] if smallest and smallest > 0 else [])]


def _question(what: str, size: float, spread: Spread, n: int, kind: Kind, alpha: float) -> Question:
    limit = spread.limit
    return Question(
        what,
        size,
        shown=spread.shows(n, kind, alpha) <= size,
        shown_at_limit=limit.shows(n, kind, alpha) <= size,
        needed=spread.needs(size, kind, alpha),
        needed_at_limit=limit.needs(size, kind, alpha),
    )


def _replicates(contrast: Contrast, cells: Sequence[Cell]) -> int:
    """How many seeds have a cell for each term."""
    seeds = [
        {
            cell.labels[REPLICATE]
            for cell in cells
            if cell.metric == term.metric and REPLICATE in cell.labels and has(_texts(cell), dict(term.labels))
        }
        for term in contrast.terms
    ]
    return len(set.intersection(*seeds))


def _texts(cell: Cell) -> dict[str, str]:
    return {name: str(value) for name, value in cell.labels.items()}


def power_lines(found: Sequence[Power]) -> list[str]:
    """For a terminal: a line that says how, then some for each primary claim."""
    lines = [
        f"power before the run ({100 * POWER:.0f} %, at {100 * ALPHA:.0f} % over {count(len(found), 'primary claim')} "
        f"by Holm's strictest step; the spread's limit has {100 * CONFIDENCE:.0f} % confidence):"
    ]
    for one in found:
        lines.append(f"  {one.claim}")
        lines.append(f"    n = {one.n}; {one.pilot}")
        if one.shows is not None:
            lines.append(f"    shows {one.told}")
            lines += [f"    {question.told(one.unit)}" for question in one.questions]
            lines += [f"    {one.note}"] if one.note else []
    return lines
