"""Methods by scores that need no label of the target, and how far those are to be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import Measured, closed_labels
from mtl_bench.statistics.method_choice import METHOD, RULE, SCORE, evidence, trusted
from mtl_bench.study import Labels
from mtl_bench.typeset import ABSENT, Styled, mean_sd
from mtl_bench.views.table import Table, digits_of

USUAL = "source validation"  # the rule that a table goes by where nothing was measured of any
DIGITS = 3


@dataclass(frozen=True)
class MethodScores:
    """A table: a row per method, a column per rule, the best of each bold; accuracies beside them where they are known.

    The methods stand in the order of the rule that chose best where labels were known.
    """

    files: ClassVar[tuple[str, ...]] = ()

    title: str
    where: Labels = field(default_factory=dict)

    @property
    def reading(self) -> str:
        rule, sentence = trusted(evidence(), USUAL)
        return f"Scores without labels, higher is better, mean ± sd over seeds; sorted by {rule}. {sentence}"

    def draw(self, frame: Frame) -> Table | None:
        """The table, None when the results hold no scores."""
        cells = frame.measured(SCORE, self.where)
        if not cells:
            return None
        scores: dict[str, dict[str, Measured]] = {}
        for cell in cells:
            scores.setdefault(cell.labels[METHOD], {})[cell.labels[RULE]] = cell
        rules = list(dict.fromkeys(cell.labels[RULE] for cell in cells))
        first = by_trust(rules)
        order = sorted(scores, key=lambda name: -scores[name][first].mean if first in scores[name] else float("inf"))
        classifier = cells[0].labels.get("classifier", "")
        reached = {
            cell.labels[METHOD]: cell
            for cell in frame.measured("accuracy", self.where)
            if cell.labels.get("classifier", "") == classifier
        }
        text, numbers = [], []
        for name in order:
            row = {METHOD: name, **{rule: _shown(scores, name, rule) for rule in rules}}
            if reached:
                row["accuracy"] = _accuracy(reached, name)
            text.append(row)
            numbers += [
                {**cell.labels, "score": round(cell.mean, 6), "sd": round(cell.sd, 6), "n": cell.n}
                for cell in scores[name].values()
            ]
        return Table(self.title, pd.DataFrame(numbers), pd.DataFrame(text, dtype=object), closed_labels(cells))


def by_trust(rules: list[str]) -> str:
    """Of these rules the one that chose best where labels were known."""
    rule, _ = trusted(tuple(one for one in evidence() if one.rule in rules), USUAL)
    return rule if rule in rules else rules[0]


def _shown(scores: Mapping[str, Mapping[str, Measured]], name: str, rule: str) -> str:
    if rule not in scores[name]:
        return ABSENT
    best = max(of[rule].mean for of in scores.values() if rule in of)
    cell = scores[name][rule]
    return Styled(mean_sd(cell.mean, cell.sd if cell.n > 1 else None, DIGITS), bold=cell.mean == best)


def _accuracy(reached: Mapping[str, Measured], name: str) -> str:
    if name not in reached:
        return ABSENT
    best, cell = max(cell.mean for cell in reached.values()), reached[name]
    text = mean_sd(cell.mean, cell.sd if cell.n > 1 else None, digits_of("accuracy"))
    return Styled(text, bold=cell.mean == best)
