"""Grids: a table with a row per method, say, and a column per target."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import closed_labels, open_labels
from mtl_bench.study import Labels
from mtl_bench.typeset import ABSENT, exact, mean_sd
from mtl_bench.views.table import USES, Table, cell_numbers, digits_of


@dataclass(frozen=True)
class Grid:
    """A table: mean ± sd over n beside the published value, one row per `rows`, one column per `columns`.

    Where further labels tell cells apart, they are part of the row; so is what of the target is used, if that differs.
    """

    reading: ClassVar[str] = "In a cell with both: measured (n) [published]."
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    rows: str = "method"
    columns: str = "target"
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Table | None:
        """The table, None when the results hold nothing for it."""
        cells = frame.measured(self.metric, self.where)
        if not cells:
            return None
        others = [name for name in open_labels(cells) if name not in (self.rows, self.columns)]
        seen = {frame.uses(cell) for cell in cells}
        names = [self.rows, *others, *([USES] if len(seen) > 1 else [])]
        rows: dict[tuple[str, ...], dict[str, str]] = {}
        for cell in cells:
            labels = {**cell.labels, USES: frame.uses(cell) or ABSENT}
            row = tuple(labels.get(name, ABSENT) for name in names)
            published = frame.counterpart(cell)
            beside = f" [{exact(published.value)}]" if published else ""
            rows.setdefault(row, {})[cell.labels.get(self.columns, ABSENT)] = (
                f"{mean_sd(cell.mean, cell.sd, digits_of(self.metric))} ({cell.n}){beside}"
            )
        columns = list(dict.fromkeys(column for row in rows.values() for column in row))
        text = [
            {**dict(zip(names, row, strict=True)), **{c: entries.get(c, ABSENT) for c in columns}}
            for row, entries in rows.items()
        ]
        numbers = [{**cell.labels, "metric": cell.metric, **cell_numbers(frame, cell)} for cell in cells]
        return Table(self.title, pd.DataFrame(numbers), pd.DataFrame(text), closed_labels(cells))
