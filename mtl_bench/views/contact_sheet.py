"""Contact sheet: the pictures that cells kept, a row per cell."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_array
from mtl_bench.study import Labels
from mtl_bench.views import primitives
from mtl_bench.views.kept_files import first_files, wrong
from mtl_bench.views.style import LETTERS_PER_INCH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]
MOST_IN_A_LINE = 12
GAPS_IN_A_PICTURE = 12  # how many gaps are as wide as a picture
LETTERS = 18  # of a line of a title
PADDING = 0.06  # inches between rows


@dataclass(frozen=True)
class ContactSheet:
    """Pictures side by side, a row per value of the label `rows`, of the first seed alone; many go on below.

    The file holds uint8 (n, height, width, 3); a row without pictures is left out.
    """

    reading: ClassVar[str] = "Each row holds pictures of the kind at its left, of the first seed alone, pixel by pixel."

    title: str
    rows: str = "kind"  # the label that names the rows
    where: Labels = field(default_factory=dict)
    file: str = "pictures.npy"

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file,)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold no picture for it. Raises ResultsError for two files in one row."""
        found = first_files(self.rows, frame, self.file, self.where, self.title)
        pictures = {title: kept for title, path in found.items() if len(kept := _pictures(path))}
        if not pictures:
            return None
        columns = min(MOST_IN_A_LINE, max(len(one) for one in pictures.values()))
        names = [textwrap.fill(title, LETTERS) for title in pictures]
        sheets = [sheet(one, columns) for one in pictures.values()]
        heights = [image.shape[0] / image.shape[1] for image in sheets]
        figure, grid = primitives.panels(len(sheets), 1, wide=columns > MOST_IN_A_LINE // 2, share=False)
        shares: Any = grid[0].get_gridspec()
        shares.set_height_ratios(heights)
        figure.set_layout_engine("compressed")
        beside = max(len(line) for name in names for line in name.splitlines()) / LETTERS_PER_INCH
        width = figure.get_figwidth() - beside - 2 * PADDING
        figure.set_figheight(sum(height * width + PADDING for height in heights) + PADDING)
        for axes, name, image in zip(grid, names, sheets, strict=True):
            primitives.image(axes, image / 255, "")
            axes.annotate(
                name, (0, 0.5), (-4, 0), "axes fraction", "offset points", ha="right", va="center", ma="right"
            )
        return figure


def sheet(pictures: Array, columns: int) -> Array:
    """uint8 (height, width, 3): (n, height, width, 3) side by side, so many in a line, with white gaps and ends."""
    n, height, width, channels = pictures.shape
    gap = -(-width // GAPS_IN_A_PICTURE)
    lines = -(-n // columns)
    image = np.full((lines * (height + gap) - gap, columns * (width + gap) - gap, channels), 255, np.uint8)
    for i, one in enumerate(pictures):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        image[top : top + height, left : left + width] = one
    return image


def _pictures(path: Path) -> Array:
    pictures = read_array(path)
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3 or not all(pictures.shape[1:]):
        raise wrong(path, f"an array {pictures.shape} of {pictures.dtype}, and pictures are uint8 (n, h, w, 3)")
    return pictures
