"""Lines over a layer: every run as a point, the mean over replicates with its spread, beside the paper's lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import FEW, Measured, number_along
from mtl_bench.study import Labels
from mtl_bench.views import primitives
from mtl_bench.views.panels_of_lines import PanelsOfLines, step_of
from mtl_bench.views.printed_lines import cited, printed_lines
from mtl_bench.views.style import COLOURS, PERCENT, PUBLISHED_DASHES, places_of, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDEWAYS, ASIDE = 0.13, 0.9  # of the distance between neighbouring places: from one line's points to the next's, all
TICKS = 20  # a tick at every whole number where there are no more
DOTTED = (0, (1, 2))


@dataclass(frozen=True)
class Line:
    """A line of `Layers`: cells with the labels `of`, less those that differ from them by `against` alone, if given.

    A cell's accuracy minus its base's: `Line("BnB − base", {"network": "BnB"}, {"network": "base", "layer": 0})`.
    `meaning` is what a reader who does not know the name is told.
    """

    name: str
    of: Labels
    against: Labels | None = None
    meaning: str = ""


@dataclass(frozen=True)
class Measurements:
    """What the cells of a line read, or by how much they differ from their partners."""

    cells: tuple[Measured, ...]
    runs: pd.DataFrame  # x, replicate, value

    def summary(self) -> pd.DataFrame:
        """By place: the mean, sd and number of replicates, of which each is the mean over its cells.

        A replicate that lacks cells which others have is left out: its mean would be over others than theirs. Of few
        there is no sd.
        """
        replicates = self.runs.groupby(["x", "replicate"])["value"].agg(["mean", "count"])
        whole = replicates[replicates["count"] == replicates["count"].max()]
        summary: pd.DataFrame = whole.groupby("x")["mean"].agg(["mean", "std", "count"])
        summary.loc[summary["count"] < FEW, "std"] = np.nan
        return summary


@dataclass(frozen=True)
class Layers:
    """Lines over a layer with every run as a point, the mean and its spread over replicates, beside the paper's lines.

    A line without `against` whose cells stand at one place before all others is a reference, and crosses the panels.
    More than two lines beside it have a panel each.
    """

    reading: ClassVar[str] = (
        "Small points are single runs, lines their means, bands one standard deviation over replicates, whose targets "
        "are averaged first; a difference is taken within a replicate and a target. Marks of fewer than three "
        "replicates are hollow and have no band. Marks with a black edge on fine dashes are published values, in "
        "panels of their own where they are context only; these span as many points as those of what was measured."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    lines: tuple[Line, ...]
    x: str = "layer"  # the label along the axis, a number
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)
    x_title: str = ""  # of the axis; otherwise the label's name

    def __post_init__(self) -> None:
        if len({line.against is None for line in self.lines}) > 1:
            raise ValueError(f"the view “{self.title}” mixes values and differences; give all lines `against`, or none")

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold nothing for it."""
        found = [self._measurements(line, frame) for line in self.lines]
        if all(part.runs.empty for part in found):
            return None
        lines = {i: (line.against, part.cells) for i, (line, part) in enumerate(zip(self.lines, found, strict=True))}
        references, papers = self._references(found), printed_lines(lines, frame.study.published, self.x, self.metric)
        beside = bool(papers) and all(paper.context for paper in papers.values())
        shown = [i for i, part in enumerate(found) if not part.runs.empty or i in papers]
        panels = PanelsOfLines.made(shown, references, beside, self._titles())
        places = sorted(
            {x for part in found for x in part.runs["x"]} | {x for paper in papers.values() for x in paper.values.index}
        )
        marks = self._marks()
        handles: dict[int, Any] = {}
        few = False
        for i in shown:
            for axes in panels.measured(i) if not found[i].runs.empty else ():
                summary, (line, of) = found[i].summary(), panels.place(i)
                _sideways_points(axes, found[i].runs, _sideways(line, of) * step_of(places), marks[i])
                handles[i] = _line(axes, summary, marks[i], i in references)
                few = few or bool((summary["count"] < FEW).any())
            for axes in panels.published(i) if i in papers else ():
                across = i in references and len(papers[i].values) == 1
                handles.setdefault(i, _line(axes, papers[i].values, marks[i], across, published=True))
        for axes in panels.axes:
            self._finish(axes, places, axes in panels.last)
        panels.finish(cited(papers.values()) if papers else "", self.lines[0].against is not None, self._unit())
        chance = frame.study.chance_at(frame.scale)
        if self.lines[0].against is None and panels.axes[0].get_ylim()[0] <= (chance or -np.inf):
            primitives.chance_line(panels.axes[0], chance, self.metric)
        named = {self._named(i): handle for i, handle in handles.items() if panels.in_legend(i)}
        primitives.legend(panels.figure, named | (primitives.hollow_mark() if few else {}), "upper")
        if papers and not panels.cites:
            primitives.legend(panels.figure, {cited(papers.values()): _published_mark()}, "lower")
        return panels.figure

    def _titles(self) -> list[str]:
        return [f"{line.name}\n{line.meaning}".strip() for line in self.lines]

    def _named(self, line: int) -> str:
        return ": ".join(filter(None, [self.lines[line].name, self.lines[line].meaning]))

    def _marks(self) -> list[int]:
        """The style's place of each line: a network's own, that of BnB for BnB − base too."""
        names = [line.name.partition(" − ")[0] for line in self.lines]
        if len(set(names)) < len(names):
            names = [line.name for line in self.lines]
        return list(places_of(names).values())

    def _measurements(self, line: Line, frame: Frame) -> Measurements:
        """The runs of a line; of differences, those whose partner ran in the same replicate."""
        cells = [c for c in frame.measured(self.metric, {**self.where, **line.of}) if self.x in c.labels]
        runs = []
        for cell in cells:
            partner = frame.relative(cell, line.against)
            for seed, value in cell.values.items():
                replicate = f"{cell.labels['device']} {seed}"  # device classes never share one
                if line.against is None:
                    runs.append((number_along(self.x, cell, self.title), replicate, value))
                elif partner is not None and seed in partner.values:
                    runs.append((number_along(self.x, cell, self.title), replicate, value - partner.values[seed]))
        return Measurements(tuple(cells), pd.DataFrame(runs, columns=["x", "replicate", "value"]))

    def _references(self, found: Sequence[Measurements]) -> set[int]:
        """The lines that are no differences and stand at the first place alone, where others begin after it."""
        places = {i: set(part.runs["x"]) for i, part in enumerate(found) if len(part.runs)}
        first = min(min(own) for own in places.values())
        alone = {i for i, own in places.items() if self.lines[i].against is None and own == {first}}
        return alone if len(alone) < len(places) or len(places) == 1 else set()

    def _finish(self, axes: Axes, places: Sequence[float], last_of_row: bool) -> None:
        """Axes, their names, and a tick at every layer."""
        against = {tuple(sorted((line.against or {}).items())) for line in self.lines}
        if self.lines[0].against is not None:
            axes.axhline(0, color="0.35", linewidth=0.8, zorder=1.5)
            if last_of_row and len(against) == 1:
                name = ", ".join(str(value) for label, value in against.pop() if label != self.x)
                place: Any = ("axes fraction", "data")
                axes.annotate(name, (1.01, 0), xycoords=place, ha="left", va="center", fontsize=6, color="0.35")
        first, last = places[0], places[-1]
        whole = all(place == int(place) for place in places) and last - first <= TICKS
        ticks = list(range(int(first), int(last) + 1)) if whole else list(places)
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_xlim(first - 0.5 * step_of(places), last + 0.5 * step_of(places))
        axes.set_xlabel(self.x_title or ("layer n" if self.x == "layer" else self.x.replace("_", " ")))

    def _unit(self) -> str:
        what = "points" if self.metric in PERCENT else "absolute"
        difference = self.lines[0].against is not None
        return f"difference in {self.metric.replace('_', ' ')} ({what})" if difference else unit(self.metric)


