"""Claim sides: what each claim compares, as two dots on one axis, drawn from the cells that the claim is judged by."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.table import Results
from mtl_bench.study import Claim, Contrast, Term
from mtl_bench.views.style import COLOURS, TWO_COLUMNS, unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTERS = 58  # of a line of a claim's text
ROW, LINE, APART = 0.17, 0.105, 0.11  # inches: around a claim's text, each of its lines, and between its sides
AGAINST = 6  # the style's colour of the side that is subtracted


@dataclass(frozen=True)
class Row:
    """A contrast of a claim: its two sides by seed, and what is on each that is not on the other."""

    text: str
    metric: str
    names: tuple[str, str]
    sides: tuple[pd.Series[float], pd.Series[float]]


@dataclass(frozen=True)
class ClaimSides:
    """A row per contrast of a primary claim, or of any where none is primary, if each of its sides is a mean."""

    reading: ClassVar[str] = (
        "Each row is a claim: the mean over seeds of the side that it says is better (●) and of the other (□), with "
        "their standard deviation. Each seed is a small point, and a line from its other side: one that leans to the "
        "right speaks for the claim. The cells are those by which the claim is judged; open dots are of fewer than "
        "three seeds."
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
            axes.tick_params(axis="y", length=0, pad=205)
            axes.grid(visible=True, axis="x")
            axes.grid(visible=False, axis="y")
            axes.set_xlabel(unit(metric))
        return figure


def _rows(claim: Claim, frame: Frame) -> list[Row]:
    devices: dict[str, Results] = frame.judged or frame.by_device
    if not devices:
        return []
    results = max(devices.values(), key=lambda one: min(len(one.replicates(m)) for m in claim.contrasts))
    found = []
    for contrast in claim.contrasts:
        better, other = ([t for t in contrast.terms if (t.weight > 0) == side] for side in (True, False))
        if not (_is_mean(better) and _is_mean(other)) or len({term.metric for term in contrast.terms}) > 1:
            continue
        seeds = results.replicates(contrast).index
        sides = [results.replicates(_absolute(terms)) for terms in (better, other)]
        if len(seeds):
            names = _apart(better, other), _apart(other, better)
            found.append(Row(claim.text, better[0].metric, names, (sides[0].loc[seeds], sides[1].loc[seeds])))
    return found


def _is_mean(terms: Sequence[Term]) -> bool:
    return abs(sum(abs(term.weight) for term in terms) - 1) < 1e-9


def _absolute(terms: Sequence[Term]) -> Contrast:
    return Contrast(tuple(Term(abs(term.weight), term.metric, term.labels) for term in terms))


def _apart(side: Sequence[Term], other: Sequence[Term]) -> str:
    """The values of the labels in which a side differs from the other."""
    ours, theirs = _values(side), _values(other)
    different = [", ".join(found) for name, found in ours.items() if found != theirs.get(name)]
    return "; ".join(different)


def _values(terms: Sequence[Term]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for term in terms:
        for name, value in term.labels:
            if str(value) not in found.setdefault(name, []):
                found[name].append(str(value))
    return found


def _label(row: Row) -> str:
    better, other = row.names
    beside = f"● {better}   □ {other}" if better and other else ""
    return "\n".join(line for text in (row.text, beside) for line in textwrap.wrap(text, LETTERS))


def _draw(axes: Any, place: float, row: Row) -> None:
    better, other = row.sides
    below, above = place + APART / 2, place - APART / 2
    for a, b in zip(other, better, strict=True):  # a line that leans to the right is a seed that speaks for the claim
        axes.plot([a, b], [above, below], color="0.8", linewidth=0.5, zorder=1)
    for values, height, index, marker in ((other, above, AGAINST, "s"), (better, below, 0, "o")):
        colour, mean, few = COLOURS[index], values.mean(), len(values) < 3
        axes.scatter(values, [height] * len(values), s=3, color=colour, alpha=0.55, linewidths=0, zorder=2)
        if not few:
            axes.hlines(height, mean - values.std(), mean + values.std(), color=colour, linewidth=1, zorder=2)
        face = "white" if few or marker == "s" else colour
        axes.scatter([mean], [height], s=18, marker=marker, facecolor=face, edgecolor=colour, linewidths=1, zorder=3)
