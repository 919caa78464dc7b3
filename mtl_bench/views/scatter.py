"""Scatters: one metric over another, a point per pair of domains, a panel per metric along the axis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import Measured
from mtl_bench.statistics.rank_correlation import RankCorrelation, rank_correlation
from mtl_bench.study import DOMAINS, Labels
from mtl_bench.typeset import number
from mtl_bench.views import primitives
from mtl_bench.views.style import spelt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 2


@dataclass(frozen=True)
class ScatterPlot:
    """A panel per metric `x`, in which each pair of domains is a point at the means of `x` and of `y` over seeds.

    Values of the label `marks` have a mark of their own. A panel is titled with the rank correlation.
    """

    reading: ClassVar[str] = (
        "Each point is a pair of domains, from one to the other, as a mean over seeds. Beside the name of a panel "
        "stand Spearman's rank correlation and its 95 % interval by the jackknife over domains; of several data sets "
        "it is of ranks within each. Points of which what stands upwards was run fewer than three times are hollow."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    x: tuple[str, ...]
    y: str = "accuracy"
    marks: str = "data"  # the label whose values have marks of their own
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold nothing for it."""
        found = {x: pairs for x in self.x if (pairs := both(frame, x, self.y, self.where))}
        if not found:
            return None
        columns = min(COLUMNS, len(found))
        figure, grid = primitives.panels(-(-len(found) // columns), columns, wide=columns > 1)
        handles: dict[str, Any] = {}
        groups = list(dict.fromkeys(y.labels.get(self.marks, "") for pairs in found.values() for _, y in pairs))
        for axes, (x, pairs) in zip(grid, found.items(), strict=False):
            for i, group in enumerate(groups):
                own = [(a, b) for a, b in pairs if b.labels.get(self.marks, "") == group]
                if own:
                    places, heights, few = [a.mean for a, _ in own], [b.mean for _, b in own], [b.few for _, b in own]
                    handles[group or "measured"] = primitives.points(axes, places, heights, i, size=14, hollow=few)
            axes.set_title(f"{spelt(x)}: {told(correlation(pairs, self.marks))}", loc="left")
        for axes in grid[::columns]:
            axes.set_ylabel("loss (points)" if self.y == "loss" else spelt(self.y))
        primitives.hide_rest(grid, len(found))
        hollow = any(y.few for pairs in found.values() for _, y in pairs)
        primitives.legend(figure, handles | (primitives.hollow_mark() if hollow else {}), "upper")
        return figure


def both(frame: Frame, x: str, y: str, where: Labels) -> list[tuple[Measured, Measured]]:
    """The cells of two metrics on the same pair of domains, of the same data set: those whose shared labels agree.

    Either metric may have labels that the other lacks, as it lacks the seed where nothing is random.
    """
    others = frame.measured(x, where)
    found = []
    for cell in frame.measured(y, where):
        for other in others:
            shared = cell.labels.keys() & other.labels.keys()
            if {*DOMAINS} <= shared and all(cell.labels[name] == other.labels[name] for name in shared):
                found.append((other, cell))
    return found


def correlation(pairs: list[tuple[Measured, Measured]], within: str = "") -> RankCorrelation:
    """Of the first with the second over the pairs of domains, by ranks within each value of a label."""
    source, target = DOMAINS
    places = [(y.labels[source], y.labels[target]) for _, y in pairs]
    groups = [y.labels.get(within, "") for _, y in pairs]
    return rank_correlation(places, [x.mean for x, _ in pairs], [y.mean for _, y in pairs], groups)


def told(found: RankCorrelation) -> str:
    """0.61 [0.20, 0.84]."""
    return f"{number(found.value, 2)} [{number(found.low, 2)}, {number(found.high, 2)}]"
