"""Rank correlations over pairs of domains: a row per metric that may go with another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.study import Labels
from mtl_bench.typeset import ABSENT, number
from mtl_bench.views.scatter import both, correlation
from mtl_bench.views.style import spelt
from mtl_bench.views.table import Table


@dataclass(frozen=True)
class RankCorrelations:
    """A table: with which of the metrics `x` does `y` rise, over pairs of domains by their ranks in each data set."""

    reading: ClassVar[str] = (
        "Spearman's rank correlation over pairs of domains, with its 95 % interval by the jackknife over domains. Of "
        "several data sets it is of ranks within each, so that what these differ in, as their number of classes, does "
        "not count; beside it stands that over all pairs, in which it does. It is exploratory and gets no verdict, "
        "since it is no contrast of cells whose replicates are seeds."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str
    x: tuple[str, ...]
    y: str = "accuracy"
    groups: str = "data"  # the label within whose values ranks are taken
    where: Labels = field(default_factory=dict)

    def draw(self, frame: Frame) -> Table | None:
        """The table, None when the results hold nothing for it."""
        numbers, text = [], []
        for x in self.x:
            pairs = both(frame, x, self.y, self.where)
            if not pairs:
                continue
            found, over_all = correlation(pairs, self.groups), correlation(pairs).value
            groups = list(dict.fromkeys(y.labels.get(self.groups, "") for _, y in pairs))
            within = {
                group: correlation([pair for pair in pairs if pair[1].labels.get(self.groups, "") == group]).value
                for group in groups
                if group
            }
            head = {"distance": spelt(x), "pairs": found.pairs, "domains": found.domains}
            values = {"correlation": found.value, "low": found.low, "high": found.high, "over all pairs": over_all}
            numbers.append({**head, **{name: round(value, 6) for name, value in {**values, **within}.items()}})
            text.append(
                {
                    **{name: str(value) for name, value in head.items()},
                    "correlation": number(found.value, 2),
                    "95 % interval": f"{number(found.low, 2)} to {number(found.high, 2)}"
                    if found.low == found.low
                    else ABSENT,
                    "above 0": "yes" if found.low > 0 else "not shown",
                    **({"over all pairs": number(over_all, 2)} if len(within) > 1 else {}),
                    **{f"within {group}": number(value, 2) for group, value in within.items()},
                }
            )
        return Table(self.title, pd.DataFrame(numbers), pd.DataFrame(text)) if numbers else None
