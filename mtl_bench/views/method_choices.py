"""What rules without a target label lose when they choose among methods."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.statistics.method_choice import Choices, choices
from mtl_bench.typeset import ABSENT, number
from mtl_bench.views.table import Table


@dataclass(frozen=True)
class MethodChoices:
    """A table: rules by their mean regret, a column per data set, and the worst choice of all."""

    reading: ClassVar[str] = (
        "Points between the best of the methods and the one that a rule chose by its scores, a choice per pair of "
        "domains and seed: mean (n). The smallest loss stands first; beside it is what never adapting would have lost."
    )
    files: ClassVar[tuple[str, ...]] = ()

    title: str

    def draw(self, frame: Frame) -> Table | None:
        """The table, None when no run has both, scores and an accuracy."""
        found = choices(frame)
        if not found:
            return None
        by_rule: dict[str, dict[str, Choices]] = {}
        for one in found:
            by_rule.setdefault(one.rule, {})[one.data] = one
        columns = list(dict.fromkeys(one.data for one in found))
        means = {rule: sum(one.regret for one in of.values()) / len(of) for rule, of in by_rule.items()}
        text = [
            {
                "rule": rule,
                **{
                    c: f"{number(of[c].regret, 1)} ({of[c].n})" if (of := by_rule[rule]) and c in of else ABSENT
                    for c in columns
                },
                "worst": number(max(one.worst for one in by_rule[rule].values()), 1),
            }
            for rule in sorted(by_rule, key=lambda rule: means[rule])
        ]
        return Table(self.title, pd.DataFrame([asdict(one) for one in found]), pd.DataFrame(text))
