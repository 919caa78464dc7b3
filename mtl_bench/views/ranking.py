"""Rankings: what each value of a label, such as a selection rule, loses against one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import closed_labels
from mtl_bench.study import Labels
from mtl_bench.typeset import signed
from mtl_bench.views.table import Table


@dataclass(frozen=True)
class Ranking:
    """A table that ranks the values of a label by what they lose against one of them, with the loss per column.

    A column is a mean over all else that tells cells apart, pairs of domains and methods, say.
    """

    reading: ClassVar[str] = "Mean differences from the reference, seed by seed; the smallest loss stands first."
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    rank: str = "selection"
    against: str = "oracle"
    columns: str = "method"
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Table | None:
        """What each value of the ranked label loses, by column and on average; None when nothing can be compared."""
        cells = frame.measured(self.metric, self.where)
        found: dict[str, dict[str, list[float]]] = {}
        for cell in cells:
            reference = frame.relative(cell, {self.rank: self.against})
            if reference and reference is not cell and (losses := reference.minus(cell)):
                column = cell.labels.get(self.columns, "")
                found.setdefault(cell.labels[self.rank], {}).setdefault(column, []).append(float(np.mean(losses)))
        rows = {name: {column: float(np.mean(of)) for column, of in row.items()} for name, row in found.items()}
        columns = list(dict.fromkeys(column for row in rows.values() for column in row))
        # A mean over fewer columns would be another.
        whole = {name: row for name, row in rows.items() if len(row) == len(columns)}
        if not whole:
            return None
        means = {name: float(np.mean(list(row.values()))) for name, row in whole.items()}
        ranked = sorted(whole, key=lambda name: means[name])
        numbers = [{self.rank: name, **{c: round(whole[name][c], 6) for c in columns}} for name in ranked]
        text = [
            {self.rank: name, **{c: signed(-whole[name][c]) for c in columns}, "mean": signed(-means[name])}
            for name in ranked
        ]
        return Table(self.title, pd.DataFrame(numbers), pd.DataFrame(text), closed_labels(cells))
