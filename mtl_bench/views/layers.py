"""Lines over a layer: every run as a point, the mean over replicates with its spread, beside the paper's lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import Measured, number_along
from mtl_bench.study import Labels
from mtl_bench.views import primitives
from mtl_bench.views.printed_lines import cited, printed_lines
from mtl_bench.views.style import COLOURS, PERCENT, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXTRA_HEIGHT = 0.45  # inches more than other panels have: lines here lie a point apart
SIDEWAYS, ASIDE = 0.13, 0.9  # of the distance between neighbouring places: from one line's points to the next's, all
TICKS = 20  # a tick at every whole number where there are no more
TITLE_LETTERS = 52  # of half the page's width
DOTTED, PUBLISHED_DASHES = (0, (1, 2)), (0, (1.5, 1.5))


@dataclass(frozen=True)
class Line:
    """A line of `Layers`: cells with the labels `of`, less those that differ from them by `against` alone, if given.

    A cell's accuracy minus its base's: `Line("BnB − base", {"network": "BnB"}, {"network": "base", "layer": 0})`.
    """

    name: str
    of: Labels
    against: Labels | None = None


@dataclass(frozen=True)
class Measurements:
    """What the cells of a line read, or by how much they differ from their partners."""

    cells: tuple[Measured, ...]
    runs: pd.DataFrame  # x, replicate, value

    def summary(self) -> pd.DataFrame:
        """By place: the mean and sd over replicates, of which each is the mean over its cells.

        A replicate that lacks cells which others have is left out: its mean would be over others than theirs.
        """
        replicates = self.runs.groupby(["x", "replicate"])["value"].agg(["mean", "count"])
        whole = replicates[replicates["count"] == replicates["count"].max()]
        summary: pd.DataFrame = whole.groupby("x")["mean"].agg(["mean", "std"])
        return summary


@dataclass(frozen=True)
class Layers:
    """Lines over a layer with every run as a point, the mean and its spread over replicates, beside the paper's lines.

    A line without `against` whose cells stand at one place before all others is a reference, and crosses the panel.
    """

    reading: ClassVar[str] = (
        "Small points are single runs, lines their means, bands one standard deviation over replicates, whose targets "
        "are averaged first; a difference is taken within a replicate and a target. Hollow marks on dashes are "
        "published values, in a panel of their own where they are context only."
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
        references, papers = (self._references(found), printed_lines(lines, frame.study.published, self.x, self.metric))
        beside = bool(papers) and all(paper.context for paper in papers.values())
        figure, grid = primitives.panels(1, 1 + beside, wide=len(self.lines) > 2, share=False)
        figure.set_figheight(figure.get_figheight() + EXTRA_HEIGHT)
        places = sorted(
            {x for part in found for x in part.runs["x"]} | {x for paper in papers.values() for x in paper.values.index}
        )
        handles: dict[str, Any] = {}
        for i, (line, part) in enumerate(zip(self.lines, found, strict=True)):
            if not part.runs.empty:
                _sideways_points(grid[0], part.runs, _sideways(i, len(found)) * _step(places), i)
                handles[line.name] = _line(grid[0], part.summary(), i, i in references)
            if i in papers:
                across = i in references and len(papers[i].values) == 1
                handles.setdefault(line.name, _line(grid[-1], papers[i].values, i, across, published=True))
        for axes in grid:
            self._finish(axes, places)
        if (
            self.lines[0].against is None
            and frame.study.chance is not None
            and frame.study.chance >= grid[0].get_ylim()[0]
        ):
            primitives.chance_line(grid[0], frame.study.chance, self.metric)
        primitives.legend(figure, handles, "upper")
        if beside:
            grid[0].set_title("measured", loc="left")
            grid[1].set_title(textwrap.fill(cited(papers.values()), TITLE_LETTERS), loc="left")
        elif papers:
            primitives.legend(figure, {cited(papers.values()): _published_mark()}, "lower")
        return figure

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
        """The lines that are no differences and stand at one place, before any other line begins."""
        places = {i: set(part.runs["x"]) for i, part in enumerate(found)}
        return {
            i
            for i, own in places.items()
            if self.lines[i].against is None and len(own) == 1
            if all(min(own) < min(others) for j, others in places.items() if j != i and others)
        }

    def _finish(self, axes: Axes, places: Sequence[float]) -> None:
        """Axes, their names, and a tick at every layer."""
        difference = self.lines[0].against is not None
        if difference:
            axes.axhline(0, color="0.35", linewidth=0.8, zorder=1.5)
        first, last = places[0], places[-1]
        whole = all(place == int(place) for place in places) and last - first <= TICKS
        ticks = list(range(int(first), int(last) + 1)) if whole else list(places)
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_xlim(first - 0.5 * _step(places), last + 0.5 * _step(places))
        axes.set_xlabel(self.x_title or ("layer n" if self.x == "layer" else self.x.replace("_", " ")))
        what = "points" if self.metric in PERCENT else "absolute"
        axes.set_ylabel(f"difference in {self.metric.replace('_', ' ')} ({what})" if difference else unit(self.metric))


def _step(places: Sequence[float]) -> float:
    """The distance between neighbouring places."""
    return float(np.diff(places).min()) if len(places) > 1 else 1.0


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
    if published:
        style |= {"linestyle": PUBLISHED_DASHES, "markerfacecolor": "none", "linewidth": 0.9}
    if reference:
        style["linestyle"] = DOTTED
        colour = COLOURS[index % len(COLOURS)]
        axes.axhline(summary["mean"].iloc[0], color=colour, linestyle=DOTTED, linewidth=0.7, zorder=1.6)
    if alone.any():  # no neighbour to span a band to
        primitives.intervals(axes, summary.index[alone], low[alone], high[alone], index)
    if (known & ~alone).any():
        primitives.band(axes, summary.index, low, high, index, alpha=0.08 if published else 0.15)
    return primitives.line(axes, summary.index, summary["mean"], index, **style)


def _published_mark() -> Any:
    """A hollow mark on dashes, in no line's colour."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color="0.3", marker="o", markerfacecolor="none", linewidth=0.9, linestyle=PUBLISHED_DASHES)
