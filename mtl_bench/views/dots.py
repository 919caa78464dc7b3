"""Dots: sorted means with their spread over seeds, single runs as small points, and published values beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import Measured, open_labels, values_of
from mtl_bench.study import DOMAINS, Labels
from mtl_bench.views import primitives
from mtl_bench.views.style import ONE_COLUMN, TWO_COLUMNS, places_of, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.155  # inches
LONG = 30  # letters of a name, from which on the figure has two columns' width
MOST_ROWS = 60  # more fit no sheet of paper; the table of all cells has them
PUBLISHED = ("D", "^", "s", "v", "P")  # a mark per table of a paper
COMPARED, CONTEXT = "black", "0.55"


@dataclass(frozen=True)
class Dots:
    """A row per cell, the highest mean first: for values that lie closer to each other than to zero.

    Names are the method and whatever else tells cells apart; a method keeps its colour and mark.
    """

    reading: ClassVar[str] = (
        "A row each, sorted: large marks are means, lines through them their standard deviation, small points single "
        "runs. Black marks are published values, grey ones those that are context only. Marks of fewer than three runs "
        "are hollow, without a spread. The axis need not begin at zero."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    rows: str = "method"  # the label that names stand for first, and whose values have marks of their own
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold nothing for it."""
        cells = sorted(frame.measured(self.metric, self.where), key=lambda cell: -cell.mean)[:MOST_ROWS]
        if not cells:
            return None
        names = self._names(cells)
        long = max(map(len, names)) > LONG
        figure, [axes] = primitives.panels(1, 1, wide=long)
        figure.set_size_inches(TWO_COLUMNS if long else ONE_COLUMN, 0.55 + ROW * len(cells))
        marks = places_of(values_of(cells, self.rows))
        for place, cell in enumerate(cells):
            _draw(axes, place, cell, marks[cell.labels.get(self.rows, "")])
        published = _draw_published(axes, frame, cells)
        axes.set_yticks(range(len(cells)), names)
        axes.set_ylim(len(cells) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="both")
        axes.set_xlabel(unit(self.metric))
        hollow = primitives.hollow_mark() if any(cell.few for cell in cells) else {}
        primitives.legend(figure, published | hollow, "lower")
        return figure

    def _names(self, cells: Sequence[Measured]) -> list[str]:
        """TCA, amazon → webcam, dimension 20: the row's label and what else tells it from the others."""
        opened = [name for name in open_labels(cells) if name != self.rows]
        found = []
        for cell in cells:
            pair = " → ".join(cell.labels[name] for name in DOMAINS if name in opened and name in cell.labels)
            others = [_said(n, cell.labels[n]) for n in opened if n not in DOMAINS and n in cell.labels]
            found.append(", ".join(filter(None, [cell.labels.get(self.rows, ""), pair, *others])))
        return found


def _said(name: str, value: str) -> str:
    """A label's value, with its name where that is a number, which says nothing alone."""
    return f"{name} {value}" if value.replace(".", "", 1).isdigit() else value


def _draw(axes: Axes, place: int, cell: Measured, index: int) -> None:
    if not cell.few:
        primitives.levels(axes, [place], [cell.mean - cell.sd], [cell.mean + cell.sd], index)
    if cell.n > 1:
        primitives.points(axes, list(cell.values.values()), [place] * cell.n, index, size=4, alpha=0.5)
    primitives.points(axes, [cell.mean], [place], index, size=20, hollow=[cell.few], zorder=3)


def _draw_published(axes: Axes, frame: Frame, cells: Sequence[Measured]) -> dict[str, Any]:
    """A mark of its own for each table of a paper."""
    tables: dict[tuple[str, bool], list[tuple[float, float]]] = {}
    for place, cell in enumerate(cells):
        if number := frame.counterpart(cell):
            named = f"published: {number.paper}, {number.source}{' (context)' if number.context else ''}"
            tables.setdefault((named, bool(number.context)), []).append((number.value, place))
    handles: dict[str, Any] = {}
    for (named, context), points in tables.items():
        style: dict[str, Any] = {"color": CONTEXT if context else COMPARED, "linestyle": "", "markersize": 2.8}
        marker = PUBLISHED[len(handles) % len(PUBLISHED)]
        [handles[named]] = axes.plot(*zip(*points, strict=True), marker=marker, zorder=2.5, **style)
    return handles
