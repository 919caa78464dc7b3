"""Verdicts: does each claim of a study hold in its results?

A claim is a contrast per replicate (a seed). It is tested against zero, ± `within` or -`at_most_worse`, and against the
smallest effect that counts; each of these tests has one error rate of 5 % for all primary claims of a study (Holm).
An exploratory claim is not tested: where its interval lies is said. Every judgement carries the sentence that says how
it came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mtl_bench.results.frame import Frame
from mtl_bench.results.table import Results
from mtl_bench.statistics.awaited import awaited
from mtl_bench.statistics.contrasts import PERMUTATION_FROM, Estimate, estimate
from mtl_bench.statistics.gates import GateResult, gate_results
from mtl_bench.statistics.inference import ALPHA, EQUIVALENCE, FEWEST, ROUNDING, detectable, holm
from mtl_bench.statistics.sentences import tested_how
from mtl_bench.study import Claim
from mtl_bench.typeset import count, digits_in, number

Verdict = Literal["holds", "opposite", "undecided", "exploratory", "not judged"]

LEAST_SPREAD = 0.1  # of a claim's bound: replicates that agree to the last digit speak for "no difference"


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
    detectable: float | None = None  # the smallest effect found, or bound shown, with 80 % power
    gates: tuple[GateResult, ...] = ()
    awaited: str = ""  # what a declared run lacks of it, as a sentence
    comparable: bool = False  # the paper has numbers of these cells: their data, features, protocol and selection

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
    lacks = awaited(frame)
    drafts = [replace(_measure(claim, devices, gates, frame), awaited=lacks(claim)) for claim in study.claims]
    if frame.scale == "paper":
        drafts = [replace(draft, comparable=_comparable(draft.claim, frame)) for draft in drafts]
    return decide(drafts, frame.scale)


def _comparable(claim: Claim, frame: Frame) -> bool:
    """Whether each cell mean of the claim has a number of the paper beside it that is no context and was read there."""
    terms = {(term.metric, term.labels) for contrast in claim.contrasts for term in contrast.terms}
    return all(
        any(
            number is not None and not number.context and not number.mark
            for number in map(frame.counterpart, frame.measured(metric, dict(labels)))
        )
        for metric, labels in terms
    )


def _measure(
    claim: Claim, devices: Mapping[str, Results], gates: Mapping[str, tuple[GateResult, ...]], frame: Frame
) -> Judgement:
    """The claim measured on the device class with the most replicates, not judged so far."""
    device = max(devices, key=lambda d: min(len(devices[d].replicates(m)) for m in claim.contrasts))
    estimates = tuple(
        estimate(contrast, devices[device], frame.study.chance_at(frame.scale), frame.study.redraws_test)
        for contrast in claim.contrasts
    )
    if claim.bound is not None:
        least = LEAST_SPREAD * claim.bound
        estimates = tuple(replace(e, spread=max(e.spread, least)) for e in estimates)
    stopping = tuple(result for result in gates[device] if result.gate.stops(claim))
    return Judgement(claim, device=device, estimates=estimates, gates=stopping)


def decide(drafts: Sequence[Judgement], scale: str) -> list[Judgement]:
    """The measured claims, judged together: they share one error rate."""
    reasons = [_refusal(draft, scale) for draft in drafts]
    tested = [None if why else _test(draft.claim, draft.estimates) for draft, why in zip(drafts, reasons, strict=True)]
    missing = [None if why else _absence(draft) for draft, why in zip(drafts, reasons, strict=True)]
    primary = [draft.claim.primary for draft in drafts]
    tested, missing = _adjusted(tested, primary), _adjusted(missing, primary)
    judged = []
    for draft, why, test, absence in zip(drafts, reasons, tested, missing, strict=True):
        if test is None:
            done = _unjudged(draft, why)
        elif draft.claim.primary:
            done = _decide(draft, test, absence, sum(primary), scale)
        else:
            done = _explored(draft)
        if (deciding := done.deciding) and deciding.df:
            strictest = ALPHA / max(sum(primary), 1)
            done = replace(done, detectable=detectable(deciding.se, deciding.df, strictest, done.claim.kind))
        judged.append(done)
    return judged


def _adjusted(tests: Sequence[Tested | None], primary: Sequence[bool]) -> list[Tested | None]:
    """Holm's method over the primary claims; one that could not be tested still counts among the tested ones."""
    counted = iter(holm([t.p if t else 1.0 for t, own in zip(tests, primary, strict=True) if own]))
    p_values = [next(counted) if own else 1.0 for own in primary]
    return [replace(t, p=p) if t else None for t, p in zip(tests, p_values, strict=True)]


