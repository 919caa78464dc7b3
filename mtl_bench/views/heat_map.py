"""Heat maps: a number of each pair of domains, sources downwards and targets along."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import Measured, values_of
from mtl_bench.results.table import ResultsError
from mtl_bench.study import DOMAINS, Labels
from mtl_bench.typeset import number
from mtl_bench.views import primitives
from mtl_bench.views.style import ONE_COLUMN, TWO_COLUMNS
from mtl_bench.views.table import digits_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 0.42  # inches of a square


@dataclass(frozen=True)
class HeatMap:
    """A square per pair of domains, a panel per value of the label `panels`; all share one scale of colours."""

    reading: ClassVar[str] = (
        "Means over seeds, from the source of a row to the target of a column; darker is more. Numbers in italics are "
        "of fewer than three runs."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    metric: str = "accuracy"
    panels: str = ""  # the label whose values have panels of their own
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold nothing for it. Raises ResultsError for two cells on one square."""
        cells = [
            cell
            for cell in frame.measured(self.metric, self.where)
            if {*DOMAINS} <= cell.labels.keys() and not frame.pooled(cell)
        ]
        if not cells:
            return None
        titles = values_of(cells, self.panels) if self.panels else [""]
        parts = {
            title: [c for c in cells if not self.panels or c.labels.get(self.panels, "") == title] for title in titles
        }
        low, high = min(cell.mean for cell in cells), max(cell.mean for cell in cells)
        columns = 1 if len(parts) == 1 else 2
        figure, grid = primitives.panels(-(-len(parts) // columns), columns, wide=columns > 1, share=False)
        sides = [max(len(values_of(part, name)) for name in DOMAINS) for part in parts.values()]
        width = ONE_COLUMN if columns == 1 and max(sides) < 7 else TWO_COLUMNS
        figure.set_size_inches(width, (0.6 + SIDE * max(sides)) * -(-len(parts) // columns))
        for axes, (title, part) in zip(grid, parts.items(), strict=False):
            self._panel(axes, part, low, high)
            axes.set_title(title, loc="left")
        primitives.hide_rest(grid, len(parts))
        return figure

    def _panel(self, axes: Any, cells: list[Measured], low: float, high: float) -> None:
        source, target = DOMAINS
        rows, columns = values_of(cells, source), values_of(cells, target)
        columns = sorted(columns, key=lambda name: (rows.index(name) if name in rows else len(rows), name))
        values = np.full((len(rows), len(columns)), np.nan)
        few = np.zeros_like(values, dtype=bool)
        for cell in cells:
            place = rows.index(cell.labels[source]), columns.index(cell.labels[target])
            if not np.isnan(values[place]):
                pair = " → ".join(cell.labels[name] for name in DOMAINS)
                raise ResultsError(f"the view “{self.title}” has two cells of {pair}; tell them apart in its `where`")
            values[place], few[place] = cell.mean, cell.few
        texts = {
            place: (number(float(value), digits_of(self.metric)), "italic" if few[place] else "normal")
            for place, value in np.ndenumerate(values)
            if not np.isnan(value)
        }
        primitives.squares(axes, values, rows, columns, low, high, texts)
        axes.set_xlabel(target)
        axes.set_ylabel(source)
