"""Mean ranks: methods by their rank among all on each pair of domains, a mean over pairs for each seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import FEW, Measured, has, open_labels
from mtl_bench.study import DOMAINS, REPLICATE, Labels
from mtl_bench.views import primitives
from mtl_bench.views.style import ONE_COLUMN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW = 0.15  # inches


@dataclass(frozen=True)
class MeanRanks:
    """A row per method, best first, for a handful of methods and pairs at least: of fewer a rank says little.

    A method that stands there more than once, with two networks say, has a row for each. Methods without all pairs, and
    a ceiling, are left out; so are seeds that one lacks. Pairs share their domains, so that they are no replicates: no
    significance is drawn from them.
    """

    reading: ClassVar[str] = (
        "On each pair of domains and seed, methods are ranked by their accuracy, equal ones sharing a mean rank. Small "
        "points are the mean rank over pairs of one seed, large ones the mean over seeds, hollow of fewer than three; "
        "the best are at the left."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    methods: str = "method"  # the label that names them
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when there are no two methods to rank."""
        ranks = self.ranks(frame)
        if ranks is None:
            return None
        order = list(ranks.mean().sort_values(kind="stable").index)
        figure, [axes] = primitives.panels(1, 1, wide=False)
        figure.set_size_inches(ONE_COLUMN, 0.6 + ROW * len(order))
        for place, name in enumerate(order):
            axes.scatter(ranks[name], [place] * len(ranks), s=4, color="0.6", linewidths=0, zorder=2)
            primitives.points(axes, [ranks[name].mean()], [place], 0, size=20, hollow=[len(ranks) < FEW], zorder=3)
        axes.set_yticks(range(len(order)), order)
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
        if len(ranks) < FEW:
            primitives.legend(figure, primitives.hollow_mark(), "upper")
        axes.set_xlabel(f"mean rank of {len(order)}, 1 the best")
        return figure

    def ranks(self, frame: Frame) -> pd.DataFrame | None:
        """Mean ranks over pairs, a row per seed and a column per method; None where there are no two."""
        ceiling = frame.study.ceiling
        cells = [
            cell
            for cell in frame.measured(where=self.where)
            if self.methods in cell.labels and not (ceiling and has(cell.labels, ceiling)) and not frame.pooled(cell)
        ]
        names = _names(cells, self.methods)
        found = [
            {self.methods: name, "pair": _pair(cell.labels), REPLICATE: seed, "value": value}
            for name, cell in zip(names, cells, strict=True)
            for seed, value in cell.values.items()
        ]
        if not found:
            return None
        values = pd.DataFrame(found).pivot(index=["pair", REPLICATE], columns=self.methods, values="value")
        pairs = values.groupby("pair").count()
        values = values.loc[:, (pairs > 0).all()].dropna()
        whole = values.groupby(REPLICATE).size() == len(pairs)
        values = values[values.index.get_level_values(REPLICATE).isin(whole[whole].index)]
        if values.shape[1] < 2 or not len(values):
            return None
        ranks: pd.DataFrame = values.rank(axis=1, ascending=False).groupby(REPLICATE).mean()
        return ranks


def _names(cells: Sequence[Measured], label: str) -> list[str]:
    """What each cell is called: its method and, of a method that has several, what else tells it apart."""
    others = [name for name in open_labels(cells) if name not in (label, *DOMAINS)]
    apart = [tuple(cell.labels.get(name, "") for name in others) for cell in cells]
    several: dict[str, set[tuple[str, ...]]] = {}
    for cell, found in zip(cells, apart, strict=True):
        several.setdefault(cell.labels[label], set()).add(found)
    return [
        ", ".join(filter(None, [cell.labels[label], *(found if len(several[cell.labels[label]]) > 1 else ())]))
        for cell, found in zip(cells, apart, strict=True)
    ]


def _pair(labels: Labels) -> str:
    return " → ".join(str(labels.get(name, "")) for name in DOMAINS)
