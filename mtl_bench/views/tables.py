"""Tables of a study: what was published, what was measured, and what was gained over the own baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtl_bench.results.frame import (
    Index,
    Measured,
    closed_labels,
    counterpart,
    index,
    means_over_common_seeds,
    measured,
    open_labels,
    published_gain,
    relative,
    share_of_gap,
)
from mtl_bench.results.table import Results
from mtl_bench.study import Grid, Published, Ranking, Study
from mtl_bench.typeset import (
    ABSENT,
    exact,
    latex_table,
    linked,
    markdown_table,
    mean_sd,
    number,
    plus,
    signed,
)
from mtl_bench.views.style import PERCENT


@dataclass(frozen=True)
class Table:
    """Numbers for a program, and the same as text for a reader."""

    title: str
    numbers: pd.DataFrame
    text: pd.DataFrame
    shared: dict[str, str]  # labels with the value that all rows have

    def write(self, stem: Path) -> None:
        """`<stem>.csv` (numbers), `<stem>.md` and `<stem>.tex` (text)."""
        stem.with_name(stem.name + ".csv").write_text(
            self.numbers.to_csv(index=False, lineterminator="\n"), encoding="utf-8"
        )
        stem.with_name(stem.name + ".md").write_text(markdown_table(self.text), encoding="utf-8")
        stem.with_name(stem.name + ".tex").write_text(latex_table(self.text), encoding="utf-8")


def main_table(study: Study, results: Results, metric: str = "accuracy") -> Table:
    """A row per cell: published and measured values and gains, and the share of the gap to the ceiling."""
    cells = measured(study, results, metric)
    # Of a single cell the baseline's own label still names it.
    names = open_labels(cells) or list(study.baseline)
    by_labels = index(cells)
    rows = [_numbers(study, cell, by_labels) for cell in cells]
    digits = digits_of(metric)
    text = [
        {
            **{name: cell.labels.get(name, ABSENT) for name in names},
            "published": linked(exact(row["published"]), paper_of(study, counterpart(study, cell))),
            "measured": mean_sd(row["mean"], row["sd"], digits),
            "n": str(row["n"]),
            "gain": plus(row["gain"], mean_sd(row["gain"], row["gain sd"], digits)),
            "published gain": signed(row["published gain"], digits),
            "share of gap": ABSENT if row["share of gap"] is None else f"{number(row['share of gap'], 0)} %",
            "published in": linked(cited(found := counterpart(study, cell)), paper_of(study, found)),
        }
        for cell, row in zip(cells, rows, strict=True)
    ]
    labelled = [{**cell.labels, "metric": metric, **row} for cell, row in zip(cells, rows, strict=True)]
    shared = closed_labels(cells)
    shown = _without_empty(pd.DataFrame(text, dtype=object))  # pandas' own strings would lose the links
    return Table(f"All cells: {metric}", pd.DataFrame(labelled), shown, shared)


def _numbers(study: Study, cell: Measured, cells: Index) -> dict[str, Any]:
    baseline = relative(cell, study.baseline, cells)
    ceiling = relative(cell, study.ceiling, cells)
    gains = cell.minus(baseline) if baseline and baseline is not cell else []
    published = counterpart(study, cell)
    expected = published_gain(study, published) if published else None
    share = None
    if baseline and ceiling and cell not in (baseline, ceiling) and cell.metric == "accuracy":
        share = share_of_gap(*means_over_common_seeds(cell, baseline, ceiling))
    return {
        "mean": round(cell.mean, 6),
        "sd": round(cell.sd, 6),
        "n": cell.n,
        "gain": round(float(np.mean(gains)), 6) if gains else None,
        "gain sd": round(float(np.std(gains, ddof=1)), 6) if len(gains) > 1 else None,
        "share of gap": share if share is None else round(share, 3),
        "published": published.value if published else None,
        "published gain": expected if expected is None else round(expected, 6),
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


def _without_empty(text: pd.DataFrame) -> pd.DataFrame:
    """Columns in which no row has an entry say nothing."""
    return text.loc[:, [not (text[name] == ABSENT).all() for name in text.columns]]


def grid_table(view: Grid, study: Study, results: Results) -> Table:
    """Mean ± sd (n) with the published value in brackets: a row per `rows`, a column per `columns`.

    Where further labels tell cells apart, they are part of the row.
    """
    cells = measured(study, results, view.metric, view.where)
    others = [name for name in open_labels(cells) if name not in (view.rows, view.columns)]
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for cell in cells:
        row = tuple(cell.labels.get(name, ABSENT) for name in (view.rows, *others))
        published = counterpart(study, cell)
        beside = f" [{exact(published.value)}]" if published else ""
        rows.setdefault(row, {})[cell.labels.get(view.columns, ABSENT)] = (
            f"{mean_sd(cell.mean, cell.sd, digits_of(view.metric))} ({cell.n}){beside}"
        )
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    text = [
        {**dict(zip((view.rows, *others), row, strict=True)), **{c: entries.get(c, ABSENT) for c in columns}}
        for row, entries in rows.items()
    ]
    return Table(view.title, _long(study, cells), pd.DataFrame(text), closed_labels(cells))


def ranking_table(view: Ranking, study: Study, results: Results) -> Table:
    """What each value of the ranked label loses against one of them, by column and on average; least first."""
    cells = measured(study, results, view.metric, view.where)
    by_labels = index(cells)
    rows: dict[str, dict[str, float]] = {}
    for cell in cells:
        reference = relative(cell, {view.rank: view.against}, by_labels)
        if reference and reference is not cell and (losses := reference.minus(cell)):
            rows.setdefault(cell.labels[view.rank], {})[cell.labels.get(view.columns, "")] = float(np.mean(losses))
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    whole = {name: row for name, row in rows.items() if len(row) == len(columns)}  # a mean over fewer would be another
    means = {name: float(np.mean(list(row.values()))) for name, row in whole.items()}
    ranked = sorted(whole, key=lambda name: means[name])
    numbers = [{view.rank: name, **{c: round(whole[name][c], 6) for c in columns}} for name in ranked]
    text = [
        {view.rank: name, **{c: signed(-whole[name][c]) for c in columns}, "mean": signed(-means[name])}
        for name in ranked
    ]
    return Table(view.title, pd.DataFrame(numbers), pd.DataFrame(text), closed_labels(cells))


def _long(study: Study, cells: Iterable[Measured]) -> pd.DataFrame:
    by_labels = index(cells)
    return pd.DataFrame([{**c.labels, "metric": c.metric, **_numbers(study, c, by_labels)} for c in by_labels.values()])
