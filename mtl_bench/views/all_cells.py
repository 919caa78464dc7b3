"""The main table of a metric: every cell with what was published, measured and gained over the own baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import closed_labels, open_labels
from mtl_bench.typeset import ABSENT, exact, linked, mean_sd, number, plus, signed
from mtl_bench.views.table import USES, Table, cell_numbers, cited, digits_of, paper_of


@dataclass(frozen=True)
class AllCells:
    """A row per cell: published and measured values and gains, and the fraction of the gap to the ceiling."""

    reading: ClassVar[str] = "A row per cell, in the order of the plan; columns without an entry are left out."
    files: ClassVar[tuple[str, ...]] = ()

    metric: str = "accuracy"

    @property
    def title(self) -> str:
        return f"All cells: {self.metric}"

    def draw(self, frame: Frame) -> Table | None:
        """The table, None when the results hold nothing for it."""
        cells = frame.measured(self.metric)
        if not cells:
            return None
        # Of a single cell the baseline's own label still names it.
        names = open_labels(cells) or list(frame.study.baseline)
        digits = digits_of(self.metric)
        numbers, text = [], []
        for cell in cells:
            row, published = cell_numbers(frame, cell), frame.counterpart(cell)
            paper, fraction = paper_of(frame.study, published), row["fraction of gap"]
            numbers.append({**cell.labels, "metric": self.metric, **row})
            text.append(
                {
                    **{name: cell.labels.get(name, ABSENT) for name in names},
                    USES: frame.uses(cell) or ABSENT,
                    "published": linked(exact(row["published"]), paper),
                    "measured": mean_sd(row["mean"], row["sd"], digits),
                    "n": str(row["n"]),
                    "gain": plus(row["gain"], mean_sd(row["gain"], row["gain sd"], digits)),
                    "published gain": signed(row["published gain"], digits),
                    "fraction of gap": ABSENT if fraction is None else f"{number(fraction, 0)} %",
                    "published in": linked(cited(published), paper),
                }
            )
        shown = pd.DataFrame(text, dtype=object)  # pandas' own strings would lose the links
        empty = [name for name in shown.columns if (shown[name] == ABSENT).all()]
        return Table(self.title, pd.DataFrame(numbers), shown.drop(columns=empty), closed_labels(cells))
