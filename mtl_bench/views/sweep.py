"""Sweeps: a metric over a numeric label, such as a dimension or a weight, with a line per method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_bench.results.frame import Measured, counterpart, measured, number_along, values_of
from mtl_bench.results.table import Results
from mtl_bench.study import Study, Sweep
from mtl_bench.views.style import COLOURS, DASHES, MARKERS, PERCENT, chance_line, legend, panels, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DECADE = 10.0  # values that span more of it than this stand on a logarithmic axis
ROOM = 0.35  # of the measured range is left free above and below, in which a flat line does not look steep
FEWEST_POINTS = 5.0  # the least height of the axis, in the metric's unit


def draw_sweep(view: Sweep, study: Study, results: Results) -> Figure | None:
    """The figure of a view, None when the results hold nothing for it."""
    cells = [cell for cell in measured(study, results, view.metric, view.where) if view.x in cell.labels]
    if not cells:
        return None
    names = values_of(cells, view.lines)
    figure, [axes] = panels(1, 1, wide=len(names) > 2)
    handles: dict[str, Any] = {}
    published: dict[str, Any] = {}
    heights: list[float] = []
    for i, name in enumerate(names):
        points = _points(view, [cell for cell in cells if cell.labels.get(view.lines, "") == name])
        means = [float(np.mean([cell.mean for cell in at])) for at in points.values()]
        colour, marker, dashes = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)]
        [handles[name]] = axes.plot(list(points), means, color=colour, marker=marker, linestyle=dashes)
        for x, at in points.items():
            numbers = [number for cell in at if (number := counterpart(study, cell))]
            if len(numbers) == len(at):  # the mean over some of the pairs is not the mean over all
                value = float(np.mean([number.value for number in numbers]))
                published[_published(name, numbers[0].paper, numbers[0].source, bool(numbers[0].context))] = _line(
                    axes, x, value, colour, marker
                )
                heights.append(value)
        heights += means
    ticks = sorted({number_along(view.x, cell, view.title) for cell in cells})
    _scale(axes, ticks)
    low, high = min(heights), max(heights)
    room = max(ROOM * (high - low), (FEWEST_POINTS - (high - low)) / 2)
    axes.set_ylim(max(0.0, low - room), min(high + room, 102.0) if view.metric in PERCENT else high + room)
    axes.set_xlabel(view.x.replace("_", " "))
    axes.set_ylabel(unit(view.metric))
    if study.chance is not None and study.chance >= axes.get_ylim()[0]:
        chance_line(axes, study.chance, view.metric)
    legend(figure, handles, "upper")
    legend(figure, published, "lower")
    return figure


def _points(view: Sweep, cells: Sequence[Measured]) -> dict[float, list[Measured]]:
    """The cells by their place on the axis, from left to right.

    Raises ResultsError when a point lacks cells that its neighbours have: means over different cells are no line.
    """
    points: dict[float, list[Measured]] = {}
    for cell in sorted(cells, key=lambda cell: number_along(view.x, cell, view.title)):
        points.setdefault(number_along(view.x, cell, view.title), []).append(cell)
    full = max(map(len, points.values()))
    return {x: at for x, at in points.items() if len(at) == full}


def _scale(axes: Axes, ticks: Sequence[float]) -> None:
    """A tick at every value, and a logarithmic axis where they span more than a decade."""
    if ticks[0] > 0 and ticks[-1] > DECADE * ticks[0]:
        axes.set_xscale("log")
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def _published(name: str, paper: str, table: str, context: bool) -> str:
    return f"published {name}: {paper}, {table}{' (context)' if context else ''}"


def _line(axes: Axes, x: float, value: float, colour: str, marker: str) -> Any:
    """A dashed line across the panel, with the method's marker, hollow, where the published method stands."""
    axes.axhline(value, color=colour, linewidth=0.8, linestyle=(0, (1.5, 1.5)), zorder=1.6)
    [handle] = axes.plot(
        [x], [value], color=colour, marker=marker, markersize=6, markerfacecolor="none", linestyle=(0, (1.5, 1.5))
    )
    return handle
