"""Sweeps: a metric over a numeric label, such as a dimension or a weight, with a line per method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import Measured, number_along, values_of
from mtl_bench.study import Labels
from mtl_bench.views import primitives
from mtl_bench.views.style import PERCENT, PUBLISHED_DASHES, places_of, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DECADE = 10.0  # values that span more of it than this stand on a logarithmic axis
ROOM = 0.35  # of the measured range is left free above and below, in which a flat line does not look steep
FEWEST_POINTS = 5.0  # the least height of the axis, in the metric's unit


@dataclass(frozen=True)
class Sweep:
    """Lines over a label whose values are numbers, such as a dimension; each point is the mean over all other labels.

    The axis is logarithmic where the values span more than a decade.
    """

    reading: ClassVar[str] = (
        "Points are means over all pairs, hollow where one of them was run fewer than three times; dashed lines are "
        "published values, with a black-edged mark where the paper stands."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    x: str = "dimension"  # the label along the axis
    lines: str = "method"  # the label that tells the lines apart
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold nothing for it."""
        cells = [cell for cell in frame.measured(self.metric, self.where) if self.x in cell.labels]
        if not cells:
            return None
        names = values_of(cells, self.lines)
        figure, [axes] = primitives.panels(1, 1, wide=len(names) > 2)
        handles: dict[str, Any] = {}
        published: dict[str, Any] = {}
        heights: list[float] = []
        hollow = False
        for name, i in places_of(names).items():
            points = self._points([cell for cell in cells if cell.labels.get(self.lines, "") == name])
            means = [float(np.mean([cell.mean for cell in at])) for at in points.values()]
            few = [any(cell.few for cell in at) for at in points.values()]
            hollow = hollow or any(few)
            handles[name] = primitives.line(axes, list(points), means, i, hollow=few)
            for x, at in points.items():
                numbers = [number for cell in at if (number := frame.counterpart(cell))]
                if len(numbers) == len(at):  # the mean over some of the pairs is not the mean over all
                    value = float(np.mean([number.value for number in numbers]))
                    where = _published(name, numbers[0].paper, numbers[0].source, bool(numbers[0].context))
                    published[where] = _published_mark(axes, x, value, i)
                    heights.append(value)
            heights += means
        chance = frame.study.chance_at(frame.scale)
        self._finish(axes, [number_along(self.x, cell, self.title) for cell in cells], heights, chance)
        primitives.legend(figure, handles | (primitives.hollow_mark() if hollow else {}), "upper")
        primitives.legend(figure, published, "lower")
        return figure

    def _points(self, cells: Sequence[Measured]) -> dict[float, list[Measured]]:
        """The cells by their place on the axis, from left to right.

        A point that lacks cells which its neighbours have is left out: means over different cells are no line.
        """
        points: dict[float, list[Measured]] = {}
        for cell in sorted(cells, key=lambda cell: number_along(self.x, cell, self.title)):
            points.setdefault(number_along(self.x, cell, self.title), []).append(cell)
        full = max(map(len, points.values()))
        return {x: at for x, at in points.items() if len(at) == full}

    def _finish(self, axes: Axes, places: Sequence[float], heights: Sequence[float], chance: float | None) -> None:
        """A tick at every value, a logarithmic axis where they span more than a decade, and room for flat lines."""
        ticks = sorted(set(places))
        if ticks[0] > 0 and ticks[-1] > DECADE * ticks[0]:
            axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        low, high = min(heights), max(heights)
        room = max(ROOM * (high - low), (FEWEST_POINTS - (high - low)) / 2)
        axes.set_ylim(max(0.0, low - room), min(high + room, 102.0) if self.metric in PERCENT else high + room)
        axes.set_xlabel(self.x.replace("_", " "))
        axes.set_ylabel(unit(self.metric))
        if chance is not None and chance >= axes.get_ylim()[0]:
            primitives.chance_line(axes, chance, self.metric)


def _published(name: str, paper: str, table: str, context: bool) -> str:
    return f"published {name}: {paper}, {table}{' (context)' if context else ''}"


def _published_mark(axes: Axes, x: float, value: float, index: int) -> Any:
    """A dashed line across the panel, with the method's marker, black-edged, where the published method stands."""
    handle = primitives.published_line(axes, [x], [value], index, markersize=5)
    axes.axhline(value, color=handle.get_color(), linewidth=0.8, linestyle=PUBLISHED_DASHES, zorder=1.6)
    return handle