def _refusal(draft: Judgement, scale: str) -> str:
    """Why the claim can't be judged, as a sentence; "" if it can."""
    claim, estimates = draft.claim, draft.estimates
    n = min(e.n for e in estimates)
    if scale == "smoke":
        return "At smoke scale the data are synthetic: nothing is judged."
    if claim.primary and draft.awaited:
        return draft.awaited
    if n < FEWEST:
        return f"{count(n, 'seed')} with all cells: fewer than {FEWEST} are only shown."
    for result in draft.gates:
        if not result.passed:
            return f"Not judged at this scale: the gate “{result.gate.text}” is {result.verdict}."
    failed = sum(e.failed for e in estimates)
    if failed and n < PERMUTATION_FROM:
        return (
            f"{count(failed, 'run')} near chance: a t-test would mislead, and a permutation test needs "
            f"{PERMUTATION_FROM} seeds; there are {n}."
        )
    if any(e.se < ROUNDING for e in estimates):
        return "All seeds give the same contrast: there is no spread to test it against."
    if claim.within is not None:
        half = max(high - low for low, high in (e.interval(EQUIVALENCE) for e in estimates)) / 2
        if half > claim.within:
            width = f"{number(half, digits_in(claim.unit))} {claim.unit}"
            return (
                f"The 90 % interval has a half-width of {width}, more than the declared ± {claim.within:g}: "
                "the runs are too few to show that there is no difference."
            )
    return ""


def _test(claim: Claim, estimates: Sequence[Estimate]) -> Tested:
    """All contrasts must be positive: the largest p; a negative one contradicts: the smallest p, by Bonferroni."""
    evidence = [Tested(*e.evidence(claim), e) for e in estimates]
    against = [test for test in evidence if not test.supports]
    if not against:
        return max(evidence, key=lambda test: test.p)
    worst = min(against, key=lambda test: test.p)
    return replace(worst, p=min(1.0, worst.p * len(evidence)))


def _absence(draft: Judgement) -> Tested | None:
    """One contrast below the smallest effect that counts contradicts: the smallest p, by Bonferroni."""
    smallest, n = draft.claim.smallest_effect, len(draft.estimates)
    if smallest is None:
        return None
    below = [Tested(False, min(1.0, n * e.p(shift=-smallest)), e) for e in draft.estimates if e.mean < smallest]
    return min(below, key=lambda test: test.p, default=None)


def _unjudged(draft: Judgement, why: str) -> Judgement:
    """Shown with the contrast that speaks least for the claim."""
    if why and why == draft.awaited:
        draft = replace(draft, words="not judged yet")
    if not all(e.n for e in draft.estimates):
        return replace(draft, rule=why)
    equal = draft.claim.within is not None
    return replace(draft, rule=why, deciding=min(draft.estimates, key=lambda e: -abs(e.mean) if equal else e.mean))


def _explored(draft: Judgement) -> Judgement:
    """Where the interval of the contrast that speaks least for the claim lies: of several, all must lie above zero."""
    done = _unjudged(draft, "")
    assert done.deciding
    within = done.claim.within
    level, bound = (0.95, "zero") if within is None else (EQUIVALENCE, f"± {within:g} {done.claim.unit}")
    low, high = done.deciding.interval(level)
    if within is None:
        place = "above zero" if low > 0 else "below zero" if high < 0 else "open"
    else:
        inside, outside = -within < low and high < within, low > within or high < -within
        place = f"within {bound}" if inside else f"beyond {bound}" if outside else "open"
    held = "zero" if within is None else f"an end of {bound}"
    where = f"holds {held}" if place == "open" else f"lies {place}"
    interval = f"its {100 * level:.0f} % interval, for which no other claim is counted, {where}"
    rule = f"An exploratory claim gets no verdict; {interval}."
    return replace(done, verdict="exploratory", words=f"exploratory, {place}", rule=rule)


def _decide(draft: Judgement, test: Tested, absence: Tested | None, primary: int, scale: str) -> Judgement:
    claim = draft.claim
    verdict: Verdict = "undecided"
    if test.p < ALPHA:
        verdict = "holds" if test.supports else "opposite"
    words: str = verdict
    rule = tested_how(claim, draft.estimates, test.deciding, primary)
    if absence and absence.p < ALPHA and verdict != "opposite":
        verdict, words, test = "opposite", "absent", absence
        rule += f" The effect lies below {claim.smallest_effect:g} {claim.unit}, the smallest that counts."
    if verdict == "opposite" and scale != "paper":
        words += " at this scale"
    elif verdict == "opposite" and draft.comparable:
        words = "contradicted"
    elif verdict == "opposite":
        words += " here"
        rule += " The paper has no number of these very cells, as they were measured, that it could contradict."
    return replace(draft, verdict=verdict, words=words, rule=rule, deciding=test.deciding, p=test.p)
