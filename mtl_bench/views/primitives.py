"""What figures are made of: panels, legends, bars, lines with bands, dots with intervals, points, images, heat maps.

`index` says which of the style's colours and patterns a mark has. Figures are made without pyplot's global state.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mtl_bench.results.measured import FEW
from mtl_bench.views.style import (
    COLOURS,
    DASHES,
    HATCHES,
    LETTERS_PER_INCH,
    MARKERS,
    ONE_COLUMN,
    PANEL_HEIGHT,
    PUBLISHED_DASHES,
    TWO_COLUMNS,
    tint,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = Sequence[float] | pd.Series | pd.Index | np.ndarray[Any, Any]
LINE_HEIGHT = 0.125  # inches, of the legend's text
SQUARES = "Blues"  # the colours of a heat map, darker for more
BAR_WIDTH = 0.12  # inches, of the scale beside it
DARK = 0.6  # of the scale, from which on text is white
HOLLOW = f"hollow: fewer than three runs (n < {FEW})"


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


def chance_line(axes: Axes, chance: float | None, metric: str) -> None:
    """Where guessing ends up, when it is known."""
    if chance is not None and metric == "accuracy":
        axes.axhline(chance, color="0.35", linewidth=0.8, linestyle=(0, (4, 2)), zorder=1.5)
        place: Any = ("axes fraction", "data")
        axes.annotate("chance", (1.01, chance), xycoords=place, ha="left", va="center", fontsize=6, color="0.35")


def hollow_mark() -> dict[str, Any]:
    """What a legend has of hollow marks."""
    from matplotlib.lines import Line2D

    style: dict[str, Any] = {"marker": "o", "markerfacecolor": "white", "markeredgecolor": "0.3", "linestyle": ""}
    return {HOLLOW: Line2D([], [], **style)}


def hollow_patch() -> dict[str, Any]:
    """The same of bars."""
    from matplotlib.patches import Patch

    return {HOLLOW: Patch(facecolor="white", edgecolor="0.3", linestyle=(0, (2, 1)), linewidth=0.8)}


def bars(
    axes: Axes, places: Numbers, heights: Numbers, sds: Numbers, width: float, index: int, hollow: Sequence[bool]
) -> Any:
    """Means as bars, their standard deviation as error bars; not a number draws none. Hollow ones have dashed edges."""
    colour, hatch = COLOURS[index % len(COLOURS)], HATCHES[index % len(HATCHES)]
    drawn = axes.bar(places, heights, width, color=tint(colour), hatch=hatch, edgecolor=colour, linewidth=0.8)
    for bar, few in zip(drawn, hollow, strict=True):
        if few:
            bar.set(facecolor="white", linestyle=(0, (2, 1)), hatch="")
    axes.errorbar(places, heights, sds, fmt="none", color="black", elinewidth=0.8, capsize=2)
    return drawn if not all(hollow) else patch(index)


def patch(index: int) -> Any:
    """What a legend has of bars that are all hollow."""
    from matplotlib.patches import Patch

    colour, hatch = COLOURS[index % len(COLOURS)], HATCHES[index % len(HATCHES)]
    return Patch(facecolor=tint(colour), edgecolor=colour, hatch=hatch, linewidth=0.8)


def dots(axes: Axes, places: Numbers, values: Numbers) -> None:
    """Single runs, white on whatever is behind them."""
    axes.plot(places, values, "o", color="white", markeredgecolor="black", markersize=2.2, markeredgewidth=0.4)


def line(axes: Axes, places: Numbers, values: Numbers, index: int, hollow: Sequence[bool] = (), **style: Any) -> Any:
    """Marks joined by a line, those that are `hollow` filled with white. What comes back shows a filled mark."""
    from matplotlib.lines import Line2D

    colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
    own: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": DASHES[index % len(DASHES)], **style}
    [drawn] = axes.plot(places, values, **own)
    few = np.asarray(hollow, dtype=bool)
    if few.any():
        x, y = np.asarray(places)[few], np.asarray(values)[few]
        axes.plot(x, y, **{**own, "linestyle": "", "markerfacecolor": "white", "markersize": 4, "gid": "hollow"})
    return Line2D([], [], **own) if few.any() else drawn


def published_line(axes: Axes, places: Numbers, values: Numbers, index: int, **style: Any) -> Any:
    """A paper's numbers: marks with a black edge on fine dashes."""
    own: dict[str, Any] = {"markeredgecolor": "black", "markeredgewidth": 0.5, "markersize": 4}
    return line(
        axes,
        places,
        values,
        index,
        **{**own, "linestyle": PUBLISHED_DASHES, "linewidth": 0.9, "gid": "published", **style},
    )


