"""Lines over a layer: every run as a point, the mean over replicates with its spread, beside the paper's lines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mtl_bench.results.frame import Index, Measured, counterpart, index, measured, number_along, relative
from mtl_bench.results.table import Results
from mtl_bench.study import Layers, Line, Published, Study
from mtl_bench.views.style import COLOURS, DASHES, MARKERS, PERCENT, chance_line, legend, panels, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXTRA_HEIGHT = 0.45  # inches more than other panels have: lines here lie a point apart
SIDEWAYS, ASIDE = 0.13, 0.9  # of the distance between neighbouring places: from one line's points to the next's, all
TICKS = 20  # a tick at every whole number where there are no more
TITLE_LETTERS = 52  # of half the page's width
DOTTED, PUBLISHED_DASHES = (0, (1, 2)), (0, (1.5, 1.5))


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
class Counterpart:
    """A line as a paper printed it."""

    paper: str
    source: str
    context: bool
    values: pd.DataFrame  # by place: mean and std, which is not a number where the paper gives none


def draw_layers(view: Layers, study: Study, results: Results) -> Figure | None:
    """The figure of a view, None when the results hold nothing for it."""
    every = index(measured(study, results, view.metric))
    found = [_measurements(view, line, study, results, every) for line in view.lines]
    if all(part.runs.empty for part in found):
        return None
    references, papers = _references(view, found), _published(view, study, found)
    beside = bool(papers) and all(paper.context for paper in papers.values())
    figure, grid = panels(1, 1 + beside, wide=len(view.lines) > 2, share=False)
    figure.set_figheight(figure.get_figheight() + EXTRA_HEIGHT)
    places = sorted(
        {x for part in found for x in part.runs["x"]} | {x for paper in papers.values() for x in paper.values.index}
    )
    handles: dict[str, Any] = {}
    for i, (line, part) in enumerate(zip(view.lines, found, strict=True)):
        if not part.runs.empty:
            _points(grid[0], part.runs, _sideways(i, len(found)) * _step(places), i)
            handles[line.name] = _line(grid[0], part.summary(), i, i in references)
        if i in papers:
            across = i in references and len(papers[i].values) == 1
            handles.setdefault(line.name, _line(grid[-1], papers[i].values, i, across, published=True))
    for axes in grid:
        _finish(axes, view, places)
    if view.lines[0].against is None and study.chance is not None and study.chance >= grid[0].get_ylim()[0]:
        chance_line(grid[0], study.chance, view.metric)
    legend(figure, handles, "upper")
    if beside:
        grid[0].set_title("measured", loc="left")
        grid[1].set_title(textwrap.fill(_cited(papers.values()), TITLE_LETTERS), loc="left")
    elif papers:
        legend(figure, {_cited(papers.values()): _published_mark()}, "lower")
    return figure


def _measurements(view: Layers, line: Line, study: Study, results: Results, every: Index) -> Measurements:
    """The runs of a line; of differences, those whose partner ran in the same replicate."""
    cells = [c for c in measured(study, results, view.metric, {**view.where, **line.of}) if view.x in c.labels]
    runs = []
    for cell in cells:
        partner = relative(cell, line.against, every)
        for seed, value in cell.values.items():
            replicate = f"{cell.labels['device']} {seed}"  # device classes never share one
            if line.against is None:
                runs.append((number_along(view.x, cell, view.title), replicate, value))
            elif partner is not None and seed in partner.values:
                runs.append((number_along(view.x, cell, view.title), replicate, value - partner.values[seed]))
    return Measurements(tuple(cells), pd.DataFrame(runs, columns=["x", "replicate", "value"]))


def _references(view: Layers, found: Sequence[Measurements]) -> set[int]:
    """The lines that are no differences and stand at one place, before any other line begins."""
    places = {i: set(part.runs["x"]) for i, part in enumerate(found)}
    return {
        i
        for i, own in places.items()
        if view.lines[i].against is None and len(own) == 1
        if all(min(own) < min(others) for j, others in places.items() if j != i and others)
    }


def _published(view: Layers, study: Study, found: Sequence[Measurements]) -> dict[int, Counterpart]:
    """By line, what was published of it, one to compare with before mere context, from as few tables as can be."""
    tables = dict.fromkeys((number.paper, number.source) for number in study.published)
    prints = [
        {i: paper for i, part in enumerate(found) if (paper := _printed(view, view.lines[i], study, part, *table))}
        for table in tables
    ]
    papers: dict[int, Counterpart] = {}
    for lines in sorted(prints, key=lambda lines: (all(paper.context for paper in lines.values()), -len(lines))):
        papers = {**lines, **papers}
    points = all(view.lines[i].against is None and len(paper.values) == 1 for i, paper in papers.items())
    if points and all(paper.context for paper in papers.values()):
        return {}  # a reference with nothing to be read against it is no panel
    return papers


def _printed(view: Layers, line: Line, study: Study, part: Measurements, paper: str, source: str) -> Counterpart | None:
    """The line as one table of a paper gives it; None where it does not."""
    numbers = tuple(n for n in study.published if (n.paper, n.source, n.metric) == (paper, source, view.metric))
    table = replace(study, published=numbers)
    kinds = {frozenset((n, v) for n, v in cell.labels.items() if n != view.x): cell for cell in part.cells}.values()
    values: dict[float, tuple[float, float]] = {}
    used: list[Published] = []
    for x in _places(view, numbers, part.cells):
        pairs = [_pair(table, line, replace(cell, labels={**cell.labels, view.x: x})) for cell in kinds]
        whole = [pair for pair in pairs if pair]
        if whole and len(whole) == len(pairs):  # the mean over some of the targets is not the mean over all
            values[float(x)] = _value(whole)
            used += [number for pair in whole for number in pair]
    if not values:
        return None
    frame = pd.DataFrame.from_dict(values, orient="index", columns=["mean", "std"]).sort_index()
    return Counterpart(paper, source, all(number.context for number in used), frame)


def _places(view: Layers, numbers: Sequence[Published], cells: Sequence[Measured]) -> list[str]:
    """Where cells like these were measured, and where the paper has numbers of such cells."""
    places = [cell.labels[view.x] for cell in cells]
    for number in numbers:
        others = {name: str(value) for name, value in number.labels.items() if name != view.x}
        if view.x in number.labels and any(others.items() <= cell.labels.items() for cell in cells):
            places.append(str(number.labels[view.x]))
    return list(dict.fromkeys(places))


def _pair(table: Study, line: Line, cell: Measured) -> tuple[Published, ...] | None:
    """The cell's number, and its partner's in the same table where the line is a difference; None without either."""
    number = counterpart(table, cell)
    if number is None or line.against is None:
        return (number,) if number else None
    labels = {**cell.labels, **{name: str(value) for name, value in line.against.items()}}
    partner = counterpart(table, replace(cell, labels=labels))
    return (number, partner) if partner else None


def _value(pairs: Sequence[tuple[Published, ...]]) -> tuple[float, float]:
    """The mean, and the sd if one number with its own gives it: that of a paired difference follows from no table."""
    mean = float(np.mean([pair[0].value - sum(other.value for other in pair[1:]) for pair in pairs]))
    alone = pairs[0][0] if len(set(map(id, (n for pair in pairs for n in pair)))) == 1 else None
    return mean, alone.sd if alone and alone.sd is not None else float("nan")


def _cited(printed: Iterable[Counterpart]) -> str:
    """published: Yosinski et al., NIPS 2014 (Figure 2)."""
    sources: dict[str, list[str]] = {}
    for one in printed:
        sources.setdefault(one.paper, []).append(one.source)
    texts = (f"{paper} ({', '.join(dict.fromkeys(where))})" for paper, where in sources.items())
    return f"published: {'; '.join(texts)}"


def _step(places: Sequence[float]) -> float:
    """The distance between neighbouring places."""
    return float(np.diff(places).min()) if len(places) > 1 else 1.0


def _sideways(line: int, lines: int) -> float:
    """Where the points of a line stand, none of them behind the mean's own mark."""
    return min(SIDEWAYS, ASIDE / lines) * (line + 0.5 - -(-lines // 2))


def _points(axes: Axes, runs: pd.DataFrame, shift: float, line: int) -> None:
    """Every run, a little to the side, so that lines don't hide each other's."""
    colour, marker = COLOURS[line % len(COLOURS)], MARKERS[line % len(MARKERS)]
    axes.scatter(runs["x"] + shift, runs["value"], s=5, c=colour, marker=marker, alpha=0.35, linewidths=0, zorder=2)


def _line(axes: Axes, summary: pd.DataFrame, line: int, reference: bool, published: bool = False) -> Any:
    """Means with a band of one sd, or a whisker where its neighbours have none; a reference crosses the panel."""
    colour, marker = COLOURS[line % len(COLOURS)], MARKERS[line % len(MARKERS)]
    dashes = PUBLISHED_DASHES if published else DASHES[line % len(DASHES)]
    low, high = summary["mean"] - summary["std"], summary["mean"] + summary["std"]
    known = summary["std"].notna()
    alone = known & ~known.shift(1, fill_value=False) & ~known.shift(-1, fill_value=False)
    if reference:
        dashes = DOTTED
        axes.axhline(summary["mean"].iloc[0], color=colour, linestyle=DOTTED, linewidth=0.7, zorder=1.6)
    if alone.any():  # no neighbour to span a band to
        axes.vlines(summary.index[alone], low[alone], high[alone], color=colour, linewidth=0.8)
    if (known & ~alone).any():
        axes.fill_between(summary.index, low, high, color=colour, alpha=0.08 if published else 0.15, linewidth=0)
    style: Any = {"color": colour, "marker": marker, "linestyle": dashes, "zorder": 3}
    hollow: Any = {"markerfacecolor": "none", "linewidth": 0.9} if published else {}
    [handle] = axes.plot(summary.index, summary["mean"], **style, **hollow)
    return handle


def _finish(axes: Axes, view: Layers, places: Sequence[float]) -> None:
    """Axes, their names, and a tick at every layer."""
    difference = view.lines[0].against is not None
    if difference:
        axes.axhline(0, color="0.35", linewidth=0.8, zorder=1.5)
    first, last = places[0], places[-1]
    whole = all(place == int(place) for place in places) and last - first <= TICKS
    ticks = list(range(int(first), int(last) + 1)) if whole else list(places)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xlim(first - 0.5 * _step(places), last + 0.5 * _step(places))
    axes.set_xlabel(view.x_title or ("layer n" if view.x == "layer" else view.x.replace("_", " ")))
    what = "points" if view.metric in PERCENT else "absolute"
    axes.set_ylabel(f"difference in {view.metric.replace('_', ' ')} ({what})" if difference else unit(view.metric))


def _published_mark() -> Any:
    """A hollow mark on dashes, in no line's colour."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color="0.3", marker="o", markerfacecolor="none", linewidth=0.9, linestyle=PUBLISHED_DASHES)
