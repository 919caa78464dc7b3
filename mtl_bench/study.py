"""Studies: which cells a paper's experiment has, what was published, what is claimed.

A study is data: `plan` names the cells at a scale, `published` the paper's own numbers, `claims` the sentences to be
judged and how. Pages, checks and verdicts are functions of a study and its results alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from mtl_bench import labels
from mtl_bench.claims import Claim, Contrast, Gate, Term, accuracy, half_of, mean_of
from mtl_bench.core.trial import Trial

# All that a study is made of comes from here.
__all__ = [
    "DOMAINS", "REPLICATE", "Cell", "Claim", "Contrast", "Gate", "Labels", "Published", "Scale", "ScaleError", "Status",
    "Study", "Term", "View", "accuracy", "half_of", "mean_of",
]  # fmt: skip

Labels = Mapping[str, str | int]
Status = Literal["checked", "secondary source", "unverified"]  # of a published number, from best to worst

REPLICATE = "seed"  # the label that tells a cell's replicates apart
FIRST_JUDGED_SEED = 200  # seeds below served to size studies, or were looked at before
PILOT_SEEDS = 3  # a pilot has the seeds 0, 1, 2
DOMAINS = ("source", "target")  # the labels that name a pair of domains


class ScaleError(ValueError):
    """The study cannot be run at this scale; the message says which it has."""


@dataclass(frozen=True)
class Scale:
    """How much: `smoke` (synthetic, seconds), `laptop` (real data, minutes to hours), `gpu` (hours), or `paper`.

    gpu scale has all of the data and asks for one graphics card; paper scale is the paper's own protocol.
    """

    name: Literal["smoke", "laptop", "gpu", "paper"]
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
    metric: str = ""  # accuracy, or of a cell with an artifact that file's name, unless it is said
    optional: bool = False  # its data may not be available: the page says so, and the run goes on
    reads: str = ""  # the trial's metric, where it has another name there: one of several splits, for example
    pooled: bool = False  # a mean over other cells, which stands in no table of theirs
    artifact: str = ""  # a file that the trial leaves and a picture needs: the cell is this file, and in no table

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", self.metric or self.artifact or "accuracy")


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


class View(Protocol):
    """A figure or a table of a page: a frozen dataclass, one file each in `mtl_bench/views/`."""

    @property
    def title(self) -> str: ...

    @property
    def reading(self) -> str:
        """A sentence that says how to read it."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it reads of the cells' trials, by name."""

    def draw(self, frame: Any, /) -> Any:
        """A figure or a table of the study's frame, None where that holds nothing for it."""


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
    # Percent that guessing reads right, where it differs by scale of each; runs below 1.5 times it count as failed.
    chance: float | Mapping[str, float] | None = None
    redraws_test: bool = False  # each replicate draws its own test items: its spread holds their uncertainty
    baseline: Labels = field(default_factory=lambda: {"method": "source only"})
    ceiling: Labels | None = field(default_factory=lambda: {"method": "train on target"})
    seeds: Mapping[str, int] = field(default_factory=lambda: {"smoke": 2, "laptop": 5, "paper": 5})
    takes: Mapping[str, str] = field(default_factory=dict)  # by scale, time, memory and disk, told until they are known
    first_seed: int = FIRST_JUDGED_SEED  # of judged runs: a later one where a block of seeds was looked at

    def __post_init__(self) -> None:
        for paper, url in self.papers.items():
            if not url.startswith("https://"):
                raise ValueError(f"{self.title}: the address of {paper} is {url}; it must start with https://")
        if self.first_seed < FIRST_JUDGED_SEED:
            raise ValueError(
                f"{self.title}: first_seed is {self.first_seed}; judged runs start at seed {FIRST_JUDGED_SEED} or later"
            )
        primary = sum(claim.primary for claim in self.claims)
        if primary > 6:
            raise ValueError(f"{self.title}: {primary} primary claims; at most six are judged together")
        texts = {claim.text for claim in self.claims}
        if unknown := [text for gate in self.gates for text in gate.claims if text not in texts]:
            raise ValueError(f"{self.title}: a gate stops “{unknown[0]}”, which is no claim's text; write the claim's")
        for fault in filter(None, (claim.fault() for claim in self.claims)):
            raise ValueError(f"{self.title}: {fault}")

    def chance_at(self, scale: str) -> float | None:
        """Percent that guessing reads right at a scale."""
        return self.chance.get(scale) if isinstance(self.chance, Mapping) else self.chance

    def scale(self, name: str, seeds: int | None = None, first: int | None = None) -> Scale:
        """A scale with its seeds, from `first_seed` on, or from 0 at smoke scale, where nothing is judged."""
        if name not in self.seeds:
            raise ScaleError(f"there is no {name} scale; it has {', '.join(self.seeds)}")
        start = first if first is not None else 0 if name == "smoke" else self.first_seed
        chosen: Any = name
        return Scale(chosen, tuple(range(start, start + (seeds or self.seeds[name]))))

    def cells(self, scale: Scale) -> list[Cell]:
        """The planned cells; raises ValueError when two have the same labels and metric, or labels can't be kept."""
        cells = list(self.plan(scale))
        seen: set[Any] = set()
        for cell in cells:
            wrong = labels.fault(cell.labels) or labels.fault_of_metric(cell.metric)
            if wrong:
                raise ValueError(f"{self.title}: the cell {dict(cell.labels)}: {wrong}")
            identity = (tuple(sorted(cell.labels.items())), cell.metric)
            if identity in seen:
                raise ValueError(
                    f"{self.title}: two cells have the labels {dict(cell.labels)} and metric {cell.metric}"
                )
            seen.add(identity)
        if both := labels.of_two_kinds(cell.labels for cell in cells):
            name, text = both
            raise ValueError(
                f'{self.title}: the label {name!r} is {text} in one cell and "{text}" in another: write one'
            )
        return cells
