"""Bars: means with their spread over seeds, single seeds as dots, and the published values across them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_bench.results.frame import Measured, counterpart, measured, split, values_of
from mtl_bench.results.table import Results
from mtl_bench.study import Bars, Study
from mtl_bench.views.style import (
    COLOURS,
    HATCHES,
    LETTERS_PER_INCH,
    PUBLISHED_MARKERS,
    chance_line,
    legend,
    panels,
    tint,
    unit,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BARS_OF_ONE_COLUMN, BARS_IN_A_ROW = 5, 36
Placed = tuple[Measured, float, float]  # a bar: cell, centre, width


def draw_bars(view: Bars, study: Study, results: Results) -> Figure | None:
    """The figure of a view, None when the results hold nothing for it."""
    cells = measured(study, results, view.metric, view.where)
    if not cells:
        return None
    names = values_of(cells, view.bars)
    clusters = split(cells, view.bars)
    if len(clusters) == 1:  # nothing but the bars' own label differs: it stands below them
        clusters = {cell.labels.get(view.bars, ""): [cell] for cell in cells}
    in_a_row = max(1, BARS_IN_A_ROW // (len(cells) // len(clusters)))
    rows = [list(clusters.items())[i : i + in_a_row] for i in range(0, len(clusters), in_a_row)]
    figure, grid = panels(len(rows), 1, wide=len(cells) > BARS_OF_ONE_COLUMN)
    letters = round(figure.get_figwidth() * LETTERS_PER_INCH * 0.8 / max(map(len, rows)))
    tables = list(dict.fromkeys(table for cell in cells if (table := _published_in(study, cell))))
    handles: dict[str, Any] = {}
    published: dict[str, Any] = {}
    for axes, row in zip(grid, rows, strict=True):
        placed = list(_places(row))
        for bar, name in enumerate(names):
            mine = [one for one in placed if one[0].labels.get(view.bars, "") == name]
            if mine:
                handles[name] = _draw_bars(axes, mine, bar)
        published |= _draw_published(axes, study, placed, tables)
        axes.set_xticks(range(len(row)), [textwrap.fill(name, max(letters, 8)) for name, _ in row])
        axes.set_xlim(-0.6, len(rows[0]) - 0.4)
        axes.tick_params(axis="x", length=0)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(unit(view.metric))
        chance_line(axes, study.chance, view.metric)
    if len(names) > 1 and len(cells) > len(clusters):
        legend(figure, {name: handles[name] for name in names}, "upper")
    legend(figure, published, "lower")
    return figure


def _places(row: Sequence[tuple[str, Sequence[Measured]]]) -> Iterator[Placed]:
    """Every bar of a row of clusters."""
    width = 0.84 / max(len(inside) for _, inside in row)
    for cluster, (_, inside) in enumerate(row):
        for i, cell in enumerate(inside):
            yield cell, cluster + (i - (len(inside) - 1) / 2) * width, min(width, 0.7)


def _draw_bars(axes: Axes, placed: Sequence[Placed], index: int) -> Any:
    """Means as bars, sd as whiskers, each seed as a dot."""
    colour, hatch = COLOURS[index % len(COLOURS)], HATCHES[index % len(HATCHES)]
    places = [place for _, place, _ in placed]
    width = placed[0][2]
    means = [cell.mean for cell, _, _ in placed]
    bars = axes.bar(places, means, 0.92 * width, color=tint(colour), hatch=hatch, edgecolor=colour, linewidth=0.8)
    axes.errorbar(
        places, means, [cell.sd for cell, _, _ in placed], fmt="none", color="black", elinewidth=0.8, capsize=2
    )
    dots = [
        (place + width * offset, value)
        for cell, place, _ in placed
        for offset, value in zip(0.7 * (np.arange(cell.n) + 0.5) / cell.n - 0.35, cell.values.values(), strict=True)
    ]
    axes.plot(
        *zip(*dots, strict=True), "o", color="white", markeredgecolor="black", markersize=2.2, markeredgewidth=0.4
    )
    return bars


def _published_in(study: Study, cell: Measured) -> str | None:
    number = counterpart(study, cell)
    return f"published: {number.paper}, {number.source}{' (context)' if number.context else ''}" if number else None


def _draw_published(axes: Axes, study: Study, placed: Sequence[Placed], tables: Sequence[str]) -> dict[str, Any]:
    """Lines across the bars: full where the number is compared, dashed where it is context; a marker per table."""
    handles = {}
    for i, table in enumerate(tables):
        points: list[tuple[float, float]] = []
        for cell, place, width in placed:
            number = counterpart(study, cell)
            if number and _published_in(study, cell) == table:
                points += [(place + shift * width, number.value) for shift in (-0.5, 0, 0.5)] + [(place, np.nan)]
        if points:
            dashes = (0, (2.5, 1.2)) if table.endswith("(context)") else "-"
            [handles[table]] = axes.plot(
                *zip(*points, strict=True), color="black", linestyle=dashes, linewidth=1.3,
                marker=PUBLISHED_MARKERS[i % len(PUBLISHED_MARKERS)], markevery=(1, 4), markersize=2.6,
            )  # fmt: skip
    return handles
