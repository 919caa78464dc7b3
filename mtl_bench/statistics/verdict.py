"""Verdicts: does each claim of a study hold in its results?

A claim is a contrast per replicate (a seed). It is tested against zero, or against ± `within`; the primary claims of a
study share one error rate of 5 % (Holm). Every judgement carries the sentence that says how it came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mtl_bench.results.frame import Frame
from mtl_bench.results.table import Results
from mtl_bench.statistics.contrasts import PERMUTATION_FROM, Estimate, estimate, span
from mtl_bench.statistics.inference import FEWEST, ROUNDING, detectable_effect, holm
from mtl_bench.study import Claim, Gate, Study
from mtl_bench.typeset import count, number, p_value

Verdict = Literal["holds", "opposite", "undecided", "not judged"]

ALPHA = 0.05


@dataclass(frozen=True)
class GateResult:
    """Whether a gate is passed, on one device class."""

    gate: Gate
    mean: float  # not a number when no replicate has all cells
    n: int
    sd: float = 0.0  # where the gate is a bound in standard deviations; not a number for a single replicate

    @property
    def passed(self) -> bool:
        return self.mean >= self.gate.at_least if self.gate.within_sd_of is None else abs(self.mean) <= self.sd

    @property
    def bound(self) -> str:
        return f"≥ {self.gate.at_least:g}" if self.gate.within_sd_of is None else f"± {number(self.sd)}"


@dataclass(frozen=True)
class Judgement:
    """A claim, its verdict, and all that a reader needs to check it."""

    claim: Claim
    verdict: Verdict = "not judged"
    words: str = "not judged"  # the verdict as printed: it says less at a small scale
    rule: str = ""  # which rule gave it, as a sentence
    device: str = ""
    estimates: tuple[Estimate, ...] = ()  # one per contrast
    deciding: Estimate | None = None  # the contrast that the verdict rests on
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


def judge(frame: Frame) -> list[Judgement]:
    """A judgement of each claim, in the study's order."""
    study = frame.study
    devices = frame.judged or {"": frame.no_rows}
    gates = {device: gate_results(study, part) for device, part in devices.items()}
    drafts = [_measure(claim, devices, gates, study) for claim in study.claims]
    return decide(drafts, frame.scale)


def _measure(
    claim: Claim, devices: Mapping[str, Results], gates: Mapping[str, tuple[GateResult, ...]], study: Study
) -> Judgement:
    """The claim measured on the device class with the most replicates, not judged so far."""
    device = max(devices, key=lambda d: min(len(devices[d].replicates(m)) for m in claim.contrasts))
    estimates = tuple(
        estimate(contrast, devices[device], study.chance, study.redraws_test) for contrast in claim.contrasts
    )
    return Judgement(claim, device=device, estimates=estimates, gates=gates[device])


def decide(drafts: Sequence[Judgement], scale: str) -> list[Judgement]:
    """The measured claims, judged together: they share one error rate."""
    reasons = [_refusal(draft, scale) for draft in drafts]
    tested = [None if why else _test(draft.claim, draft.estimates) for draft, why in zip(drafts, reasons, strict=True)]
    # A primary claim that could not be tested still counts among the tested ones.
    family = [i for i, draft in enumerate(drafts) if draft.claim.primary]
    adjusted = dict(zip(family, holm([t.p if (t := tested[i]) else 1.0 for i in family]), strict=True))
    judged = []
    for i, (draft, why, test) in enumerate(zip(drafts, reasons, tested, strict=True)):
        done = _decide(draft, test, adjusted[i], len(family), scale) if test else _unjudged(draft, why)
        if (deciding := done.deciding) and deciding.df:
            strictest = ALPHA / max(len(family), 1)
            done = replace(done, detectable=detectable_effect(deciding.se, deciding.df, strictest))
        judged.append(done)
    return judged


def gate_results(study: Study, results: Results) -> tuple[GateResult, ...]:
    """Each gate of the study in results of one device class."""
    found = []
    for gate in study.gates:
        values = results.replicates(gate.contrast)
        sd = float(results.replicates(gate.within_sd_of).std()) if gate.within_sd_of else 0.0
        found.append(GateResult(gate, float(values.mean()), len(values), sd))
    return tuple(found)


def _refusal(draft: Judgement, scale: str) -> str:
    """Why the claim can't be judged, as a sentence; "" if it can."""
    claim, estimates = draft.claim, draft.estimates
    n = min(e.n for e in estimates)
    if scale == "smoke":
        return "At smoke scale the data are synthetic: nothing is judged."
    if n < FEWEST:
        return f"{count(n, 'seed')} with all cells: fewer than {FEWEST} are only shown."
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
    if any(e.se < ROUNDING for e in estimates):
        return "All seeds give the same contrast: there is no spread to test it against."
    if claim.within is not None:
        half = max((e.interval()[1] - e.interval()[0]) / 2 for e in estimates)
        if half > claim.within:
            return (
                f"The 95 % interval reaches ± {number(half)} {claim.unit}, more than the declared "
                f"± {claim.within:g}: the runs are too few to show that there is no difference."
            )
    return ""


def _test(claim: Claim, estimates: Sequence[Estimate]) -> Tested:
    """All contrasts must be positive: the largest p; a negative one contradicts: the smallest p, by Bonferroni."""
    evidence = [Tested(*e.evidence(claim.within), e) for e in estimates]
    against = [test for test in evidence if not test.supports]
    if not against:
        return max(evidence, key=lambda test: test.p)
    worst = min(against, key=lambda test: test.p)
    return replace(worst, p=min(1.0, worst.p * len(evidence)))


def _unjudged(draft: Judgement, why: str) -> Judgement:
    """Shown with the contrast that speaks least for the claim."""
    if not all(e.n for e in draft.estimates):
        return replace(draft, rule=why)
    equal = draft.claim.within is not None
    return replace(draft, rule=why, deciding=min(draft.estimates, key=lambda e: -abs(e.mean) if equal else e.mean))


def _decide(draft: Judgement, test: Tested, p: float, primary: int, scale: str) -> Judgement:
    claim, deciding = draft.claim, test.deciding
    verdict: Verdict = "undecided"
    if p < ALPHA:
        verdict = "holds" if test.supports else "opposite"
    words = f"{verdict} at this scale" if verdict == "opposite" else verdict
    rule = _sentence(claim, draft.estimates, deciding, primary)
    smallest = claim.smallest_effect
    absent = [e for e in draft.estimates if smallest is not None and e.interval()[1] < smallest]
    if absent and verdict != "opposite":
        verdict, words, deciding = "opposite", "absent at this scale", absent[0]
        rule += f" The 95 % interval lies below {smallest:g} {claim.unit}, the smallest effect that counts."
    if verdict == "opposite" and scale == "paper":
        words = "contradicted"
    return replace(draft, verdict=verdict, words=words, rule=rule, deciding=deciding, p=p)


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
        parts.append(f"the weakest of {len(estimates)} contrasts decides")
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
