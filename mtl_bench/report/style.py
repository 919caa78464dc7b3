"""The paper style of all figures: sizes, colours, panels, legends. Figures are made without pyplot's global state."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ONE_COLUMN, TWO_COLUMNS = 3.3, 6.9  # inches
PANEL_HEIGHT = 1.75
PANELS_IN_A_ROW = 3
LETTERS_PER_INCH = 17  # of the legend's text
PERCENT = ("accuracy", "source_validation")
# Okabe and Ito's palette, dark and light alternating so that neighbours differ in grey too.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000", "#F0E442")
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oooo")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)))
STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same letters on every machine
    "font.size": 7,
    "axes.titlesize": 7,
    "axes.labelsize": 7,
    "figure.titlesize": 7.5,
    "figure.titleweight": "bold",
    "xtick.labelsize": 7,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "0.88",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.2,
    "hatch.linewidth": 0.5,
    "pdf.fonttype": 42,  # fonts embedded as TrueType, as publishers ask
    "savefig.dpi": 200,
}


def panels(title: str, count: int, wide: bool) -> tuple[Figure, list[Axes]]:
    """A figure of one or two columns' width with `count` panels that share their y axis."""
    from matplotlib.figure import Figure

    columns = min(count, PANELS_IN_A_ROW)
    rows = -(-count // columns)
    width = TWO_COLUMNS if wide or count > 1 else ONE_COLUMN
    figure = Figure(figsize=(width, 0.6 + PANEL_HEIGHT * rows), layout="constrained")
    figure.suptitle(textwrap.fill(title, round(width * LETTERS_PER_INCH)))
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes in grid.flat[count:]:
        axes.set_visible(False)
    return figure, list(grid.flat[:count])


def legend(figure: Figure, grid: Sequence[Axes]) -> None:
    """Every label once, below the panels, in as many columns as fit."""
    found = {name: handle for axes in grid for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    if not found:
        return
    letters = round(figure.get_figwidth() * LETTERS_PER_INCH)
    folded = [textwrap.fill(name, letters - 6) for name in found]
    longest = max(len(line) for name in folded for line in name.splitlines())
    columns = max(1, min(len(folded), letters // (longest + 6)))
    figure.legend(list(found.values()), folded, loc="outside lower center", ncols=columns, columnspacing=1.2)


def unit(metric: str) -> str:
    """The label of an axis."""
    name = metric.replace("_", " ")
    return f"{name} (%)" if metric in PERCENT else name


def chance_line(axes: Axes, chance: float | None, metric: str) -> None:
    """Where guessing ends up, when it is known."""
    if chance is not None and metric == "accuracy":
        axes.axhline(chance, color="0.35", linewidth=0.8, linestyle=(0, (4, 2)), zorder=1.5)
        axes.annotate("chance", (1, chance), xycoords=("axes fraction", "data"), xytext=(0, 1.5),
                      textcoords="offset points", ha="right", va="bottom", fontsize=6, color="0.35")  # fmt: skip