def _sideways(line: int, lines: int) -> float:
    """Where the points of a line stand, none of them behind the mean's own mark."""
    return min(SIDEWAYS, ASIDE / lines) * (line + 0.5 - -(-lines // 2))


def _sideways_points(axes: Axes, runs: pd.DataFrame, shift: float, index: int) -> None:
    """Every run, a little to the side, so that lines don't hide each other's."""
    primitives.points(axes, runs["x"] + shift, runs["value"], index, size=5, alpha=0.35, zorder=2)


def _line(axes: Axes, summary: pd.DataFrame, index: int, reference: bool, published: bool = False) -> Any:
    """Means with a band of one sd, or an interval where its neighbours have none; a reference crosses the panel."""
    low, high = summary["mean"] - summary["std"], summary["mean"] + summary["std"]
    known = summary["std"].notna()
    alone = known & ~known.shift(1, fill_value=False) & ~known.shift(-1, fill_value=False)
    style: dict[str, Any] = {"zorder": 3}
    if reference:
        style["linestyle"] = DOTTED
        colour = COLOURS[index % len(COLOURS)]
        axes.axhline(summary["mean"].iloc[0], color=colour, linestyle=DOTTED, linewidth=0.7, zorder=1.6)
    if alone.any():  # no neighbour to span a band to
        primitives.intervals(axes, summary.index[alone], low[alone], high[alone], index)
    if (known & ~alone).any():
        primitives.band(axes, summary.index, low, high, index, alpha=0.08 if published else 0.15)
    if published:
        return primitives.published_line(axes, summary.index, summary["mean"], index, **style)
    few = list(summary["count"] < FEW)
    return primitives.line(axes, summary.index, summary["mean"], index, hollow=few, **style)


def _published_mark() -> Any:
    """A mark with a black edge on fine dashes, in no line's colour."""
    from matplotlib.lines import Line2D

    edge: dict[str, Any] = {"markeredgecolor": "black", "markeredgewidth": 0.6, "linewidth": 0.9}
    return Line2D([], [], color="0.6", marker="o", linestyle=PUBLISHED_DASHES, **edge)
