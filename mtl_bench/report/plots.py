"""Figures of a study: bars with their spread and the published values, curves over training with a band over seeds."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mtl_bench.report.cells import Measured, counterpart, measured, open_labels
from mtl_bench.report.style import COLOURS, DASHES, HATCHES, MARKERS, STYLE, chance_line, legend, panels, unit
from mtl_bench.report.tables import cited
from mtl_bench.results import Results, ResultsError
from mtl_bench.study import Bars, Curves, Published, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BARS_OF_ONE_COLUMN = 5


def save(view: Bars | Curves, study: Study, results: Results, stem: Path) -> bool:
    """Write `<stem>.png` and `<stem>.pdf`; False when the results hold nothing to draw."""
    import matplotlib

    with matplotlib.rc_context(STYLE):
        figure = draw(view, study, results)
        if figure is None:
            return False
        # Neither dates nor versions: equal results give equal files.
        figure.savefig(stem.with_name(stem.name + ".png"), metadata={"Software": None})
        nothing = {"CreationDate": None, "Creator": None, "Producer": None}
        figure.savefig(stem.with_name(stem.name + ".pdf"), metadata=nothing)
    return True


@singledispatch
def draw(view: object, study: Study, results: Results) -> Figure | None:
    """The figure of a view, None when the results hold nothing for it; drawn under the rc settings `STYLE`."""
    raise TypeError(f"a {type(view).__name__} has no figure; Bars and Curves have")


@draw.register
def _(view: Bars, study: Study, results: Results) -> Figure | None:
    cells = measured(study, results, view.metric, view.where)
    if not cells:
        return None
    names = _values(cells, view.bars)
    clusters = _values(cells, view.groups) if view.groups else names
    parts = _panels(cells, view.bars, view.groups)
    many = len(cells) / len(parts) > BARS_OF_ONE_COLUMN
    figure, grid = panels(view.title, len(parts), wide=many)
    width = 0.8 / len(names) if view.groups else 0.7
    for axes, (name, inside) in zip(grid, parts, strict=True):
        for cell in sorted(inside, key=lambda c: names.index(c.labels.get(view.bars, ""))):
            bar = names.index(cell.labels.get(view.bars, ""))
            place = float(bar)
            if view.groups:
                place = clusters.index(cell.labels.get(view.groups, "")) + (bar - (len(names) - 1) / 2) * width
            _bar(axes, cell, place, width, bar, names[bar] if view.groups else "")
            if number := counterpart(study, cell):
                _published_mark(axes, number, place, width)
        axes.set_title(name, loc="left")
        axes.set_xticks(range(len(clusters)), [textwrap.fill(cluster, 14) for cluster in clusters])
        axes.tick_params(axis="x", length=0)
        axes.set_ylim(bottom=0)
        chance_line(axes, study.chance, view.metric)
    grid[0].set_ylabel(unit(view.metric))
    legend(figure, grid)
    return figure


def _bar(axes: Axes, cell: Measured, place: float, width: float, index: int, label: str) -> None:
    """The mean as a bar, sd as a whisker, each seed as a dot beside it."""
    style = {"color": COLOURS[index % len(COLOURS)], "hatch": HATCHES[index % len(HATCHES)], "edgecolor": "white"}
    axes.bar(place, cell.mean, 0.92 * width, label=label or "_", linewidth=0, **style)
    if cell.n > 1:
        axes.errorbar(place, cell.mean, cell.sd, color="black", elinewidth=0.8, capsize=2, label="mean ± sd over seeds")
        spread = place + width * np.linspace(-0.3, 0.3, cell.n)
        axes.plot(spread, list(cell.values.values()), "o", color="white", markeredgecolor="black", markersize=2.2,
                  markeredgewidth=0.4, label="one seed", zorder=3)  # fmt: skip


def _published_mark(axes: Axes, number: Published, place: float, width: float) -> None:
    """A line across the bar: full where the number is compared, dashed where it is context."""
    dashes = (0, (2.5, 1.2)) if number.context else "-"
    ends = [place - 0.5 * width, place + 0.5 * width]
    axes.plot(ends, [number.value] * 2, color="white", linewidth=2.6, label="_")
    axes.plot(ends, [number.value] * 2, color="black", linestyle=dashes, linewidth=1.3, label=f"published: {cited(number)}")


@draw.register
def _(view: Curves, study: Study, results: Results) -> Figure | None:
    metrics = sorted(set(results.rows["metric"]))
    cells = {cell.keys: cell for metric in metrics for cell in measured(study, results, metric, view.where)}
    curves = {keys: curve for keys in cells if (curve := _curve(view, keys, results)) is not None}
    if not curves:
        return None
    drawn = [cells[keys] for keys in curves]
    names = _values(drawn, view.lines)
    parts = _panels(drawn, view.lines)
    figure, grid = panels(view.title, len(parts), wide=False)
    for axes, (name, inside) in zip(grid, parts, strict=True):
        for cell in inside:
            line = names.index(cell.labels.get(view.lines, ""))
            _line(axes, curves[cell.keys], line, names[line])
        axes.set_title(name, loc="left")
        axes.set_xlabel(view.x.replace("_", " "))
        axes.set_xlim(left=0)
        chance_line(axes, study.chance, view.y)
    grid[0].set_ylabel(unit(view.y))
    legend(figure, grid)
    return figure


def _line(axes: Axes, curve: pd.DataFrame, index: int, label: str) -> None:
    """Mean over seeds with a band of one sd."""
    colour = COLOURS[index % len(COLOURS)]
    marker, dashes = MARKERS[index % len(MARKERS)], DASHES[index % len(DASHES)]
    axes.plot(curve.index, curve["mean"], color=colour, marker=marker, linestyle=dashes, label=label)
    low, high = curve["mean"] - curve["std"], curve["mean"] + curve["std"]
    axes.fill_between(curve.index, low, high, color=colour, alpha=0.2, linewidth=0, label="_")


def _curve(view: Curves, keys: Sequence[str], results: Results) -> pd.DataFrame | None:
    """Mean and sd over seeds by step, from the files that a cell's trials kept."""
    parts = []
    for path in (results.kept(key, view.file) for key in keys):
        if path.exists():
            part = pd.read_csv(path)
            if missing := {view.x, view.y} - set(part.columns):
                raise ResultsError(f"the view “{view.title}” asks for {missing.pop()}; {path} has {', '.join(part)}")
            parts.append(part)
    if not parts:
        return None
    summary: pd.DataFrame = pd.concat(parts).groupby(view.x)[view.y].agg(["mean", "std"])
    return summary


def _values(cells: Sequence[Measured], label: str) -> list[str]:
    return list(dict.fromkeys(cell.labels.get(label, "") for cell in cells))


def _panels(cells: Sequence[Measured], *drawn: str | None) -> list[tuple[str, list[Measured]]]:
    """The cells by the labels that tell them apart and that the figure does not draw, a title for each panel."""
    names = [name for name in open_labels(cells) if name not in drawn]
    parts: dict[str, list[Measured]] = {}
    for cell in cells:
        title = " → ".join(cell.labels.get(name, "") for name in names)
        parts.setdefault(title, []).append(cell)
    return list(parts.items())
