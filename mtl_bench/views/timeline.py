"""Timeline: methods in the order of their years, the mean over pairs of domains measured and as published.

Of several data sets each has a panel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import Measured, too_few, values_of
from mtl_bench.study import DOMAINS, Labels
from mtl_bench.views import primitives
from mtl_bench.views.style import unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 0.5  # of a step along the axis, over which the points of one method are spread


@dataclass(frozen=True)
class Point:
    """The mean over pairs of domains: one value per seed and, where one paper has all pairs, the published one."""

    values: tuple[float, ...]
    few: bool  # too few for a spread
    published: float | None
    pairs: int


@dataclass(frozen=True)
class Timeline:
    """Methods along the axis, oldest first; what else tells cells apart, features say, has a mark of its own.

    A method without all pairs of its mark is left out: a mean over fewer pairs would stand beside those over more. The
    label `panels` tells data sets apart, say: each of its values has a panel, below each other, with the same methods.
    """

    reading: ClassVar[str] = (
        "Methods stand in the order of their years. Points are means over the pairs of domains and over seeds, lines "
        "through them the standard deviation of that mean over seeds; black diamonds are published means over the same "
        "pairs, most of them of other features. Points of fewer than three seeds are hollow, without a line."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    years: Mapping[str, int] = field(default_factory=dict)  # of each method; of others the baseline alone is shown
    where: Labels = field(default_factory=dict)
    marks: str = "features"  # the label whose values have marks of their own
    metric: str = "accuracy"
    rule: str = "last"  # of a network's checkpoints; what no rule chose, a classifier, is shown too
    panels: str = ""

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold nothing for it."""
        cells = self._cells(frame)
        if not cells:
            return None
        titles = values_of(cells, self.panels) if self.panels else [""]
        found = {
            title: {
                mark: self._points(frame, [c for c in own if c.labels.get(self.marks, "") == mark])
                for mark in values_of(own, self.marks)
            }
            for title in titles
            if (own := [c for c in cells if not self.panels or c.labels.get(self.panels, "") == title])
        }
        there = {name for by_mark in found.values() for points in by_mark.values() for name in points}
        methods = sorted(there, key=lambda name: (self.years.get(name, 0), name))
        figure, grid = primitives.panels(len(found), 1, wide=True, share=False)
        handles: dict[str, Any] = {}
        marks = values_of(cells, self.marks)
        for axes, (title, by_mark) in zip(grid, found.items(), strict=True):
            handles |= _panel(axes, by_mark, marks, methods)
            axes.set_title(title, loc="left")
            axes.set_xticks(range(len(methods)), [""] * len(methods))
            axes.set_xlim(-0.6, len(methods) - 0.4)
            axes.set_ylabel(unit(self.metric))
        names = [f"{name} ({self.years[name]})" if name in self.years else name for name in methods]
        grid[-1].set_xticks(range(len(methods)), names, rotation=55, ha="right", rotation_mode="anchor")
        figure.set_figheight(figure.get_figheight() + 0.6)  # the names are slanted
        points = [point for by_mark in found.values() for own in by_mark.values() for point in own.values()]
        few = any(point.few for point in points)
        primitives.legend(figure, handles | (primitives.hollow_mark() if few else {}), "upper")
        return figure

    def _cells(self, frame: Frame) -> list[Measured]:
        found = frame.measured(self.metric, self.where)
        shown = {*self.years, str(frame.study.baseline.get("method", ""))}
        return [
            cell
            for cell in found
            if cell.labels.get("selection", "") in ("", self.rule)
            and (not self.years or cell.labels.get("method", "") in shown)
        ]

    def _points(self, frame: Frame, cells: Sequence[Measured]) -> dict[str, Point]:
        """By method, those that have as many pairs as the one with most."""
        by_method: dict[str, list[Measured]] = {}
        for cell in cells:
            by_method.setdefault(cell.labels.get("method", ""), []).append(cell)
        found = {name: _mean(frame, own) for name, own in by_method.items()}
        most = max(point.pairs for point in found.values())
        return {name: point for name, point in found.items() if point.pairs == most and point.values}


def _panel(
    axes: Any, by_mark: Mapping[str, Mapping[str, Point]], marks: Sequence[str], methods: Sequence[str]
) -> dict[str, Any]:
    """The points of each mark beside each other, and what the legend has of them."""
    handles: dict[str, Any] = {}
    for i, (mark, points) in enumerate(by_mark.items()):
        offset = WIDTH * ((i + 0.5) / len(by_mark) - 0.5)
        own = [(methods.index(name) + offset, point) for name, point in points.items()]
        if own:
            handles[mark or "measured"] = _draw(axes, own, marks.index(mark))
        published = [(place, point.published) for place, point in own if point.published is not None]
        if published:
            [handles["published"]] = axes.plot(*zip(*published, strict=True), "D", color="black", markersize=2.5)
    return handles


def _mean(frame: Frame, cells: Sequence[Measured]) -> Point:
    """Over the seeds that all pairs have; published where one table has all pairs."""
    pairs = {tuple(cell.labels.get(name, "") for name in DOMAINS) for cell in cells}
    seeds = [seed for seed in cells[0].values if all(seed in cell.values for cell in cells)]
    values = tuple(float(np.mean([cell.values[seed] for cell in cells])) for seed in seeds)
    numbers = [number for cell in cells if (number := frame.counterpart(cell))]
    whole = len(numbers) == len(cells) and len({(number.paper, number.source) for number in numbers}) == 1
    published = float(np.mean([number.value for number in numbers])) if whole else None
    return Point(values, too_few(seeds), published, len(pairs))


def _draw(axes: Any, points: Sequence[tuple[float, Point]], index: int) -> Any:
    places = [place for place, _ in points]
    means = np.array([np.mean(point.values) for _, point in points])
    few = [point.few for _, point in points]
    sds = np.array(
        [np.std(point.values, ddof=1) if len(point.values) > 1 and not point.few else 0.0 for _, point in points]
    )
    primitives.intervals(axes, places, means - sds, means + sds, index)
    return primitives.points(axes, places, means, index, size=16, hollow=few)
