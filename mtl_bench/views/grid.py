"""Grids: tables in the papers' shape, a row per method and a column per pair of domains, with their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import Measured, closed_labels, has, open_labels
from mtl_bench.study import DOMAINS, Labels
from mtl_bench.typeset import ABSENT, Styled, exact, mean_sd, number
from mtl_bench.views.table import USES, Table, cell_numbers, digits_of, paper_of

PAIR = "pair"  # source → target, as one label
MEAN = "mean"
LABELS = "labels"  # the use of a target that no comparison with others bears
HIGHER_IS_BETTER = ("accuracy",)


@dataclass(frozen=True)
class Grid:
    """A table: mean ± sd with the published value beneath, one row per `rows`, one column per `columns`.

    "pair" is a pair of domains, from the source to the target; over pairs each row has a mean. Where further labels
    tell cells apart, they are part of the row; so is what of the target is used, if that differs. Cells that are means
    over others are left out.
    """

    reading: ClassVar[str] = (
        "Mean ± standard deviation over n seeds, n in brackets where it differs; beneath, in square brackets, the "
        "published value. The best of a column is bold, but for what saw the target's labels."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    rows: str = "method"
    columns: str = PAIR
    metric: str = "accuracy"
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Table | None:
        """The table, None when the results hold nothing for it."""
        cells = [cell for cell in frame.measured(self.metric, self.where) if not frame.pooled(cell)]
        if not cells:
            return None
        opened = open_labels(cells)
        drawn = {self.rows, self.columns, *(DOMAINS if PAIR in (self.rows, self.columns) else ())}
        seen = {frame.uses(cell) for cell in cells}
        names = [self.rows, *(name for name in opened if name not in drawn), *([USES] if len(seen) > 1 else [])]
        rows: dict[tuple[str, ...], dict[str, Measured]] = {}
        for cell in cells:
            labels = {**cell.labels, USES: frame.uses(cell) or ABSENT, PAIR: _pair(cell, opened)}
            row = tuple(labels.get(name, ABSENT) for name in names)
            rows.setdefault(row, {})[labels.get(self.columns, ABSENT)] = cell
        columns = list(dict.fromkeys(column for entries in rows.values() for column in entries))
        equal = len({cell.n for cell in cells}) == 1
        text = [
            dict(zip(names, row, strict=True))
            | {c: self._text(frame, [entries[c]], equal) if c in entries else ABSENT for c in columns}
            | ({MEAN: self._mean(frame, entries, columns, equal)} if self._has_mean(columns) else {})
            for row, entries in rows.items()
        ]
        if self.metric in HIGHER_IS_BETTER:
            informed = [any(_saw_labels(frame, cell) for cell in entries.values()) for entries in rows.values()]
            for column in [*columns, *([MEAN] if self._has_mean(columns) else [])]:
                _embolden(text, column, informed)
        numbers = [{**cell.labels, "metric": cell.metric, **cell_numbers(frame, cell)} for cell in cells]
        shared = closed_labels(cells) | ({"n": str(cells[0].n)} if equal else {})
        return Table(self.title, pd.DataFrame(numbers), pd.DataFrame(text, dtype=object), shared)

    def _has_mean(self, columns: Sequence[str]) -> bool:
        return self.columns == PAIR and len(columns) > 1

    def _mean(self, frame: Frame, entries: dict[str, Measured], columns: Sequence[str], equal: bool) -> str:
        """Over the pairs of a row that has all of them."""
        return self._text(frame, list(entries.values()), equal) if len(entries) == len(columns) else ABSENT

    def _text(self, frame: Frame, cells: Sequence[Measured], equal: bool) -> Styled:
        """The mean over cells by the seeds that all have, and the published one where one table has all of them."""
        seeds = [seed for seed in cells[0].values if all(seed in cell.values for cell in cells)]
        values = [float(np.mean([cell.values[seed] for cell in cells])) for seed in seeds]
        found, digits = [frame.counterpart(cell) for cell in cells], digits_of(self.metric)
        published = [one for one in found if one is not None]
        beneath, paper = "", None
        if len(published) == len(cells) and len({(one.paper, one.source) for one in published}) == 1:
            mean = float(np.mean([one.value for one in published]))
            paper = paper_of(frame.study, published[0])
            beneath = f"[{exact(mean) if len(cells) == 1 else number(mean, digits)}]"
        if not values:
            return Styled(ABSENT, beneath=beneath, url=paper)
        sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
        shown = mean_sd(float(np.mean(values)), sd, digits)
        return Styled(shown if equal else f"{shown} ({len(values)})", beneath=beneath, url=paper)


def _pair(cell: Measured, opened: Sequence[str]) -> str:
    """amazon → webcam; of one source or one target, which all cells share, the other alone."""
    varied = [cell.labels[name] for name in DOMAINS if name in opened and name in cell.labels]
    return " → ".join(varied) or cell.metric


def _saw_labels(frame: Frame, cell: Measured) -> bool:
    """Whether it is a ceiling, or a checkpoint that was chosen by the target's labels."""
    ceiling = frame.study.ceiling
    return LABELS in frame.uses(cell).split(", ") or (ceiling is not None and has(cell.labels, ceiling))


def _embolden(text: Sequence[dict[str, str]], column: str, left_aside: Sequence[bool]) -> None:
    """Make the best entry of a column bold, or all that are written alike; of one entry none is the best."""
    entries = [row for row, aside in zip(text, left_aside, strict=True) if not aside and row[column] != ABSENT]
    written = {id(row): float(row[column].partition(" ")[0].replace("−", "-")) for row in entries}
    for row in entries if len(entries) > 1 else ():
        found = row[column]
        if written[id(row)] == max(written.values()):
            beneath = getattr(found, "beneath", "")
            row[column] = Styled(found, bold=True, beneath=beneath, url=getattr(beneath, "url", None))
