"""Contours: the plane through three networks as a map, with lines where it is equally high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_columns_of
from mtl_bench.study import Labels
from mtl_bench.views import primitives
from mtl_bench.views.kept_files import first_files, wrong
from mtl_bench.views.style import ONE_COLUMN, TWO_COLUMNS, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]
MOST_IN_A_ROW, BANDS = 3, 10
BESIDE, ABOVE, SCALE = 0.35, 0.45, 0.65  # inches: numbers beside a panel, those and titles, and what is at the edges
HIGHEST = 1.5  # panel, in widths: the map of a network that lies far away is narrower
FAR = 100.0  # times the lowest value, from which on the highest has levels by 1, 2, 5


@dataclass(frozen=True)
class Contours:
    """A map of the plane through three networks, a panel per value of the label `panels`, of the first seed alone.

    The file has a row per point of a grid, (x, y, the value), and last a row per network, whose `network` is 1, 2, 3.
    """

    reading: ClassVar[str] = (
        "Each panel is the plane through three networks, of the first seed alone; darker is higher, and thin lines "
        "join what is equally high. The first network lies at 0, 0 and one unit is its distance to the second."
    )

    title: str
    value: str = "train error"  # a column of the kept file
    panels: str = "pair"  # the label whose values have panels of their own
    where: Labels = field(default_factory=dict)
    file: str = "plane.csv"
    names: tuple[str, str, str] = ("a", "b", "c")  # of the three networks

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file,)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold no file for it. Raises ResultsError for two on one panel."""
        found = first_files(self.panels, frame, self.file, self.where, self.title)
        if not found:
            return None
        maps = {title: self._map(path) for title, path in found.items()}
        rows = -(-len(maps) // MOST_IN_A_ROW)
        columns = -(-len(maps) // rows)
        figure, grid = primitives.panels(rows, columns, wide=columns > 1, share=False)
        width = TWO_COLUMNS if columns > 1 else ONE_COLUMN
        ratio = min(HIGHEST, max(one.ratio for one in maps.values()))
        side = (width - SCALE) / columns - BESIDE
        figure.set_size_inches(width, ABOVE / 2 + rows * (ABOVE + side * ratio))
        figure.set_layout_engine("compressed")
        levels = levels_between(
            min(float(one.values.min()) for one in maps.values()), max(float(one.values.max()) for one in maps.values())
        )
        for i, (axes, (title, one)) in enumerate(zip(grid, maps.items(), strict=False)):
            drawn = _contours(axes, one, levels)
            _mark(axes, one.networks, self.names)
            axes.set_title(title, loc="left")
            axes.set_xlabel(f"from {self.names[0]} to {self.names[1]}" if i + columns >= len(maps) else "")
            axes.set_ylabel("at a right angle" if i % columns == 0 else "")
        primitives.hide_rest(grid, len(maps))
        primitives.colour_bar(figure, drawn, grid, unit(self.value))
        return figure

    def _map(self, path: Path) -> Map:
        """Raises ResultsError for what is no grid with three networks."""
        table = read_columns_of(path, self.title, ("x", "y", self.value, "network"))
        on_grid = table["network"].isna()
        points, networks = table[on_grid], table[~on_grid]
        try:
            heights = points.pivot(index="y", columns="x", values=self.value)
        except ValueError:  # a place twice
            heights = pd.DataFrame()
        places = np.isfinite(table[["x", "y"]].to_numpy()).all() and list(networks["network"]) == [1, 2, 3]
        if not places or min(heights.shape) < 2 or not np.isfinite(heights.to_numpy()).all():
            raise wrong(path, "a plane has each point of a grid once and the places of the networks 1, 2 and 3")
        return Map(heights.columns.to_numpy(float), heights.index.to_numpy(float), heights.to_numpy(), networks)


@dataclass(frozen=True)
class Map:
    """Heights (rows, columns) at the places y and x, and the networks' places."""

    x: Array
    y: Array
    values: Array
    networks: pd.DataFrame

    @property
    def ratio(self) -> float:
        """The height in widths."""
        return float(np.ptp(self.y) / np.ptp(self.x))


def levels_between(low: float, high: float) -> list[float]:
    """Round levels from the lowest value or below to the highest or above; by 1, 2, 5 where all lie far apart."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    if low > 0 and high >= FAR * low:
        steps: Any = LogLocator(subs=(1, 2, 5)).tick_values(low, high)
    else:
        steps = MaxNLocator(BANDS).tick_values(low, high if high > low else low + 1)
    first, last = (steps <= low).nonzero()[0][-1], (steps >= high).nonzero()[0][0]
    return [float(level) for level in steps[first : max(last, first + 1) + 1]]


def _contours(axes: Axes, one: Map, levels: Sequence[float]) -> Any:
    """A step of colour between any two levels, and a thin line at each. What comes back has the colours."""
    from matplotlib.colors import BoundaryNorm
    from matplotlib.ticker import MaxNLocator

    steps = BoundaryNorm(levels, 256)
    drawn = axes.contourf(one.x, one.y, one.values, levels, cmap=primitives.SQUARES, norm=steps)
    axes.contour(one.x, one.y, one.values, levels, colors="0.35", linewidths=0.3)
    axes.set_aspect("equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.grid(visible=False)
    return drawn


def _mark(axes: Axes, networks: pd.DataFrame, names: Sequence[str]) -> None:
    """White marks and the names above them, on whatever is behind."""
    from matplotlib.patheffects import withStroke

    axes.plot(networks["x"], networks["y"], "o", color="white", markeredgecolor="black", markeredgewidth=0.8)
    for name, x, y in zip(names, networks["x"], networks["y"], strict=True):
        text = axes.annotate(name, (x, y), (0, 3), textcoords="offset points", ha="center", va="bottom")
        text.set_path_effects([withStroke(linewidth=2, foreground="white")])