def band(axes: Axes, places: Numbers, low: Numbers, high: Numbers, index: int, alpha: float = 0.2) -> None:
    """What lies between two lines, tinted."""
    axes.fill_between(places, low, high, color=COLOURS[index % len(COLOURS)], alpha=alpha, linewidth=0)


def intervals(axes: Axes, places: Numbers, low: Numbers, high: Numbers, index: int) -> None:
    """An upright line from low to high at each place: with `line` or `points` on it, dots with intervals."""
    axes.vlines(places, low, high, color=COLOURS[index % len(COLOURS)], linewidth=0.8)


def levels(axes: Axes, heights: Numbers, low: Numbers, high: Numbers, index: int) -> None:
    """The same lying: a line from low to high at each height."""
    axes.hlines(heights, low, high, color=COLOURS[index % len(COLOURS)], linewidth=0.8)


def points(
    axes: Axes, x: Numbers, y: Numbers, index: int, size: float = 4, hollow: Sequence[bool] = (), **style: Any
) -> Any:
    """Small marks, those that are `hollow` filled with white; `size` in square points.

    What comes back shows a filled mark.
    """
    colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
    if not any(hollow):
        return axes.scatter(x, y, s=size, c=colour, marker=marker, linewidths=0, **style)
    from matplotlib.lines import Line2D

    faces = ["white" if few else colour for few in hollow]
    axes.scatter(x, y, s=size, facecolors=faces, edgecolors=colour, marker=marker, linewidths=0.8, **style)
    return Line2D([], [], color=colour, marker=marker, linestyle="", markersize=size**0.5)


def image(axes: Axes, pixels: np.ndarray[Any, Any], title: str) -> None:
    """Every pixel a square: (height, width) in grey or (height, width, 3), from 0 to 1."""
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(title, loc="left")
    axes.set_axis_off()


def squares(
    axes: Axes,
    values: np.ndarray[Any, Any],
    rows: Sequence[str],
    columns: Sequence[str],
    low: float,
    high: float,
    texts: Mapping[tuple[int, ...], tuple[str, str]],
    slanted: bool = True,
) -> Any:
    """A heat map with the names of its rows and columns; `texts` has what stands on a square, and in which slant.

    Names of columns are `slanted` where they are long. What comes back has the colours.
    """
    drawn = axes.imshow(values, cmap=SQUARES, vmin=low, vmax=high, aspect="auto")
    for place, (text, slant) in texts.items():
        dark = high > low and (values[place] - low) / (high - low) > DARK
        colour = "white" if dark else "black"
        axes.text(place[1], place[0], text, style=slant, ha="center", va="center", color=colour)
    turned: Any = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(range(len(columns)), columns, **turned)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return drawn


def colour_bar(figure: Figure, drawn: Any, grid: Sequence[Axes], name: str) -> None:
    """The scale of `drawn`, which all panels share, at their right; for a figure that has its height."""
    shown = [axes for axes in grid if axes.get_visible()]
    room, thin = 1.5 * BAR_WIDTH / figure.get_figwidth(), figure.get_figheight() / BAR_WIDTH
    bar: Any = figure.colorbar(drawn, ax=shown, label=name, format="%g", fraction=room, pad=0.02, aspect=thin)
    bar.outline.set_visible(False)


def hide_rest(grid: Sequence[Axes], used: int) -> None:
    """Panels that stay empty are not shown."""
    for axes in grid[used:]:
        axes.set_visible(False)
