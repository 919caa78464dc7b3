"""Verdicts: does each claim of a study hold in its results?

A claim is a margin per replicate (a seed). It is tested against zero, or against ± `within`; the primary claims of a
study share one error rate of 5 % (Holm). Every judgement carries the sentence that says how it came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from mtl_bench.report.estimate import PERMUTATION_FROM, REPLICATE, Estimate, estimate
from mtl_bench.report.inference import detectable_effect, holm
from mtl_bench.report.typeset import count, number, p_value, span
from mtl_bench.results import Results
from mtl_bench.study import Claim, Gate, Study

Verdict = Literal["holds", "opposite", "undecided", "not judged"]

ALPHA = 0.05
SHOWN_BELOW = 3  # replicates: fewer are shown, never judged
FIRST_JUDGED_SEED = 100  # runs with lower seeds served to size the study


@dataclass(frozen=True)
class GateResult:
    """Whether a gate is passed, on one device class."""

    gate: Gate
    mean: float  # not a number when no replicate has all cells
    n: int

    @property
    def passed(self) -> bool:
        return self.mean >= self.gate.at_least


@dataclass(frozen=True)
class Judgement:
    """A claim, its verdict, and all that a reader needs to check it."""

    claim: Claim
    verdict: Verdict
    words: str  # the verdict as printed: it says less at a small scale
    rule: str  # which rule gave it, as a sentence
    device: str = ""
    estimates: tuple[Estimate, ...] = ()  # one per margin
    deciding: Estimate | None = None  # the margin that the verdict rests on
    p: float | None = None  # adjusted by Holm's method
    detectable: float | None = None  # the smallest effect found with 80 % power
    gates: tuple[GateResult, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the cells used."""
        return tuple(dict.fromkeys(key for part in self.estimates for key in part.keys))


@dataclass(frozen=True)
class Tested:
    """A claim before it is adjusted for the other claims."""

    supports: bool
    p: float
    deciding: Estimate


def scale_of(results: Results) -> str:
    return results.name.rpartition(".")[2]


def without_sizing(results: Results) -> Results:
    """The results of the judged seeds; at smoke scale, all."""
    if scale_of(results) == "smoke" or REPLICATE not in results.rows:
        return results
    seeds = pd.to_numeric(results.rows[REPLICATE], errors="coerce")
    return replace(results, rows=results.rows[~(seeds < FIRST_JUDGED_SEED)])


def judge(study: Study, results: Results) -> list[Judgement]:
    """A judgement of each claim, in the study's order."""
    scale, results = scale_of(results), without_sizing(results)
    devices = by_device(results) or {"": results}
    gates = {device: gate_results(study, part) for device, part in devices.items()}
    primary = sum(claim.primary for claim in study.claims)
    drafts = [_draft(claim, devices, gates, study.chance, ALPHA / max(primary, 1)) for claim in study.claims]
    drafts = [replace(draft, rule=_refusal(draft, scale)) for draft in drafts]
    tested = [None if draft.rule else _test(draft.claim, draft.estimates) for draft in drafts]
    # A primary claim that could not be tested still counts among the tested ones.
    family = [i for i, draft in enumerate(drafts) if draft.claim.primary]
    adjusted = dict(zip(family, holm([t.p if (t := tested[i]) else 1.0 for i in family]), strict=True))
    return [
        _decide(draft, test, adjusted[i], primary, scale) if test else draft
        for i, (draft, test) in enumerate(zip(drafts, tested, strict=True))
    ]


def _draft(
    claim: Claim,
    devices: Mapping[str, Results],
    gates: Mapping[str, tuple[GateResult, ...]],
    chance: float | None,
    alpha: float,
) -> Judgement:
    """The claim measured on the device class with the most replicates, not judged so far."""
    device = max(devices, key=lambda d: min(len(devices[d].replicates(m)) for m in claim.margins))
    estimates = tuple(estimate(margin, devices[device], chance) for margin in claim.margins)
    weakest = min(estimates, key=lambda e: e.mean) if all(e.n for e in estimates) else None
    return Judgement(
        claim=claim,
        verdict="not judged",
        words="not judged",
        rule="",
        device=device,
        estimates=estimates,
        deciding=weakest,
        detectable=detectable_effect(weakest.se, weakest.df, alpha) if weakest and weakest.df else None,
        gates=gates[device],
    )


def by_device(results: Results) -> dict[str, Results]:
    """The results of each device class: seeds are never paired across classes."""
    devices = sorted(set(results.rows["device"]))
    return {device: replace(results, rows=results.rows[results.rows["device"] == device]) for device in devices}


def gate_results(study: Study, results: Results) -> tuple[GateResult, ...]:
    """Each gate of the study in results of one device class."""
    measured = [(gate, results.replicates(gate.margin)) for gate in study.gates]
    return tuple(GateResult(gate, float(values.mean()), len(values)) for gate, values in measured)


