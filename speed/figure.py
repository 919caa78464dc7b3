"""The figure of the speed table: ratios and seconds as dots on logarithmic axes, with their goals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mtl_bench.views.primitives import legend
from mtl_bench.views.style import COLOURS, STYLE, TWO_COLUMNS
from speed.lines import Entry

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_HEIGHT, FRAME = 0.19, 0.55  # inches: of a row, and of a panel's axis with its label
FINEST = 1e-3  # below it, a time beyond a peer's is nothing, and may be negative; no ratio is so small
FACES = {"yes": COLOURS[0], "no": COLOURS[4], "": COLOURS[6]}
MARKS = {"yes": "o", "no": "s", "": "D"}  # the shape says what the colour says
NAMES = {"yes": "goal reached", "no": "goal missed", "": "no goal"}


def save(lines: Sequence[Entry], stem: Path) -> bool:
    """Write `<stem>.png` and `<stem>.pdf`; False when there is nothing to draw."""
    from matplotlib import style
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    panels = [[line for line in lines if line.unit == unit] for unit in ("ratio", "seconds")]
    panels = [panel for panel in panels if panel]
    if not panels:
        return False
    stem.parent.mkdir(parents=True, exist_ok=True)
    with style.context(["default", STYLE]):
        heights = [FRAME + ROW_HEIGHT * len(panel) for panel in panels]
        figure = Figure(figsize=(TWO_COLUMNS, sum(heights)), layout="constrained")
        grid = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
        for axes, panel in zip(grid.flat, panels, strict=True):
            _draw(axes, panel)
        handles = {
            NAMES[kind]: Line2D([], [], color=FACES[kind], marker=MARKS[kind], linewidth=1.0, markersize=4)
            for kind in FACES
            if any(line.reached == kind for line in lines)
        }
        if any(not math.isnan(line.goal) for line in lines):
            handles["goal"] = Line2D([], [], color="black", marker="|", linestyle="", markersize=8, markeredgewidth=1.4)
        legend(figure, handles, "upper")
        figure.savefig(stem.with_name(stem.name + ".png"), metadata={"Software": None})
        figure.set_layout_engine("none")  # laid out once, the same for both
        nothing = {"CreationDate": None, "Creator": None, "Producer": None}
        figure.savefig(stem.with_name(stem.name + ".pdf"), metadata=nothing)
    return True


def _draw(axes: Axes, lines: Sequence[Entry]) -> None:
    """A row per line, the first on top."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    for place, line in enumerate(lines):
        colour = FACES[line.reached]
        value, low, high = (max(v, FINEST) for v in (line.value, line.low, line.high))
        low, high = (value if math.isnan(bound) else bound for bound in (low, high))
        axes.plot([low, high], [place, place], color=colour, linewidth=1.0, solid_capstyle="butt")
        axes.plot(value, place, MARKS[line.reached], color=colour, markersize=4)
        if not math.isnan(line.goal):
            axes.plot([line.goal] * 2, [place - 0.36, place + 0.36], color="black", linewidth=1.4)
    seconds = lines[0].unit == "seconds"
    beside = " beyond " if seconds else " / "
    names = [line.row + (f"{beside}{line.peer}" if line.peer else "") for line in lines]
    axes.set_yticks(range(len(lines)), names)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xscale("log")
    numbers = [v for line in lines for v in (line.value, line.low, line.high, line.goal)]
    values = [max(v, FINEST) for v in numbers if not math.isnan(v)]
    axes.set_xlim(min(*values, 1.0) / 1.5, max(*values, 1.0) * 1.5)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    if not seconds:
        axes.axvline(1.0, color="0.35", linewidth=0.8, linestyle=(0, (4, 2)), zorder=1.5)
    axes.set_xlabel("processor seconds" if seconds else "our processor time / the peer's (left of 1: ours is faster)")
