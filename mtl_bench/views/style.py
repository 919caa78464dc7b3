"""The paper style of all figures: sizes, colours, patterns, and the files that a figure becomes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl_bench.disk import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ONE_COLUMN, TWO_COLUMNS = 3.3, 6.9  # inches
PANEL_HEIGHT = 1.75
DPI = 200  # of PNG files
LETTERS_PER_INCH = 18  # of the legend's text
PERCENT = (
    *("accuracy", "training_accuracy", "source_validation", "start", "area", "learnt_after"),
    *("train error", "test error", "error_if_set_back", "error_barrier", "error_in_the_middle"),
    *("common_mistakes", "mistakes_of_a", "mistakes_of_b", "difficulty_for_a", "difficulty_for_b"),
)
# Okabe and Ito's palette without its yellow, which is too faint for lines; dark and light alternate for print in grey.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#4D4D4D")
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oooo")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
# Of classes: Tol's muted scheme and black, which colour-blind readers tell apart where there are ten.
CLASS_COLOURS = (
    "#332288", "#88CCEE", "#DDCC77", "#CC6677", "#117733", "#AA4499", "#44AA99", "#882255", "#999933", "#000000",
)  # fmt: skip
OTHER_CLASSES = "0.75"
PUBLISHED_MARKERS = ("", "D", "^", "s", "v")
PUBLISHED_DASHES = (0, (1.5, 1.5))
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)))
# A method has the same colour, pattern and marker in every figure: its place here, each pair of which differs in one.
METHODS = (
    "DANN", "DAN", "Deep CORAL", "CDAN", "JAN", "MDD", "no adaptation", "train on target", "MCD", "ADDA", "DDC", "CMD",
    "RTN", "DSN with DANN", "TCA", "PCA", "JDA", "GFK", "SA", "CORAL", "OT with classes", "KMM", "MMD", "DRCN",
    "CDAN+E", "AdaBN",
)  # fmt: skip
ALSO = {"source only": "no adaptation"}  # another name of the same
# Networks of which layers are copied, as Yosinski et al. draw them: B's own blue, A's orange, the fine-tuned lighter.
NETWORKS = {"base": 6, "BnB": 0, "BnB+": 5, "AnB": 4, "AnB+": 1}
# Layers of texts: none given as the base, frozen and fine-tuned as A's, then both tasks at once.
NETWORKS |= {"no transfer": 6, "frozen": 4, "fine-tuned": 1, "MULT": 2, "MULT and INIT": 3}
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


def places_of(names: Sequence[str]) -> dict[str, int]:
    """The place of each name in the style's colours, patterns and markers: a method's own, for others a free one."""
    known = {method: place for place, method in enumerate(METHODS)} | NETWORKS
    own = {name: known[ALSO.get(name, name)] for name in names if ALSO.get(name, name) in known}
    if len(set(own.values())) < len(own):  # a figure with both names of one
        own = {}
    free = (place for place in count() if place not in own.values())
    return {name: own[name] if name in own else next(free) for name in names}


def styled() -> AbstractContextManager[None]:
    """Within it figures have the paper style: a reader's own matplotlibrc must not change them."""
    from matplotlib import style

    return style.context(["default", STYLE])


def save(figure: Figure, stem: Path) -> None:
    """Write `<stem>.png` for the page and `<stem>.pdf` for print, whole or not at all, the same bytes every time."""
    png, pdf = io.BytesIO(), io.BytesIO()
    with styled():
        # Neither dates nor versions: equal results give equal files.
        figure.savefig(png, format="png", metadata={"Software": None})
        figure.set_layout_engine("none")  # laid out once, the same for both
        nothing = {"CreationDate": None, "Creator": None, "Producer": None}
        figure.savefig(pdf, format="pdf", metadata=nothing)
    write_atomically(stem.with_name(f"{stem.name}.png"), png.getvalue())
    write_atomically(stem.with_name(f"{stem.name}.pdf"), pdf.getvalue())


def tint(colour: str) -> tuple[float, float, float]:
    """The colour mixed with white, so that black marks show on it."""
    from matplotlib.colors import to_rgb

    red, green, blue = (0.45 * part + 0.55 for part in to_rgb(colour))
    return red, green, blue


def unit(metric: str) -> str:
    """The label of an axis, with its unit."""
    return f"{spelt(metric)} (%)" if metric in PERCENT else spelt(metric)


def spelt(metric: str) -> str:
    """The name of an axis."""
    names = {"mmd": "squared MMD", "cmd": "CMD", "coral": "CORAL", "a_distance": "proxy A-distance"}
    return names.get(metric, metric.replace("_", " "))
