"""Bars: means with their spread over seeds, single seeds as dots, and the published values across them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import Measured, split, values_of
from mtl_bench.study import Labels
from mtl_bench.views import primitives
from mtl_bench.views.style import LETTERS_PER_INCH, PUBLISHED_MARKERS, places_of, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BARS_OF_ONE_COLUMN, BARS_IN_A_ROW, MOST_ROWS = 5, 36, 5
Placed = tuple[Measured, float, float]  # a bar: cell, centre, width


@dataclass(frozen=True)
class Bars:
    """Bars with the spread over replicates and the published value marked, grouped by whatever other label varies."""

    reading: ClassVar[str] = (
        "Bars are means, error bars their standard deviation, dots single seeds; lines across the bars are published "
        "values, dashed where the number is context only. Bars of fewer than three runs are hollow, without a spread."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    bars: str = "method"  # the label along the axis
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold nothing for it."""
        cells = frame.measured(self.metric, self.where)
        if not cells:
            return None
        names = values_of(cells, self.bars)
        clusters = split(cells, self.bars)
        if len(clusters) == 1:  # nothing but the bars' own label differs: it stands below them
            clusters = {cell.labels.get(self.bars, ""): [cell] for cell in cells}
        in_a_row = max(1, BARS_IN_A_ROW // (len(cells) // len(clusters)))
        # More rows than these fit no sheet of paper; the table of all cells has them.
        places = range(0, min(len(clusters), MOST_ROWS * in_a_row), in_a_row)
        rows = [list(clusters.items())[i : i + in_a_row] for i in places]
        figure, grid = primitives.panels(len(rows), 1, wide=len(cells) > BARS_OF_ONE_COLUMN)
        letters = round(figure.get_figwidth() * LETTERS_PER_INCH * 0.8 / max(map(len, rows)))
        tables = list(dict.fromkeys(table for cell in cells if (table := _published_in(frame, cell))))
        handles: dict[str, Any] = {}
        published: dict[str, Any] = {}
        for axes, row in zip(grid, rows, strict=True):
            placed = list(_places(row))
            for name, bar in places_of(names).items():
                mine = [one for one in placed if one[0].labels.get(self.bars, "") == name]
                if mine:
                    handles[name] = _draw_bars(axes, mine, bar)
            published |= _draw_published(axes, frame, placed, tables)
            axes.set_xticks(range(len(row)), [textwrap.fill(name, max(letters, 8)) for name, _ in row])
            axes.set_xlim(-0.6, len(rows[0]) - 0.4)
            axes.tick_params(axis="x", length=0)
            axes.set_ylim(bottom=0)
            axes.set_ylabel(unit(self.metric))
            primitives.chance_line(axes, frame.study.chance_at(frame.scale), self.metric)
        if len(names) > 1 and len(cells) > len(clusters):
            primitives.legend(figure, {name: handles[name] for name in names if name in handles}, "upper")
        hollow = primitives.hollow_patch() if any(cell.few for cell in cells) else {}
        primitives.legend(figure, published | hollow, "lower")
        return figure


def _places(row: Sequence[tuple[str, Sequence[Measured]]]) -> Iterator[Placed]:
    """Every bar of a row of clusters."""
    width = 0.84 / max(len(inside) for _, inside in row)
    for cluster, (_, inside) in enumerate(row):
        for i, cell in enumerate(inside):
            yield cell, cluster + (i - (len(inside) - 1) / 2) * width, min(width, 0.7)


def _draw_bars(axes: Axes, placed: Sequence[Placed], index: int) -> Any:
    """Means and sd as bars, each seed as a dot."""
    places, width = [place for _, place, _ in placed], placed[0][2]
    means, sds = [cell.mean for cell, _, _ in placed], [np.nan if cell.few else cell.sd for cell, _, _ in placed]
    hollow = [cell.few for cell, _, _ in placed]
    drawn = primitives.bars(axes, places, means, sds, 0.92 * width, index, hollow)
    runs = [
        (place + width * offset, value)
        for cell, place, _ in placed
        for offset, value in zip(0.7 * (np.arange(cell.n) + 0.5) / cell.n - 0.35, cell.values.values(), strict=True)
    ]
    primitives.dots(axes, [place for place, _ in runs], [value for _, value in runs])
    return drawn


def _published_in(frame: Frame, cell: Measured) -> str | None:
    number = frame.counterpart(cell)
    return f"published: {number.paper}, {number.source}{' (context)' if number.context else ''}" if number else None


def _draw_published(axes: Axes, frame: Frame, placed: Sequence[Placed], tables: Sequence[str]) -> dict[str, Any]:
    """Lines across the bars: full where the number is compared, dashed where it is context; a marker per table."""
    handles = {}
    for i, table in enumerate(tables):
        points: list[tuple[float, float]] = []
        for cell, place, width in placed:
            number = frame.counterpart(cell)
            if number and _published_in(frame, cell) == table:
                points += [(place + shift * width, number.value) for shift in (-0.5, 0, 0.5)] + [(place, np.nan)]
        if points:
            dashes = (0, (2.5, 1.2)) if table.endswith("(context)") else "-"
            [handles[table]] = axes.plot(
                *zip(*points, strict=True), color="black", linestyle=dashes, linewidth=1.3,
                marker=PUBLISHED_MARKERS[i % len(PUBLISHED_MARKERS)], markevery=(1, 4), markersize=2.6,
            )  # fmt: skip
    return handles