def _refusal(draft: Judgement, scale: str) -> str:
    """Why the claim can't be judged, as a sentence; "" if it can."""
    claim, estimates = draft.claim, draft.estimates
    n = min(e.n for e in estimates)
    if scale == "smoke":
        return "At smoke scale the data are synthetic: nothing is judged."
    if n < SHOWN_BELOW:
        return f"{count(n, 'seed')} with all cells: fewer than {SHOWN_BELOW} are only shown."
    if not claim.primary:
        return "An exploratory claim: its interval is shown, without a verdict."
    for result in draft.gates:
        if not result.passed:
            return f"Not judged at this scale: the gate “{result.gate.text}” is not passed."
    failed = sum(e.failed for e in estimates)
    if failed and n < PERMUTATION_FROM:
        return (
            f"{count(failed, 'run')} near chance: a t-test would mislead, and a permutation test needs "
            f"{PERMUTATION_FROM} seeds; there are {n}."
        )
    if any(e.se == 0 for e in estimates):
        return "All seeds give the same margin: there is no spread to test it against."
    if claim.within is not None:
        half = max((e.interval()[1] - e.interval()[0]) / 2 for e in estimates)
        if half > claim.within:
            return (
                f"The 95 % interval reaches ± {number(half)} {claim.unit}, more than the declared "
                f"± {claim.within:g}: the runs are too few to show that there is no difference."
            )
    return ""


def _test(claim: Claim, estimates: Sequence[Estimate]) -> Tested:
    """All margins must be positive: the largest p; one that is negative contradicts: the smallest p, by Bonferroni."""
    evidence = [Tested(*e.evidence(claim.within), e) for e in estimates]
    against = [test for test in evidence if not test.supports]
    if not against:
        return max(evidence, key=lambda test: test.p)
    worst = min(against, key=lambda test: test.p)
    return replace(worst, p=min(1.0, worst.p * len(evidence)))


def _decide(draft: Judgement, test: Tested, p: float, primary: int, scale: str) -> Judgement:
    claim, paper = draft.claim, scale == "paper"
    verdict: Verdict = "undecided"
    if p < ALPHA:
        verdict = "holds" if test.supports else "opposite"
    words = {"opposite": "contradicted" if paper else "opposite at this scale"}.get(verdict, verdict)
    rule = _sentence(claim, draft.estimates, test.deciding, primary)
    if claim.smallest_effect is not None:
        smallest = [e for e in draft.estimates if e.interval()[1] < claim.smallest_effect]
        if smallest:
            verdict, words = "opposite", "contradicted" if paper else "absent at this scale"
            test = replace(test, deciding=smallest[0])
            smallest_effect = f"{claim.smallest_effect:g} {claim.unit}"
            rule += f" The 95 % interval lies below {smallest_effect}, the smallest effect that counts."
    effect = detectable_effect(test.deciding.se, test.deciding.df, ALPHA / primary)
    return replace(draft, verdict=verdict, words=words, rule=rule, deciding=test.deciding, p=p, detectable=effect)


def _sentence(claim: Claim, estimates: Sequence[Estimate], deciding: Estimate, primary: int) -> str:
    """The rule that gave the verdict, for print."""
    name = "Signs exchanged over" if deciding.failed else "Paired t-test over"
    test = f"{name} {deciding.n} seeds"
    if claim.within is not None:
        test = f"Equivalence within ± {claim.within:g} {claim.unit}: two one-sided tests, {test[0].lower()}{test[1:]}"
    if deciding.siblings > 1:
        spread = f"spread pooled over {deciding.siblings} pairs of domains"
    else:
        spread = "spread of its own"
    parts = [test, f"{spread} ({count(deciding.df, 'degree')} of freedom)"]
    if deciding.failed:
        parts.append(f"since {count(deciding.failed, 'run')} ended below 1.5 × chance")
    if deciding.items_note:
        parts.append(f"test items taken as given ({deciding.items_note})")
    else:
        parts.append(f"the choice of test items adds {deciding.items_se:.2f} {claim.unit} of standard error")
    if len(estimates) > 1:
        parts.append(f"the weakest of {len(estimates)} margins decides")
    if primary > 1:
        parts.append(f"Holm's correction over {primary} claims")
    return "; ".join(parts) + "."


def verdict_lines(judgements: Sequence[Judgement]) -> list[str]:
    """A line per claim for a terminal."""
    width = max((len(j.words) for j in judgements), default=0)
    lines = []
    for j in judgements:
        measured = f": {span(j.deciding, j.claim.unit)}" if j.deciding else ""
        p = f", {p_value(j.p)}" if j.p is not None else ""
        lines.append(f"{j.words:<{width}}  {j.claim.text}{measured}{p}")
    return lines
