"""Claim sides: what each claim compares, as two dots on one axis, drawn from the cells that the claim is judged by."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import FEW
from mtl_bench.results.table import Results
from mtl_bench.study import Claim, Contrast, Term
from mtl_bench.views import primitives
from mtl_bench.views.style import COLOURS, TWO_COLUMNS, unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTERS = 58  # of a line of a claim's text
ROW, LINE, APART = 0.17, 0.105, 0.11  # inches: around a claim's text, each of its lines, and between its sides
BESIDE = 205  # points to the left of the axis, where claims' texts of so many letters begin
FIRST, OTHER = (0, "o"), (6, "s")  # the style's colour and the marker of each side


@dataclass(frozen=True)
class Row:
    """A contrast of a claim: its two sides by seed, and what is on each that is not on the other."""

    text: str
    metric: str
    names: tuple[str, str]
    sides: tuple[pd.Series[float], pd.Series[float]]


@dataclass(frozen=True)
class ClaimSides:
    """A row per contrast of a primary claim, or of any where none is primary, if each of its sides is a mean.

    Of a claim whose sides are sums of means, a difference of gains, there is no row.
    """

    reading: ClassVar[str] = (
        "Each row is a claim: the mean over seeds of the side that it puts first (●) and of the other (■), with their "
        "standard deviation. Each seed is a small point, and a line from its other side: where it leans to the right, "
        "the first is higher. The cells are those by which the claim is judged; hollow marks are of fewer than three "
        "seeds, without a spread. A claim about a difference of gains has no two sides and is not drawn."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold no seed of any claim."""
        claims = [claim for claim in frame.study.claims if claim.primary] or list(frame.study.claims)
        rows = [row for claim in claims for row in _rows(claim, frame)]
        if not rows:
            return None
        metrics = list(dict.fromkeys(row.metric for row in rows))
        parts = {metric: [row for row in rows if row.metric == metric] for metric in metrics}
        lines = {metric: [_label(row) for row in own] for metric, own in parts.items()}
        heights = {m: sum(ROW + LINE * (label.count("\n") + 1) for label in own) for m, own in lines.items()}
        from matplotlib.figure import Figure

        size = (TWO_COLUMNS, sum(heights.values()) + 0.4 * len(parts))
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(len(parts), 1, squeeze=False, height_ratios=list(heights.values())).flat
        for axes, (metric, own) in zip(grid, parts.items(), strict=True):
            tops = [ROW + LINE * (label.count("\n") + 1) for label in lines[metric]]
            places = [sum(tops[:i]) + top / 2 for i, top in enumerate(tops)]
            for place, row in zip(places, own, strict=True):
                _draw(axes, place, row)
            axes.set_yticks(places, lines[metric], ha="left")
            axes.set_ylim(sum(tops), 0)
            axes.tick_params(axis="y", length=0, pad=BESIDE)
            axes.grid(visible=True, axis="x")
            axes.grid(visible=False, axis="y")
            axes.set_xlabel(unit(metric))
        if any(len(side) < FEW for row in rows for side in row.sides):
            primitives.legend(figure, primitives.hollow_mark(), "lower")
        return figure


def _rows(claim: Claim, frame: Frame) -> list[Row]:
    devices: dict[str, Results] = frame.judged or frame.by_device
    if not devices:
        return []
    results = max(devices.values(), key=lambda one: min(len(one.replicates(m)) for m in claim.contrasts))
    found = []
    for contrast in claim.contrasts:
        first, other = ([t for t in contrast.terms if (t.weight > 0) == side] for side in (True, False))
        if not (_is_mean(first) and _is_mean(other)) or len({term.metric for term in contrast.terms}) > 1:
            continue
        seeds = results.replicates(contrast).index
        sides = [results.replicates(_absolute(terms)) for terms in (first, other)]
        if len(seeds):
            names = _apart(first, other), _apart(other, first)
            found.append(Row(claim.text, first[0].metric, names, (sides[0].loc[seeds], sides[1].loc[seeds])))
    return found


def _is_mean(terms: Sequence[Term]) -> bool:
    return abs(sum(abs(term.weight) for term in terms) - 1) < 1e-9


def _absolute(terms: Sequence[Term]) -> Contrast:
    return Contrast(tuple(Term(abs(term.weight), term.metric, term.labels) for term in terms))


def _apart(side: Sequence[Term], other: Sequence[Term]) -> str:
    """The values of the labels in which a side differs from the other; a number says what it is: DANN; layer 2."""
    ours, theirs = _values(side), _values(other)
    return "; ".join(_worded(name, found) for name, found in ours.items() if found != theirs.get(name))


def _worded(name: str, values: Sequence[str]) -> str:
    numeric = all(value.replace(".", "", 1).isdigit() for value in values)
    return f"{name} {', '.join(values)}" if numeric else " / ".join(values)


def _values(terms: Sequence[Term]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for term in terms:
        for name, value in term.labels:
            if str(value) not in found.setdefault(name, []):
                found[name].append(str(value))
    return found


def _label(row: Row) -> str:
    first, other = row.names
    beside = f"● {first}   ■ {other}" if first and other else ""
    widths = {row.text: LETTERS, beside: LETTERS - 4}  # marks are wider than letters
    return "\n".join(line for text, width in widths.items() for line in textwrap.wrap(text, width))


def _draw(axes: Any, place: float, row: Row) -> None:
    first, other = row.sides
    below, above = place + APART / 2, place - APART / 2
    for a, b in zip(other, first, strict=True):
        axes.plot([a, b], [above, below], color="0.8", linewidth=0.5, zorder=1)
    for values, height, (index, marker) in ((other, above, OTHER), (first, below, FIRST)):
        colour, mean, few = COLOURS[index], values.mean(), len(values) < FEW
        axes.scatter(values, [height] * len(values), s=3, color=colour, alpha=0.55, linewidths=0, zorder=2)
        if not few:
            axes.hlines(height, mean - values.std(), mean + values.std(), color=colour, linewidth=1, zorder=2)
        face = "white" if few else colour
        axes.scatter([mean], [height], s=18, marker=marker, facecolor=face, edgecolor=colour, linewidths=1, zorder=3)
