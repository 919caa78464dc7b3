"""How well rules without a target label choose among methods: what they lost in the studies that know the labels.

`method_choice.csv` beside this file is what the committed results say; it comes with the package, so that a comparison
on a user's own data can say how far a rule is to be trusted. It is written by

    python -m mtl_bench.statistics.method_choice
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from functools import cache
from pathlib import Path

import pandas as pd

from mtl_bench import workspace
from mtl_bench.disk import write_atomically
from mtl_bench.results.frame import Frame
from mtl_bench.results.table import Results

STUDY = "across"  # its cells have both, the scores and the accuracies of the same runs
FILE = Path(__file__).with_suffix(".csv")
SCORE, RULE, METHOD, DATA = "score", "rule", "method", "data"
BASELINE = "always the baseline"
FEW = 3  # data sets below which there is little evidence


@dataclass(frozen=True)
class Choices:
    """What a rule lost on a data set: points between the best method and the one that it chose."""

    rule: str
    data: str
    n: int  # choices: pairs of domains, times seeds
    regret: float  # their mean
    worst: float


def choices(frame: Frame) -> list[Choices]:
    """Of each rule and data set, where a frame has scores and accuracies of the same runs of two methods or more."""
    rows = frame.results.rows
    names = [name for name in frame.results.labels if name not in (RULE, METHOD)]
    if RULE not in rows:
        return []
    scores = rows[rows["metric"] == SCORE].pivot_table(index=[*names, RULE], columns=METHOD, values="value")
    reached = rows[(rows["metric"] == "accuracy") & (rows[RULE] == "")]
    reached = reached.pivot_table(index=names, columns=METHOD, values="value")
    lost: dict[tuple[str, str], list[float]] = {}
    for (*at, rule), of_methods in zip(scores.index.to_list(), scores.to_dict("records"), strict=True):
        place = tuple(at)
        if place in reached.index:
            known = reached.loc[place].dropna()
            scored = pd.Series({m: v for m, v in of_methods.items() if m in known.index}).dropna()
            if len(scored) > 1:
                data, best = str(place[names.index(DATA)]) if DATA in names else "", known[scored.index].max()
                lost.setdefault((str(rule), data), []).append(best - known[scored.idxmax()])
                if (name := frame.study.baseline[METHOD]) in scored and rule == scores.index[0][-1]:
                    lost.setdefault((BASELINE, data), []).append(best - known[name])
    return [
        Choices(rule, data, len(of), round(sum(of) / len(of), 2), round(max(of), 2))
        for (rule, data), of in sorted(lost.items())
    ]


@cache
def evidence(file: Path = FILE) -> tuple[Choices, ...]:
    """What the committed results said when the file was written; none where there is no file."""
    if not file.exists():
        return ()
    return tuple(Choices(*row) for row in pd.read_csv(file).itertuples(index=False, name=None))


def trusted(known: tuple[Choices, ...], usual: str) -> tuple[str, str]:
    """The rule that lost least over data sets, and a sentence that says how much; `usual` where nothing is known."""
    by_rule: dict[str, list[Choices]] = {}
    for one in known:
        by_rule.setdefault(one.rule, []).append(one)
    rules = {rule: of for rule, of in by_rule.items() if rule != BASELINE}
    if not rules:
        return usual, "How well a rule chooses among methods has not been measured yet: no evidence."
    best = min(rules, key=lambda rule: _mean(rules[rule]))
    of = rules[best]
    always = f", and always the baseline {_mean(by_rule[BASELINE]):.1f}" if BASELINE in by_rule else ""
    little = f"; fewer than {FEW} data sets are little evidence" if len(of) < FEW else ""
    return best, (
        f"Where labels are known, choosing among methods by {best} lost {_mean(of):.1f} points against the best method "
        f"on average over {sum(one.n for one in of)} choices ({', '.join(one.data for one in of)}), at worst "
        f"{max(one.worst for one in of):.1f}{always}{little}."
    )


def _mean(of: list[Choices]) -> float:
    return sum(one.regret for one in of) / len(of)


def write(file: Path = FILE) -> None:
    """Write the file by the results at laptop scale."""
    name, study = workspace.load(STUDY)
    frame = Frame.of(study, Results.read(workspace.places().results, f"{name}.laptop"))
    table = pd.DataFrame(map(astuple, choices(frame)), columns=[field.name for field in fields(Choices)])
    write_atomically(file, table.to_csv(index=False, lineterminator="\n"))


if __name__ == "__main__":
    write()
