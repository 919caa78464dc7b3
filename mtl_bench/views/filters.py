"""Filters of a network's first layer as mosaics, a panel per cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_array
from mtl_bench.results.table import ResultsError
from mtl_bench.study import REPLICATE, Labels
from mtl_bench.views import primitives

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]
Labelled = dict[str, str]  # a cell's labels, its seed and device included
MOST_PANELS, MOST_IN_A_ROW = 8, 4
GAP = 1  # pixel between filters
TITLE_HEIGHT, PADDING = 0.22, 0.09  # inches
CHANNELS = (1, 3)


@dataclass(frozen=True)
class Filters:
    """Filters of the first layer, a panel per cell, from the file that the cell names; the first eight of the plan.

    The file holds float32 (filters, 1 or 3 channels, height, width).
    """

    reading: ClassVar[str] = (
        "Each square is a filter of the first layer, scaled to its own smallest and largest weight."
    )

    title: str
    where: Labels = field(default_factory=dict)
    panels: str = "seed"  # the label that a panel's title ends with; unless it is the seed, of several seeds the first
    file: str = "filters.npy"  # the artifact of the cells that are drawn

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file,)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold no file for it."""
        shown = self._shown(frame)[:MOST_PANELS]
        if not shown:
            return None
        mosaics = [mosaic(_filters(path)) for _, path in shown]
        rows = -(-len(shown) // MOST_IN_A_ROW)
        columns = -(-len(shown) // rows)
        figure, grid = primitives.panels(rows, columns, wide=columns > 1, share=False)
        layout: Any = figure.get_layout_engine()
        layout.set(w_pad=PADDING)  # more between panels than between filters
        figure.set_figheight(rows * (TITLE_HEIGHT + _ratio(mosaics) * figure.get_figwidth() / columns))
        for axes, title, image in zip(grid, self._titles([labels for labels, _ in shown]), mosaics, strict=False):
            primitives.image(axes, image, title)
        primitives.hide_rest(grid, len(shown))
        return figure

    def _shown(self, frame: Frame) -> list[tuple[Labelled, Path]]:
        """The cells whose file is there, in the order of the plan; cells that share a trial once."""
        shown = frame.kept(self.file, self.where)
        if self.panels == REPLICATE:
            return shown
        first: dict[frozenset[tuple[str, str]], tuple[Labelled, Path]] = {}
        for labels, path in shown:
            first.setdefault(frozenset((n, v) for n, v in labels.items() if n != REPLICATE), (labels, path))
        return list(first.values())

    def _titles(self, shown: Sequence[Labelled]) -> list[str]:
        """Of each panel the labels that tell it from the others: half A, 100."""
        names = dict.fromkeys(name for labels in shown for name in labels if name != self.panels)
        told = [name for name in [*names, self.panels] if len({labels.get(name) for labels in shown}) > 1]
        return [", ".join(labels[name] for name in told if name in labels) for labels in shown]


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
    filters = read_array(path)
    if filters.ndim != 4 or filters.shape[1] not in CHANNELS or not filters.size or filters.dtype.kind not in "fiu":
        raise ResultsError(
            f"{path} holds an array {filters.shape} of {filters.dtype}; filters are (filters, 1 or 3 channels, height, "
            "width): correct what the trial keeps and run again"
        )
    return np.asarray(filters, dtype=float)
