"""Gains: what methods gain over the accuracy that is there without them, a point per pair of domains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import means_over_common_seeds, too_few, values_of
from mtl_bench.study import Labels
from mtl_bench.typeset import signed
from mtl_bench.views import primitives
from mtl_bench.views.scatter import COLUMNS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IN_A_ROW = 3  # panels; more stand in columns


@dataclass(frozen=True)
class Pair:
    """Of a pair of domains the baseline's accuracy and what is gained over it, as means over the seeds of both."""

    mark: str
    before: float
    gain: float
    few: bool  # seeds for a spread


@dataclass(frozen=True)
class Over:
    """A method's cells by their labels, and in which labels alone those that it is measured against differ."""

    name: str
    labels: Labels
    baseline: Labels


@dataclass(frozen=True)
class Gains:
    """A panel per method: along the axis its baseline, upwards what is gained, a point per pair of domains.

    Of a name the baseline is the study's. Values of the label `marks` have a mark of their own. A panel is titled with
    the mean gain.
    """

    reading: ClassVar[str] = (
        "Each point is a pair of domains: what the method gains in points, over the accuracy of what differs in "
        "nothing else and does not adapt, as means over the seeds that both have. Chance tilts such a cloud downwards: "
        "an error of the baseline's accuracy is in the gain with the opposite sign. Beside a method's name stands its "
        "mean gain. Points of fewer than three seeds are hollow."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    methods: tuple[str | Over, ...]
    marks: str = "data"  # the label whose values have marks of their own
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold nothing for it."""
        usual = frame.study.baseline
        methods = [m if isinstance(m, Over) else Over(m, {"method": m}, usual) for m in self.methods]
        found = {method.name: pairs for method in methods if (pairs := self._pairs(frame, method))}
        if not found:
            return None
        columns = len(found) if len(found) <= IN_A_ROW else COLUMNS
        figure, grid = primitives.panels(-(-len(found) // columns), columns, wide=columns > 1)
        marks = values_of(frame.measured(where=self.where), self.marks)
        handles: dict[str, Any] = {}
        for axes, (name, pairs) in zip(grid, found.items(), strict=False):
            axes.axhline(0, color="0.35", linewidth=0.8, linestyle=(0, (4, 2)))
            for mark in dict.fromkeys(pair.mark for pair in pairs):
                own = [pair for pair in pairs if pair.mark == mark]
                x, y, few = [p.before for p in own], [p.gain for p in own], [p.few for p in own]
                handles[mark or "measured"] = primitives.points(axes, x, y, marks.index(mark), size=14, hollow=few)
            axes.set_title(f"{name}: {signed(float(np.mean([pair.gain for pair in pairs])))}", loc="left")
        for axes in grid[::columns]:
            axes.set_ylabel("gain (points)")
        for axes in grid[max(0, len(found) - columns) : len(found)]:
            axes.set_xlabel("accuracy without adaptation (%)")
        primitives.hide_rest(grid, len(found))
        hollow = any(pair.few for pairs in found.values() for pair in pairs)
        primitives.legend(figure, handles | (primitives.hollow_mark() if hollow else {}), "upper")
        return figure

    def _pairs(self, frame: Frame, method: Over) -> list[Pair]:
        """Each pair of domains of a method."""
        found = []
        for cell in frame.measured(where={**self.where, **method.labels}):
            baseline = frame.relative(cell, method.baseline)
            if frame.pooled(cell) or baseline is None:
                continue
            if common := baseline.values.keys() & cell.values.keys():
                after, before = means_over_common_seeds(cell, baseline)
                found.append(Pair(cell.labels.get(self.marks, ""), before, after - before, too_few(common)))
        return found
