"""What a view that is a table draws, its files, and the numbers of a cell that tables share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtl_bench.disk import write_atomically
from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import Measured, fraction_of_gap, means_over_common_seeds
from mtl_bench.study import Published, Study
from mtl_bench.typeset import ABSENT, latex_table, markdown_table
from mtl_bench.views.style import PERCENT

USES = "uses of the target"  # the column that says what of the target a method sees
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the start of a formula


@dataclass(frozen=True)
class Table:
    """Numbers for a program, and the same as text for a reader."""

    title: str
    numbers: pd.DataFrame
    text: pd.DataFrame
    shared: dict[str, str] = field(default_factory=dict)  # labels with the value that all rows have

    def write(self, stem: Path) -> None:
        """`<stem>.csv` (numbers), `<stem>.md` and `<stem>.tex` (text)."""
        numbers = self.numbers.rename(columns=_plain).map(_plain)
        write_atomically(stem.with_name(f"{stem.name}.csv"), numbers.to_csv(index=False, lineterminator="\n"))
        write_atomically(stem.with_name(f"{stem.name}.md"), markdown_table(self.text))
        head = f"% {' '.join(f'{self.title} {self._shared()}'.split())}\n% \\usepackage{{booktabs,longtable}}\n"
        write_atomically(stem.with_name(f"{stem.name}.tex"), head + latex_table(self.text))

    def _shared(self) -> str:
        return f"({', '.join(f'{name}: {value}' for name, value in self.shared.items())})" if self.shared else ""


def _plain(value: Any) -> Any:
    """Words that a spreadsheet would compute get an apostrophe; a label such as -0.5 stays the number that it is."""
    if not isinstance(value, str) or not value.startswith(FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def cell_numbers(frame: Frame, cell: Measured) -> dict[str, Any]:
    """Mean, spread and gain of a cell, its fraction of the gap to the ceiling, and what was published of it."""
    baseline = frame.relative(cell, frame.study.baseline)
    ceiling = frame.relative(cell, frame.study.ceiling)
    gains = cell.minus(baseline) if baseline and baseline is not cell else []
    published = frame.counterpart(cell)
    expected = frame.published_gain(published) if published else None
    fraction = None
    if baseline and ceiling and cell is not baseline and cell is not ceiling and cell.metric == "accuracy":
        fraction = fraction_of_gap(*means_over_common_seeds(cell, baseline, ceiling))
    return {
        "mean": round(cell.mean, 6),
        "sd": round(cell.sd, 6),
        "n": cell.n,
        "gain": round(float(np.mean(gains)), 6) if gains else None,
        "gain sd": round(float(np.std(gains, ddof=1)), 6) if len(gains) > 1 else None,
        "fraction of gap": fraction if fraction is None else round(fraction, 3),
        "published": published.value if published else None,
        "published gain": expected if expected is None else round(expected, 6),
        USES: frame.uses(cell),
        "paper": published.paper if published else "",
        "table": published.source if published else "",
        "compared": bool(published and not published.context),
        "verified": bool(published and published.status == "checked"),
    }


def digits_of(metric: str) -> int:
    """Percentages are read to a tenth; what has another unit needs more digits."""
    return 1 if metric in PERCENT else 3


def cited(published: Published | None) -> str:
    """The paper and the table of a published number, and what a reader must know of it."""
    if published is None:
        return ABSENT
    marks = [f"context: {published.context}"] * bool(published.context) + [published.mark] * bool(published.mark)
    return f"{published.paper}, {published.source}" + (f" ({'; '.join(marks)})" if marks else "")


def paper_of(study: Study, published: Published | None) -> str | None:
    """Where the paper of a published number can be read."""
    return study.papers.get(published.paper) if published else None
