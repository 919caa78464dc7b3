"""Lines as a paper printed them: what `Layers` shows beside its own, and from which of the paper's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mtl_bench.results.counterparts import Counterparts
from mtl_bench.results.measured import Measured
from mtl_bench.study import Labels, Published

Lines = Mapping[int, tuple[Labels | None, Sequence[Measured]]]  # by line: what it is against, and its cells


@dataclass(frozen=True)
class PrintedLine:
    """A line as a paper printed it."""

    paper: str
    source: str
    context: bool
    values: pd.DataFrame  # by place: mean and std, which is not a number where the paper gives none


def printed_lines(lines: Lines, published: Sequence[Published], x: str, metric: str) -> dict[int, PrintedLine]:
    """By line, what was published of it, one to compare with before mere context, from as few tables as can be."""
    tables: dict[tuple[str, str], list[Published]] = {}
    for number in published:
        if number.metric == metric:
            tables.setdefault((number.paper, number.source), []).append(number)
    prints = [
        {i: one for i, (against, cells) in lines.items() if (one := _printed(tuple(table), against, cells, x))}
        for table in tables.values()
    ]
    papers: dict[int, PrintedLine] = {}
    for found in sorted(prints, key=lambda found: (all(each.context for each in found.values()), -len(found))):
        papers = {**found, **papers}
    points = all(lines[i][0] is None and len(paper.values) == 1 for i, paper in papers.items())
    if points and all(paper.context for paper in papers.values()):
        return {}  # a reference with nothing to be read against it is no panel
    return papers


def _printed(
    numbers: tuple[Published, ...], against: Labels | None, cells: Sequence[Measured], x: str
) -> PrintedLine | None:
    """The line as one table of a paper gives it; None where it does not."""
    table = Counterparts(numbers)
    kinds = {frozenset((n, v) for n, v in cell.labels.items() if n != x): cell for cell in cells}.values()
    values: dict[float, tuple[float, float]] = {}
    used: list[Published] = []
    for place in _places(x, numbers, cells):
        pairs = [_pair(table, against, replace(cell, labels={**cell.labels, x: place})) for cell in kinds]
        whole = [pair for pair in pairs if pair]
        if whole and len(whole) == len(pairs):  # the mean over some of the targets is not the mean over all
            values[float(place)] = _value(whole)
            used += [number for pair in whole for number in pair]
    if not values:
        return None
    frame = pd.DataFrame.from_dict(values, orient="index", columns=["mean", "std"]).sort_index()
    return PrintedLine(numbers[0].paper, numbers[0].source, all(number.context for number in used), frame)


def _places(x: str, numbers: Sequence[Published], cells: Sequence[Measured]) -> list[str]:
    """Where cells like these were measured, and where the paper has numbers of such cells."""
    places = [cell.labels[x] for cell in cells]
    for number in numbers:
        others = {name: str(value) for name, value in number.labels.items() if name != x}
        if x in number.labels and any(others.items() <= cell.labels.items() for cell in cells):
            places.append(str(number.labels[x]))
    return list(dict.fromkeys(places))


def _pair(table: Counterparts, against: Labels | None, cell: Measured) -> tuple[Published, ...] | None:
    """The cell's number, and its partner's in the same table where the line is a difference; None without either."""
    number = table.of(cell.labels, cell.metric)
    if number is None or against is None:
        return (number,) if number else None
    partner = table.of({**cell.labels, **{name: str(value) for name, value in against.items()}}, cell.metric)
    return (number, partner) if partner else None


def _value(pairs: Sequence[tuple[Published, ...]]) -> tuple[float, float]:
    """The mean, and the sd if one number with its own gives it: that of a paired difference follows from no table."""
    mean = float(np.mean([pair[0].value - sum(other.value for other in pair[1:]) for pair in pairs]))
    alone = pairs[0][0] if len(set(map(id, (n for pair in pairs for n in pair)))) == 1 else None
    return mean, alone.sd if alone and alone.sd is not None else float("nan")


def cited(printed: Iterable[PrintedLine]) -> str:
    """published: Yosinski et al., NIPS 2014 (Figure 2)."""
    sources: dict[str, list[str]] = {}
    for one in printed:
        sources.setdefault(one.paper, []).append(one.source)
    texts = (f"{paper} ({', '.join(dict.fromkeys(where))})" for paper, where in sources.items())
    return f"published: {'; '.join(texts)}"
