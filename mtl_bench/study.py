"""Studies: which cells a paper's experiment has, what was published, what is claimed.

A study is data: `plan` names the cells at a scale, `published` the paper's own numbers, `claims` the sentences to be
judged and how. Pages, checks and verdicts are functions of a study and its results alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mtl_bench.core.trial import Trial

Labels = Mapping[str, str | int]
Status = Literal["checked", "secondary source", "unverified"]  # of a published number, from best to worst

REPLICATE = "seed"  # the label that tells a cell's replicates apart
DOMAINS = ("source", "target")  # the labels that name a pair of domains


class ScaleError(ValueError):
    """The study cannot be run at this scale; the message says which it has."""


@dataclass(frozen=True)
class Scale:
    """How much: `smoke` (synthetic, seconds), `laptop` (real data, minutes), `paper` (the paper's protocol)."""

    name: Literal["smoke", "laptop", "paper"]
    seeds: tuple[int, ...]

    def pick(self, **by_scale: Any) -> Any:
        """The value for this scale: `scale.pick(smoke=20, laptop=1500)`."""
        if self.name not in by_scale:
            raise ScaleError(f"there is no {self.name} scale; it has {', '.join(by_scale)}")
        return by_scale[self.name]


@dataclass(frozen=True)
class Cell:
    """A wanted number: labels that tell it from all others, the trial that computes it, one of its metrics."""

    labels: Labels
    trial: Trial
    metric: str = "accuracy"
    optional: bool = False  # its data may not be at hand: the page says so, and the run goes on
    reads: str = ""  # the trial's metric, where it has another name there: one of several splits, for example


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


def mean_of(metric: str, **labels: str | int) -> Contrast:
    """The mean of `metric` over the cells with these labels, per replicate."""
    return Contrast((Term(1.0, metric, tuple(sorted(labels.items()))),))


def accuracy(**labels: str | int) -> Contrast:
    """The mean accuracy, in percent, over the cells with these labels, per replicate."""
    return mean_of("accuracy", **labels)


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper and the contrasts that decide it, stated before the judged run.

    Several contrasts: the claim holds if each does ("in every", "A > B > C"). With `within`, the claim is that the
    contrast is zero up to ± `within` (an equivalence).
    """

    text: str
    contrasts: tuple[Contrast, ...]
    source: str  # the paper and its table
    published: float | None = None  # the published size of the first contrast, in `unit`
    within: float | None = None
    smallest_effect: float | None = None  # an interval wholly below it contradicts the claim
    primary: bool = True  # judged with Holm's correction; otherwise the interval is only shown
    unit: str = "points"


@dataclass(frozen=True)
class Gate:
    """What must be true of a run for its claims to mean anything: a bound on the mean contrast.

    It is `at_least` so much, or, where `within_sd_of` is given, at most one standard deviation of that from zero.
    """

    text: str
    contrast: Contrast
    at_least: float = 0.0
    within_sd_of: Contrast | None = None  # whose standard deviation over replicates


@dataclass(frozen=True)
class Published:
    """A number of a paper, in the paper's layout, and the cells that it is the counterpart of."""

    value: float  # percent for accuracies
    labels: Labels
    source: str  # "Table 2"
    paper: str  # "Ganin et al., JMLR 2016"
    status: Status = "checked"  # read in the paper, or in its authors' logs or repository; otherwise shown as such
    seen_in: str = ""  # where it was read
    context: str = ""  # why it is shown but not compared, for example "the data differ"
    metric: str = "accuracy"
    sd: float | None = None
    n: int | None = None

    @property
    def mark(self) -> str:
        """What is printed beside a number that was not read in the paper itself; "" for one that was."""
        return {"checked": "", "secondary source": f"secondary source: {self.seen_in}"}.get(self.status, self.status)


@dataclass(frozen=True)
class Bars:
    """Bars with the spread over replicates and the published value marked, grouped by whatever other label varies."""

    title: str
    bars: str = "method"  # the label along the axis
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Curves:
    """Curves over training with a band over replicates, from the file that each cell's trial kept."""

    title: str
    y: str  # a column of the kept file
    x: str = "step"
    lines: str = "method"  # the label that tells the lines apart
    file: str = "curve.csv"
    where: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Grid:
    """A table: mean ± sd over n beside the published value, one row per `rows`, one column per `columns`."""

    title: str
    rows: str = "method"
    columns: str = "target"
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Points:
    """Points in the plane from the file that each cell's trial kept, a panel per cell; of several seeds the first."""

    title: str
    panels: str = "method"  # the label that tells the panels apart
    colour: str = "domain"  # a column of the kept file, beside x and y
    file: str = "embedding.csv"
    metric: str = "divergence"  # of the cells that keep the file; a number about the picture, in no table
    where: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Ranking:
    """A table that ranks the values of a label by what they lose against one of them, with the loss per column."""

    title: str
    rank: str = "selection"
    against: str = "oracle"
    columns: str = "method"
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Sweep:
    """Lines over a label whose values are numbers, such as a dimension; each point is the mean over all other labels.

    The axis is logarithmic where the values span more than a decade.
    """

    title: str
    x: str = "dimension"  # the label along the axis
    lines: str = "method"  # the label that tells the lines apart
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """A line of `Layers`: cells with the labels `of`, less those that differ from them by `against` alone, if given.

    A cell's accuracy minus its base's: `Line("BnB − base", {"network": "BnB"}, {"network": "base", "layer": 0})`.
    """

    name: str
    of: Labels
    against: Labels | None = None


@dataclass(frozen=True)
class Layers:
    """Lines over a layer with every run as a point, the mean and its spread over replicates, beside the paper's lines.

    A line without `against` whose cells stand at one place before all others is a reference, and crosses the panel.
    """

    title: str
    lines: tuple[Line, ...]
    x: str = "layer"  # the label along the axis, a number
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)
    x_title: str = ""  # of the axis; otherwise the label's name

    def __post_init__(self) -> None:
        if len({line.against is None for line in self.lines}) > 1:
            raise ValueError(f"the view “{self.title}” mixes values and differences; give all lines `against`, or none")


