"""What a terminal is told of a study's results: a few accuracies, then the verdicts."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.statistics.contrasts import span
from mtl_bench.statistics.verdict import Judgement, judge
from mtl_bench.typeset import ABSENT, count, p_value
from mtl_bench.views.grid import MEAN, Grid
from mtl_bench.views.table import USES, Table

AT_MOST = 12  # rows: the baseline, the ceiling, and those that read most
APART = "  "  # between columns


def outcome_lines(frame: Frame) -> list[str]:
    """The accuracies and the verdicts."""
    return [*accuracy_lines(frame), *folded(verdict_lines(judge(frame)))]


def verdict_lines(judgements: Sequence[Judgement]) -> list[str]:
    """A line per claim for a terminal."""
    width = max((len(j.words) for j in judgements), default=0)
    lines = []
    for j in judgements:
        measured = f": {span(j.deciding, j.claim.unit)}" if j.deciding else ""
        p = f", {p_value(j.p)}" if j.p is not None else ""
        lines.append(f"{j.words:<{width}}  {j.claim.text}{measured}{p}")
    return lines


def accuracy_lines(frame: Frame) -> list[str]:
    """The rows of the study's first table of accuracies, or of one over all methods, without single pairs of domains.

    Of many rows these are the baseline's, the ceiling's and the highest.
    """
    drawn = _table(frame)
    if drawn is None:
        return []
    text = drawn.text.drop(columns=USES, errors="ignore")
    labels = [name for name in drawn.text.columns if name in frame.results.labels]
    if MEAN in text:
        text = text[[*labels, MEAN]]
    chosen = _chosen(frame, text, labels)
    shared = ", ".join(f"{name} {value}" for name, value in drawn.shared.items() if value and name != "device")
    head = f"accuracy (%), mean ± standard deviation over seeds{f' ({shared})' if shared else ''}:"
    left = len(text) - len(chosen)
    return [
        *folded([head]),
        *aligned([list(text.columns), *([str(value) for value in row] for row in chosen.itertuples(index=False))]),
        *([f"and {count(left, 'row')} more on the page"] if left else []),
        "",
    ]


def _table(frame: Frame) -> Table | None:
    name = next(iter(frame.study.baseline), "method")
    own = [view for view in frame.study.views if isinstance(view, Grid) and view.metric == "accuracy"]
    for grid in [*(view for view in own if view.rows == name), Grid("Accuracy", rows=name)]:
        if "accuracy" in frame.metrics and (drawn := grid.draw(frame)) is not None:
            return drawn
    return None


def _chosen(frame: Frame, text: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    if len(text) <= AT_MOST:
        return text
    ours = [one for one in (frame.study.baseline, frame.study.ceiling) if one]
    kept = [
        any(all(str(row.get(name, value)) == str(value) for name, value in one.items()) for one in ours)
        for row in text[list(labels)].to_dict("records")
    ]
    last = text.iloc[:, -1].map(lambda value: float("nan") if value == ABSENT else float(str(value).partition(" ")[0]))
    order = last.where(~pd.Series(kept, index=text.index), float("inf")).sort_values(ascending=False, kind="stable")
    return text.loc[sorted(order.index[:AT_MOST])]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of a table in columns; on a terminal that is too narrow for them, each row in words."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    width = _width()
    if width is not None and sum(widths) + len(APART) * (len(widths) - 1) > width:
        head, *body = rows
        return folded([f"{row[0]}: {', '.join(_worded(head[1:], row[1:]))}" for row in body])
    return [APART.join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _worded(names: Sequence[str], values: Sequence[str]) -> list[str]:
    return [f"{name} {value}" for name, value in zip(names, values, strict=True)]


def _width() -> int | None:
    """Of the terminal, None where there is none."""
    return max(shutil.get_terminal_size().columns, 20) if sys.stdout.isatty() else None


def folded(lines: Sequence[str]) -> list[str]:
    """Lines that fit a terminal, what goes on being indented; as they are where there is no terminal."""
    width = _width()
    if width is None:
        return list(lines)
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="  ") or [""]]
