"""Points in the plane, such as an embedding of features: a panel per cell, a colour and a marker per group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mtl_bench.results.frame import measured
from mtl_bench.results.table import Results
from mtl_bench.study import Points, Study
from mtl_bench.views.style import COLOURS, MARKERS, legend, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3


def draw_scatter(view: Points, study: Study, results: Results) -> Figure | None:
    """The figure of a view, None when the results hold no file for it."""
    cells = measured(study, results, view.metric, view.where)
    files = {cell.labels.get(view.panels, ""): results.kept(cell.keys[0], view.file) for cell in cells}
    points = {title: pd.read_csv(path) for title, path in files.items() if path.exists()}
    if not points:
        return None
    columns = 2 if len(points) == 4 else min(COLUMNS, len(points))
    figure, grid = panels(-(-len(points) // columns), columns, wide=columns > 1, share=False)
    handles: dict[str, Any] = {}
    for axes, (title, frame) in zip(grid, points.items(), strict=False):
        for i, (name, group) in enumerate(frame.groupby(view.colour)):
            marker, colour = MARKERS[i % len(MARKERS)], COLOURS[i % len(COLOURS)]
            handles[str(name)] = axes.scatter(group["x"], group["y"], s=4, c=colour, marker=marker, linewidths=0)
        axes.set_title(title, loc="left")
        axes.set(xticks=[], yticks=[])  # an embedding has no units
    for axes in grid[len(points) :]:
        axes.set_visible(False)
    legend(figure, handles, "upper")
    return figure