@dataclass(frozen=True)
class Filters:
    """Filters of the first layer, a panel per cell, from the file that its trial kept; the first eight of the plan.

    The file holds float32 (filters, 1 or 3 channels, height, width).
    """

    title: str
    where: Labels = field(default_factory=dict)
    panels: str = "seed"  # the label that a panel's title ends with; unless it is the seed, of several seeds the first
    file: str = "filters.npy"
    metric: str = "filters"  # of the cells that keep the file; a number about the picture, in no table


View = Bars | Curves | Grid | Ranking | Points | Sweep | Layers | Filters


@dataclass(frozen=True)
class Study:
    """A paper's experiment."""

    title: str
    question: str  # what a reader learns from it, in one or two sentences
    paper: str  # the full citation
    plan: Callable[[Scale], Iterable[Cell]]
    published: tuple[Published, ...] = ()
    claims: tuple[Claim, ...] = ()
    gates: tuple[Gate, ...] = ()
    views: tuple[View, ...] = ()
    deviations: tuple[str, ...] = ()  # what is not matched to the paper
    papers: Mapping[str, str] = field(default_factory=dict)  # where each cited paper can be read, by its short name
    chance: float | None = None  # percent that guessing reads right; runs below 1.5 times it count as failed
    redraws_test: bool = False  # each replicate draws its own test items: its spread holds their uncertainty
    baseline: Labels = field(default_factory=lambda: {"method": "source only"})
    ceiling: Labels | None = field(default_factory=lambda: {"method": "train on target"})
    seeds: Mapping[str, int] = field(default_factory=lambda: {"smoke": 2, "laptop": 5, "paper": 5})

    def __post_init__(self) -> None:
        for paper, url in self.papers.items():
            if not url.startswith("https://"):
                raise ValueError(f"{self.title}: the address of {paper} is {url}; it must start with https://")
        primary = sum(claim.primary for claim in self.claims)
        if primary > 6:
            raise ValueError(f"{self.title}: {primary} primary claims; at most six are judged together")

    def scale(self, name: str, seeds: int | None = None, first: int | None = None) -> Scale:
        """A scale with its seeds: judged runs start at seed 100, sizing used the seeds below."""
        if name not in self.seeds:
            raise ScaleError(f"there is no {name} scale; it has {', '.join(self.seeds)}")
        start = first if first is not None else 0 if name == "smoke" else 100
        chosen: Any = name
        return Scale(chosen, tuple(range(start, start + (seeds or self.seeds[name]))))

    def cells(self, scale: Scale) -> list[Cell]:
        """The planned cells; raises ValueError when two have the same labels and metric."""
        cells = list(self.plan(scale))
        seen: set[Any] = set()
        for cell in cells:
            identity = (tuple(sorted(cell.labels.items())), cell.metric)
            if identity in seen:
                raise ValueError(
                    f"{self.title}: two cells have the labels {dict(cell.labels)} and metric {cell.metric}"
                )
            seen.add(identity)
        return cells
