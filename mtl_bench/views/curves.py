"""Curves over training: the mean over seeds with a band of one standard deviation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_columns_of
from mtl_bench.results.measured import FEW, split, values_of
from mtl_bench.study import Labels
from mtl_bench.views import primitives
from mtl_bench.views.style import places_of, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES_OF_ONE_COLUMN = 5


@dataclass(frozen=True)
class Curves:
    """Curves over training with a band over replicates, from the file that each cell's trial kept."""

    reading: ClassVar[str] = (
        "Lines are means over seeds, bands one standard deviation. Marks of fewer than three runs are hollow, without "
        "a band."
    )

    title: str
    y: str  # a column of the kept file
    x: str = "step"
    lines: str = "method"  # the label that tells the lines apart
    file: str = "curve.csv"
    where: Labels = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file,)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold no file for it."""
        cells = {cell.keys: cell for metric in frame.metrics for cell in frame.measured(metric, self.where)}
        curves = {keys: curve for keys in cells if (curve := self._curve(keys, frame)) is not None}
        if not curves:
            return None
        drawn = [cells[keys] for keys in curves]
        names = values_of(drawn, self.lines)
        places, parts = places_of(names), split(drawn, self.lines)
        columns = len(parts) if len(parts) < 3 else 2 if len(parts) == 4 else 3
        figure, grid = primitives.panels(-(-len(parts) // columns), columns, wide=len(names) > LINES_OF_ONE_COLUMN)
        handles: dict[str, Any] = {}
        start = min(0.0, *(float(curve.index.min()) for curve in curves.values()))
        for axes, (title, inside) in zip(grid, parts.items(), strict=False):
            for cell in inside:
                name = cell.labels.get(self.lines, "")
                handles[name] = _line(axes, curves[cell.keys], places[name])
            axes.set_title(title, loc="left")
            axes.set_xlabel(self.x.replace("_", " "))
            axes.set_xlim(left=start)
            primitives.chance_line(axes, frame.study.chance_at(frame.scale), self.y)
        primitives.hide_rest(grid, len(parts))
        few = primitives.hollow_mark() if any((curve["count"] < FEW).any() for curve in curves.values()) else {}
        for axes in grid[::columns]:
            axes.set_ylabel(unit(self.y))
        primitives.legend(figure, {name: handles[name] for name in names} | few, "upper")
        return figure

    def _curve(self, keys: Sequence[str], frame: Frame) -> pd.DataFrame | None:
        """Mean and sd over seeds by step, from the files that a cell's trials kept."""
        paths = [path for key in keys if (path := frame.results.kept(key, self.file)).exists()]
        parts = [read_columns_of(path, self.title, (self.x, self.y)) for path in paths]
        if not parts:
            return None
        summary: pd.DataFrame = pd.concat(parts).groupby(self.x)[self.y].agg(["mean", "std", "count"])
        summary.loc[summary["count"] < FEW, "std"] = np.nan
        return summary if len(summary) > 1 else None  # a point is no curve


def _line(axes: Axes, curve: pd.DataFrame, index: int) -> Any:
    """Mean over seeds with a band of one sd."""
    if curve["std"].notna().any():
        primitives.band(axes, curve.index, curve["mean"] - curve["std"], curve["mean"] + curve["std"], index)
    return primitives.line(axes, curve.index, curve["mean"], index, hollow=list(curve["count"] < FEW))
