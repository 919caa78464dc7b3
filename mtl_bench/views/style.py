"""The paper style of all figures: sizes, colours, panels, legends. Figures are made without pyplot's global state."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ONE_COLUMN, TWO_COLUMNS = 3.3, 6.9  # inches
PANEL_HEIGHT = 1.75
DPI = 200  # of PNG files
LINE_HEIGHT = 0.125  # inches, of the legend's text
LETTERS_PER_INCH = 18  # of the legend's text
PERCENT = ("accuracy", "training_accuracy", "source_validation")
# Okabe and Ito's palette without its yellow, which is too faint for lines; dark and light alternate for print in grey.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#4D4D4D")
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oooo")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
PUBLISHED_MARKERS = ("", "D", "^", "s", "v")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)))
STYLE: Any = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same letters on every machine
    "font.size": 7,
    "axes.titlesize": 7,
    "axes.labelsize": 7,
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
    "savefig.dpi": DPI,
}


def panels(rows: int, columns: int, wide: bool, share: bool = True) -> tuple[Figure, list[Axes]]:
    """A figure of one or two columns' width whose panels share their y axis, unless told otherwise."""
    from matplotlib.figure import Figure

    width = TWO_COLUMNS if wide or columns > 1 else ONE_COLUMN
    figure = Figure(figsize=(width, 0.3 + PANEL_HEIGHT * rows), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False, sharey=share).flat)


def legend(figure: Figure, handles: Mapping[str, Any], place: Literal["upper", "lower"]) -> None:
    """Above or below the panels, in as many columns as fit; the figure grows by its height."""
    if not handles:
        return
    letters = round(figure.get_figwidth() * LETTERS_PER_INCH)
    names = [textwrap.fill(name, letters - 6) for name in handles]
    widths = [6 + max(len(line) for line in name.splitlines()) for name in names]
    columns = len(names) if sum(widths) <= letters else max(1, letters // max(widths))
    lines = -(-len(names) // columns) * max(len(name.splitlines()) for name in names)
    figure.set_figheight(figure.get_figheight() + LINE_HEIGHT * (lines + 1))
    where: Any = f"outside {place} center"
    figure.legend(list(handles.values()), names, loc=where, ncols=columns, columnspacing=1.2)


def tint(colour: str) -> tuple[float, float, float]:
    """The colour mixed with white, so that black marks show on it."""
    from matplotlib.colors import to_rgb

    red, green, blue = (0.45 * part + 0.55 for part in to_rgb(colour))
    return red, green, blue


def unit(metric: str) -> str:
    """The label of an axis."""
    name = metric.replace("_", " ")
    return f"{name} (%)" if metric in PERCENT else name


def chance_line(axes: Axes, chance: float | None, metric: str) -> None:
    """Where guessing ends up, when it is known."""
    if chance is not None and metric == "accuracy":
        axes.axhline(chance, color="0.35", linewidth=0.8, linestyle=(0, (4, 2)), zorder=1.5)
        place: Any = ("axes fraction", "data")
        axes.annotate("chance", (1.01, chance), xycoords=place, ha="left", va="center", fontsize=6, color="0.35")
