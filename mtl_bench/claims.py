"""Claims: contrasts of cells, the sentences that they decide, and what must be true before they decide anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["difference", "equivalence", "non-inferiority"]  # of a claim


@dataclass(frozen=True)
class Term:
    """`weight` times the mean over the cells with these labels, in each replicate."""

    weight: float
    metric: str
    labels: tuple[tuple[str, str | int], ...]


@dataclass(frozen=True)
class Contrast:
    """A linear combination of cells, evaluated once per replicate: positive means that the claim holds.

    Written as arithmetic: `accuracy(method="DANN") - accuracy(method="source only")`.
    """

    terms: tuple[Term, ...]

    def __add__(self, other: Contrast) -> Contrast:
        return Contrast(self.terms + other.terms)

    def __sub__(self, other: Contrast) -> Contrast:
        return self + (-1.0) * other

    def __rmul__(self, factor: float) -> Contrast:
        return Contrast(tuple(Term(factor * t.weight, t.metric, t.labels) for t in self.terms))

    @property
    def is_margin(self) -> bool:
        """Whether it is a difference: its weights sum to zero, so that what all cells of a replicate share cancels."""
        return abs(sum(term.weight for term in self.terms)) < 1e-9


def mean_of(metric: str, **labels: str | int) -> Contrast:
    """The mean of `metric` over the cells with these labels, per replicate."""
    return Contrast((Term(1.0, metric, tuple(sorted(labels.items()))),))


def accuracy(**labels: str | int) -> Contrast:
    """The mean accuracy, in percent, over the cells with these labels, per replicate."""
    return mean_of("accuracy", **labels)


def half_of(published: float) -> float:
    """The usual smallest effect that counts: half of the published one."""
    return published / 2


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper and the contrasts that decide it, stated before the judged run.

    Several contrasts: the claim holds if each does ("in every", "A > B > C"). The claim is that the contrast is above
    zero or, with `within`, that it is zero up to ± `within` (equivalence), or, with `at_most_worse`, that it is above
    -`at_most_worse` (non-inferiority: "not more than so much worse"). Raises ValueError for bounds that make no sense.

    `varies` names the fields of trials in which the two sides of a contrast may differ; statistics/like_for_like.py
    says how they are named and holds the cells to it.
    """

    text: str
    contrasts: tuple[Contrast, ...]
    source: str  # the paper and its table
    published: float | None = None  # the published size of the first contrast, in `unit`
    within: float | None = None
    at_most_worse: float | None = None
    smallest_effect: float | None = None  # a smaller one is absent
    primary: bool = True  # judged with Holm's correction; otherwise the interval is only shown
    unit: str = "points"
    varies: tuple[str, ...] = ("method",)

    def __post_init__(self) -> None:
        bounds = {name: getattr(self, name) for name in ("within", "at_most_worse", "smallest_effect")}
        given = {name: value for name, value in bounds.items() if value is not None}
        for name, value in given.items():
            if not value > 0:
                raise ValueError(f"“{self.text}”: {name} is {value:g}; it must be above 0, in {self.unit}")
        if len(given) > 1:
            raise ValueError(f"“{self.text}” has {' and '.join(given)}, which are different claims; give one of them")

    @property
    def kind(self) -> Kind:
        if self.within is not None:
            return "equivalence"
        return "difference" if self.at_most_worse is None else "non-inferiority"

    @property
    def bound(self) -> float | None:
        """The difference that counts as none, of an equivalence or a non-inferiority."""
        return self.within if self.at_most_worse is None else self.at_most_worse

    def fault(self) -> str:
        """What is missing before it can be judged, as a sentence; "" if nothing.

        Without a smallest effect that counts, no run could ever show that a published effect is not there.
        """
        size, smallest = self.published, self.smallest_effect
        if not self.primary or size is None or size <= 0 or self.bound is not None:
            return ""
        if smallest is None:
            return f"“{self.text}” has a published size and no smallest_effect; give half_of(its published size), say"
        if smallest > size:
            return f"“{self.text}”: smallest_effect {smallest:g} is above the published {size:g}; give at most that"
        return ""


@dataclass(frozen=True)
class Gate:
    """What must be true of a run for its claims to mean anything.

    The mean of the contrast over replicates is `at_least` so much or, where `within_sd_of` is given, at most one
    standard deviation of that margin over replicates from zero. With `every`, each single cell that the contrast names
    must reach `at_least` in each replicate; weights do not count there. It stops all claims of the study or, where
    `claims` names some, these alone. Raises ValueError for other combinations.
    """

    text: str
    contrast: Contrast
    at_least: float = 0.0
    within_sd_of: Contrast | None = None
    every: bool = False
    claims: tuple[str, ...] = ()  # their texts

    def __post_init__(self) -> None:
        if self.within_sd_of is not None and not self.within_sd_of.is_margin:
            # Cells of a replicate share its data: a cell spreads wider over replicates than any difference of cells.
            raise ValueError(
                f"the gate “{self.text}” is a bound in spreads of something that is no difference of cells; "
                "give the margin of a claim, such as accuracy(…) - accuracy(…)"
            )
        if self.every and self.within_sd_of is not None:
            raise ValueError(f"the gate “{self.text}” is on every run, which has no spread; give at_least")
        if self.every and any(term.weight <= 0 for term in self.contrast.terms):
            raise ValueError(f"the gate “{self.text}” is on every run: add cells, and subtract none")

    def stops(self, claim: Claim) -> bool:
        return not self.claims or claim.text in self.claims
