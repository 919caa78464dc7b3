"""Filters of a network's first layer as mosaics, a panel per cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_bench.results.frame import planned
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import REPLICATE, Filters, Study
from mtl_bench.views.style import panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]
Labelled = dict[str, str]  # a cell's labels, its seed and device included
MOST_PANELS, MOST_IN_A_ROW = 8, 4
GAP = 1  # pixel between filters
TITLE_HEIGHT, PADDING = 0.22, 0.09  # inches
CHANNELS = (1, 3)


def draw_filters(view: Filters, study: Study, results: Results) -> Figure | None:
    """The figure of a view, None when the results hold no file for it."""
    shown = _kept(view, study, results)[:MOST_PANELS]
    if not shown:
        return None
    mosaics = [mosaic(_filters(path)) for _, path in shown]
    rows = -(-len(shown) // MOST_IN_A_ROW)
    columns = -(-len(shown) // rows)
    figure, grid = panels(rows, columns, wide=columns > 1, share=False)
    layout: Any = figure.get_layout_engine()
    layout.set(w_pad=PADDING)  # more between panels than between filters
    figure.set_figheight(rows * (TITLE_HEIGHT + _ratio(mosaics) * figure.get_figwidth() / columns))
    for axes, title, image in zip(grid, _titles(view, [labels for labels, _ in shown]), mosaics, strict=False):
        axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(title, loc="left")
        axes.set_axis_off()
    for axes in grid[len(shown) :]:
        axes.set_visible(False)
    return figure


def mosaic(filters: Array) -> Array:
    """float (height, width, 3) or (height, width): (n, channels, height, width) side by side, each scaled to [0, 1].

    The gaps are white. A filter whose weights are all equal is grey.
    """
    n, channels, height, width = filters.shape
    low = filters.min((1, 2, 3), keepdims=True)
    span = filters.max((1, 2, 3), keepdims=True) - low
    scaled = np.where(span > 0, (filters - low) / np.where(span > 0, span, 1), 0.5)
    columns = _columns(n)
    rows = -(-n // columns)
    image = np.ones((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels))
    for i, one in enumerate(scaled):
        top, left = (i // columns) * (height + GAP), (i % columns) * (width + GAP)
        image[top : top + height, left : left + width] = one.transpose(1, 2, 0)
    return image if channels > 1 else image[:, :, 0]


def _columns(n: int) -> int:
    """The squarest full rectangle that is at most twice as wide as high, or else a square with an open last row."""
    square = math.ceil(math.sqrt(n))
    return next((c for c in range(square, n + 1) if n % c == 0 and c * c <= 2 * n), square)


def _ratio(mosaics: Sequence[Array]) -> float:
    """The height of the highest mosaic in widths."""
    return max(float(image.shape[0] / image.shape[1]) for image in mosaics)


def _filters(path: Path) -> Array:
    filters = np.load(path, allow_pickle=False)
    if filters.ndim != 4 or filters.shape[1] not in CHANNELS:
        raise ResultsError(
            f"{path} holds an array {filters.shape}; filters are (filters, 1 or 3 channels, height, width): "
            "correct what the trial keeps and run again"
        )
    return np.asarray(filters, dtype=float)


def _kept(view: Filters, study: Study, results: Results) -> list[tuple[Labelled, Path]]:
    """The cells whose file is there, in the order of the plan; cells that share a trial once."""
    order = {
        frozenset((n, str(v)) for n, v in cell.labels.items()): i for i, cell in enumerate(planned(study, results))
    }
    files: dict[Path, tuple[int, Labelled]] = {}
    for row in results.select(view.where, view.metric).to_dict("records"):
        labels = {str(name): str(row[name]) for name in results.labels if row[name] != ""}
        path = results.kept(row["key"], view.file)
        place = order.get(frozenset(labels.items()), len(order))  # former cells last
        if path.exists() and place < files.get(path, (math.inf, {}))[0]:
            files[path] = place, {**labels, "device": row["device"]}
    shown = [(labels, path) for path, (_, labels) in sorted(files.items(), key=lambda file: file[1][0])]
    if view.panels == REPLICATE:
        return shown
    first: dict[frozenset[tuple[str, str]], tuple[Labelled, Path]] = {}
    for labels, path in shown:
        first.setdefault(frozenset((n, v) for n, v in labels.items() if n != REPLICATE), (labels, path))
    return list(first.values())


def _titles(view: Filters, shown: Sequence[Labelled]) -> list[str]:
    """Of each panel the labels that tell it from the others: half A, 100."""
    names = dict.fromkeys(name for labels in shown for name in labels if name != view.panels)
    told = [name for name in [*names, view.panels] if len({labels.get(name) for labels in shown}) > 1]
    return [", ".join(labels[name] for name in told if name in labels) for labels in shown]
