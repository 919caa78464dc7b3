"""The answer that stands at the top of a page: what its claims came to, in one line for each verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtl_bench.statistics.contrasts import bounds
from mtl_bench.statistics.verdict import Judgement, Verdict
from mtl_bench.typeset import count, digits_in, signed

ORDER: tuple[Verdict, ...] = ("holds", "opposite", "undecided", "exploratory", "not judged")
NAMED = 3  # claims of one verdict that are named; the table below has all


@dataclass(frozen=True)
class Answer:
    """What was found of some claims."""

    verdict: Verdict
    words: str  # the verdict as printed
    claims: str  # their texts, with what was measured


def answers(judgements: Sequence[Judgement]) -> list[Answer]:
    """By verdict, primary claims where there are any: what holds first, what is open late, what was not judged last."""
    primary = [j for j in judgements if j.claim.primary] or list(judgements)
    groups: dict[tuple[Verdict, str], list[Judgement]] = {}
    for j in sorted(primary, key=lambda j: (ORDER.index(j.verdict), j.words.endswith("open"))):
        groups.setdefault((j.verdict, j.words), []).append(j)
    return [Answer(verdict, words, _told(found)) for (verdict, words), found in groups.items()]


def _told(judgements: Sequence[Judgement]) -> str:
    named = [j.claim.text + _measured(j) for j in judgements[:NAMED]]
    more = len(judgements) - NAMED
    return "; ".join(named) + (f"; and {count(more, 'more claim')}" if more > 0 else "") + "."


def _measured(judgement: Judgement) -> str:
    """(+7.9 points [5.1, 10.7])."""
    found = judgement.deciding
    if found is None:
        return ""
    unit = judgement.claim.unit
    interval = f" {bounds(found, unit)}" if found.n > 1 else ""
    return f" ({signed(found.mean, digits_in(unit))} {unit}{interval})"
