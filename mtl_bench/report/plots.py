"""Figures of a study: bars with their spread and the published values, curves over training with a band over seeds."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mtl_bench.report.cells import Measured, counterpart, measured, open_labels
from mtl_bench.report.estimate import DOMAINS
from mtl_bench.report.style import (
    COLOURS,
    DASHES,
    HATCHES,
    LETTERS_PER_INCH,
    MARKERS,
    STYLE,
    chance_line,
    legend,
    panels,
    tint,
    unit,
)
from mtl_bench.results import Results, ResultsError
from mtl_bench.study import Bars, Curves, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BARS_OF_ONE_COLUMN, BARS_IN_A_ROW, LINES_OF_ONE_COLUMN = 5, 36, 5


def save(view: Bars | Curves, study: Study, results: Results, stem: Path) -> bool:
    """Write `<stem>.png` and `<stem>.pdf`; False when the results hold nothing to draw."""
    from matplotlib import style

    with style.context(["default", STYLE]):  # a reader's own matplotlibrc must not change the figure
        figure = draw(view, study, results)
        if figure is None:
            return False
        # Neither dates nor versions: equal results give equal files.
        figure.savefig(stem.with_name(stem.name + ".png"), metadata={"Software": None})
        figure.set_layout_engine("none")  # laid out once, the same for both
        nothing = {"CreationDate": None, "Creator": None, "Producer": None}
        figure.savefig(stem.with_name(stem.name + ".pdf"), metadata=nothing)
    return True


@singledispatch
def draw(view: object, study: Study, results: Results) -> Figure | None:
    """The figure of a view, None when the results hold nothing for it; drawn under the rc settings `STYLE`."""
    raise TypeError(f"a {type(view).__name__} has no figure; Bars and Curves have")


@draw.register(Bars)
def _bars(view: Bars, study: Study, results: Results) -> Figure | None:
    cells = measured(study, results, view.metric, view.where)
    if not cells:
        return None
    names = _values(cells, view.bars)
    clusters = _split(cells, view.bars)
    if len(clusters) == 1:  # nothing but the bars' own label differs: it stands below them
        clusters = {cell.labels.get(view.bars, ""): [cell] for cell in cells}
    in_a_row = max(1, BARS_IN_A_ROW // (len(cells) // len(clusters)))
    rows = [list(clusters.items())[i : i + in_a_row] for i in range(0, len(clusters), in_a_row)]
    figure, grid = panels(len(rows), 1, wide=len(cells) > BARS_OF_ONE_COLUMN)
    letters = round(figure.get_figwidth() * LETTERS_PER_INCH * 0.8 / max(map(len, rows)))
    handles: dict[str, Any] = {}
    published: dict[str, Any] = {}
    for axes, row in zip(grid, rows, strict=True):
        placed = list(_places(row))
        for bar, name in enumerate(names):
            mine = [one for one in placed if one[0].labels.get(view.bars, "") == name]
            if mine:
                handles[name] = _draw_bars(axes, mine, bar)
        published |= _draw_published(axes, study, placed)
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


def _places(row: Sequence[tuple[str, Sequence[Measured]]]) -> Iterator[tuple[Measured, float, float]]:
    """(cell, centre, width) of every bar of a row of clusters."""
    width = 0.84 / max(len(inside) for _, inside in row)
    for cluster, (_, inside) in enumerate(row):
        for i, cell in enumerate(inside):
            yield cell, cluster + (i - (len(inside) - 1) / 2) * width, min(width, 0.7)


def _draw_bars(axes: Axes, placed: Sequence[tuple[Measured, float, float]], index: int) -> Any:
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
        for offset, value in zip(np.linspace(-0.3, 0.3, cell.n), cell.values.values(), strict=True)
    ]
    axes.plot(
        *zip(*dots, strict=True), "o", color="white", markeredgecolor="black", markersize=2.2, markeredgewidth=0.4
    )
    return bars


def _draw_published(axes: Axes, study: Study, placed: Sequence[tuple[Measured, float, float]]) -> dict[str, Any]:
    """Lines across the bars: full where the number is compared, dashed where it is context; by paper and table."""
    marks: dict[str, list[tuple[float, float, float]]] = {}
    for cell, place, width in placed:
        if number := counterpart(study, cell):
            label = f"published: {number.paper}, {number.source}{' (context)' if number.context else ''}"
            marks.setdefault(label, []).append((number.value, place - width / 2, place + width / 2))
    handles = {}
    for label, lines in marks.items():
        dashes = "dashed" if label.endswith("(context)") else "solid"
        handles[label] = axes.hlines(*zip(*lines, strict=True), color="black", linestyle=dashes, linewidth=1.3)
    return handles


@draw.register(Curves)
def _curves(view: Curves, study: Study, results: Results) -> Figure | None:
    metrics = sorted(set(results.rows["metric"]))
    cells = {cell.keys: cell for metric in metrics for cell in measured(study, results, metric, view.where)}
    curves = {keys: curve for keys in cells if (curve := _curve(view, keys, results)) is not None}
    if not curves:
        return None
    drawn = [cells[keys] for keys in curves]
    names = _values(drawn, view.lines)
    parts = _split(drawn, view.lines)
    columns = len(parts) if len(parts) < 3 else 2 if len(parts) == 4 else 3
    figure, grid = panels(-(-len(parts) // columns), columns, wide=len(names) > LINES_OF_ONE_COLUMN)
    handles: dict[str, Any] = {}
    for axes, (title, inside) in zip(grid, parts.items(), strict=False):
        for cell in inside:
            line = names.index(cell.labels.get(view.lines, ""))
            handles[names[line]] = _line(axes, curves[cell.keys], line)
        axes.set_title(title, loc="left")
        axes.set_xlabel(view.x.replace("_", " "))
        axes.set_xlim(left=0)
        chance_line(axes, study.chance, view.y)
    for axes in grid[len(parts) :]:
        axes.set_visible(False)
    for axes in grid[::columns]:
        axes.set_ylabel(unit(view.y))
    legend(figure, {name: handles[name] for name in names}, "upper")
    return figure


def _line(axes: Axes, curve: pd.DataFrame, index: int) -> Any:
    """Mean over seeds with a band of one sd."""
    colour = COLOURS[index % len(COLOURS)]
    marker, dashes = MARKERS[index % len(MARKERS)], DASHES[index % len(DASHES)]
    low, high = curve["mean"] - curve["std"], curve["mean"] + curve["std"]
    axes.fill_between(curve.index, low, high, color=colour, alpha=0.2, linewidth=0)
    return axes.plot(curve.index, curve["mean"], color=colour, marker=marker, linestyle=dashes)[0]


def _curve(view: Curves, keys: Sequence[str], results: Results) -> pd.DataFrame | None:
    """Mean and sd over seeds by step, from the files that a cell's trials kept."""
    parts = []
    for path in (results.kept(key, view.file) for key in keys):
        if path.exists():
            part = pd.read_csv(path)
            if missing := {view.x, view.y} - set(part.columns):
                raise ResultsError(
                    f"the view “{view.title}” asks for {missing.pop()}; {path} has {', '.join(map(str, part))}"
                )
            parts.append(part)
    if not parts:
        return None
    summary: pd.DataFrame = pd.concat(parts).groupby(view.x)[view.y].agg(["mean", "std"])
    return summary


def _values(cells: Sequence[Measured], label: str) -> list[str]:
    return list(dict.fromkeys(cell.labels.get(label, "") for cell in cells))


def _split(cells: Sequence[Measured], drawn: str) -> dict[str, list[Measured]]:
    """The cells by the labels that tell them apart beside the one that is drawn, under a title."""
    names = [name for name in open_labels(cells) if name != drawn]
    parts: dict[str, list[Measured]] = {}
    for cell in cells:
        domains = " → ".join(cell.labels[name] for name in DOMAINS if name in names and name in cell.labels)
        others = [cell.labels[name] for name in names if name not in DOMAINS and name in cell.labels]
        parts.setdefault(", ".join(filter(None, [domains, *others])), []).append(cell)
    return parts
