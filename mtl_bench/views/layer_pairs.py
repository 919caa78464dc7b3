"""Layer pairs: how alike each layer of one network is to each layer of another."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_table
from mtl_bench.results.measured import too_few
from mtl_bench.study import Labels
from mtl_bench.typeset import number
from mtl_bench.views import primitives
from mtl_bench.views.kept_files import files_by, wrong
from mtl_bench.views.style import ONE_COLUMN, TWO_COLUMNS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SQUARE = 0.3, 0.24  # inches, as wide as a number
NAMES = 0.65  # inches, of the layers' names and the axis' title
WRITTEN = int((TWO_COLUMNS - NAMES) / SQUARE[0])  # layers a side up to which numbers stand on the squares
MOST_IN_A_ROW = 3
DIGITS = 2
ROUNDING = 1e-6


@dataclass(frozen=True)
class LayerPairs:
    """A square per pair of layers, a panel per value of the label `panels`; all share one scale of colours.

    The file has a column per layer of the second network, under its name, and a row per layer of the first, without
    names: these are the columns' where there are as many, and numbers where there are not.
    """

    reading: ClassVar[str] = (
        "Means over seeds of how alike (CKA, 1 for the same up to turns and scale) a layer of the first network, "
        "downwards, and a layer of the second, along, are; darker is more. Numbers in italics are of fewer than three "
        "runs."
    )

    title: str
    panels: str = "pair"  # the label whose values have panels of their own
    where: Labels = field(default_factory=dict)
    file: str = "cka.csv"

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file,)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold no file for it. Raises ResultsError for two on one panel."""
        found = files_by(self.panels, frame, self.file, self.where, self.title)
        if not found:
            return None
        means = {title: _mean(list(paths.values())) for title, paths in found.items()}
        tall, wide = (max(mean.shape[axis] for mean in means.values()) for axis in (0, 1))
        columns = _columns(len(means), wide)
        figure, grid = primitives.panels(-(-len(means) // columns), columns, wide=columns > 1, share=False)
        width = TWO_COLUMNS if columns > 1 or NAMES + SQUARE[0] * wide > ONE_COLUMN else ONE_COLUMN
        figure.set_size_inches(width, (NAMES + SQUARE[1] * max(tall, 3)) * -(-len(means) // columns))
        low = min(0.0, *(float(mean.to_numpy().min()) for mean in means.values()))
        for i, (axes, (title, mean)) in enumerate(zip(grid, means.items(), strict=False)):
            slant = "italic" if too_few(found[title]) else "normal"
            texts = {place: (number(float(v), DIGITS), slant) for place, v in np.ndenumerate(mean.to_numpy())}
            written = texts if max(tall, wide) <= WRITTEN else {}
            drawn = primitives.squares(axes, mean.to_numpy(), list(mean.index), list(mean.columns), low, 1.0, written)
            axes.set_title(title, loc="left")
            axes.set_xlabel("second network" if i + columns >= len(means) else "")
            axes.set_ylabel("first network" if i % columns == 0 else "")
        primitives.hide_rest(grid, len(means))
        if max(tall, wide) > WRITTEN:
            primitives.colour_bar(figure, drawn, grid, "CKA")
        return figure


def _columns(panels: int, layers: int) -> int:
    """As many panels side by side as have room, in full rows where that needs no more rows."""
    room = max(1, min(MOST_IN_A_ROW, panels, int(TWO_COLUMNS / (NAMES + SQUARE[0] * layers))))
    return -(-panels // -(-panels // room))


def _mean(paths: list[Path]) -> pd.DataFrame:
    """Over the files, by the names of layers. Raises ResultsError where these differ."""
    tables = [_alike(path) for path in paths]
    for path, table in zip(paths, tables, strict=True):
        if not (table.index.equals(tables[0].index) and table.columns.equals(tables[0].columns)):
            raise wrong(path, f"its layers have to be those of {paths[0]}")
    return sum(tables[1:], tables[0]) / len(tables)


def _alike(path: Path) -> pd.DataFrame:
    """The file's values, rows named too. Raises ResultsError."""
    table = read_table(path)
    numbers = all(pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes)
    if not numbers or not table.size or not (np.abs(table.to_numpy(float)) <= 1 + ROUNDING).all():
        raise wrong(path, "CKA has a row and a column per layer, and no number beyond 1")
    names = [str(name) for name in table.columns]
    rows = names if len(table) == len(names) else [str(i + 1) for i in range(len(table))]
    return pd.DataFrame(table.to_numpy(float), index=rows, columns=names)
