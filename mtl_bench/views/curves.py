"""Curves over training: the mean over seeds with a band of one standard deviation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from mtl_bench.results.frame import measured, split, values_of
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import Curves, Study
from mtl_bench.views.style import COLOURS, DASHES, MARKERS, chance_line, legend, panels, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES_OF_ONE_COLUMN = 5


def draw_curves(view: Curves, study: Study, results: Results) -> Figure | None:
    """The figure of a view, None when the results hold no file for it."""
    metrics = sorted(set(results.rows["metric"]))
    cells = {cell.keys: cell for metric in metrics for cell in measured(study, results, metric, view.where)}
    curves = {keys: curve for keys in cells if (curve := _curve(view, keys, results)) is not None}
    if not curves:
        return None
    drawn = [cells[keys] for keys in curves]
    names = values_of(drawn, view.lines)
    parts = split(drawn, view.lines)
    columns = len(parts) if len(parts) < 3 else 2 if len(parts) == 4 else 3
    figure, grid = panels(-(-len(parts) // columns), columns, wide=len(names) > LINES_OF_ONE_COLUMN)
    handles: dict[str, Any] = {}
    for axes, (title, inside) in zip(grid, parts.items(), strict=False):
        for cell in inside:
            line = names.index(cell.labels.get(view.lines, ""))
            handles[names[line]] = _line(axes, curves[cell.keys], line)
        axes.set_title(title, loc="left")
        axes.set_xlabel(view.x.replace("_", " "))
        axes.set_xlim(left=0)
        chance_line(axes, study.chance, view.y)
    for axes in grid[len(parts) :]:
        axes.set_visible(False)
    for axes in grid[::columns]:
        axes.set_ylabel(unit(view.y))
    legend(figure, {name: handles[name] for name in names}, "upper")
    return figure


def _line(axes: Axes, curve: pd.DataFrame, index: int) -> Any:
    """Mean over seeds with a band of one sd."""
    colour = COLOURS[index % len(COLOURS)]
    marker, dashes = MARKERS[index % len(MARKERS)], DASHES[index % len(DASHES)]
    low, high = curve["mean"] - curve["std"], curve["mean"] + curve["std"]
    axes.fill_between(curve.index, low, high, color=colour, alpha=0.2, linewidth=0)
    return axes.plot(curve.index, curve["mean"], color=colour, marker=marker, linestyle=dashes)[0]


def _curve(view: Curves, keys: Sequence[str], results: Results) -> pd.DataFrame | None:
    """Mean and sd over seeds by step, from the files that a cell's trials kept."""
    parts = []
    for path in (results.kept(key, view.file) for key in keys):
        if path.exists():
            part = pd.read_csv(path)
            if missing := {view.x, view.y} - set(part.columns):
                raise ResultsError(
                    f"the view “{view.title}” asks for {missing.pop()}; {path} has {', '.join(map(str, part))}"
                )
            parts.append(part)
    if not parts:
        return None
    summary: pd.DataFrame = pd.concat(parts).groupby(view.x)[view.y].agg(["mean", "std"])
    return summary if len(summary) > 1 else None  # a point is no curve
