"""The sentence under each verdict: how its claim was tested."""

from __future__ import annotations

from collections.abc import Sequence

from mtl_bench.statistics.contrasts import Estimate, bounds
from mtl_bench.statistics.inference import EQUIVALENCE
from mtl_bench.study import Claim
from mtl_bench.typeset import count, digits_in, number


def tested_how(claim: Claim, estimates: Sequence[Estimate], deciding: Estimate, primary: int) -> str:
    """Which test gave the verdict, on which spread, with which corrections."""
    digits = digits_in(claim.unit)
    name = "Signs exchanged over" if deciding.failed else "Paired t-test over"
    test = f"{name} {deciding.n} seeds"
    if claim.within is not None:
        test = f"Equivalence within ± {claim.within:g} {claim.unit}: two one-sided tests, {test[0].lower()}{test[1:]}"
    if claim.at_most_worse is not None:
        test = f"At most {claim.at_most_worse:g} {claim.unit} worse: one-sided, {test[0].lower()}{test[1:]}"
    if deciding.siblings > 1:
        spread = f"spread pooled over {deciding.siblings} pairs of domains"
    else:
        spread = "spread of its own"
    parts = [test, f"{spread} ({count(deciding.df, 'degree')} of freedom)"]
    if deciding.failed:
        parts.append(f"since {count(deciding.failed, 'run')} ended near chance")
    if deciding.items_note:
        parts.append(f"test items taken as given ({deciding.items_note})")
    else:
        parts.append(f"the choice of test items adds {deciding.items_se:.{1 + digits}f} {claim.unit} of standard error")
    if claim.within is not None:
        parts.append(f"the 90 % interval is {bounds(deciding, claim.unit, EQUIVALENCE)}")
    if claim.at_most_worse is not None:
        parts.append(f"the one-sided 95 % bound is {number(deciding.interval(EQUIVALENCE)[0], digits)} {claim.unit}")
    if len(estimates) > 1:
        parts.append(f"the weakest of {len(estimates)} contrasts decides")
    if primary > 1:
        parts.append(f"Holm's correction over {primary} claims")
    return "; ".join(parts) + "."
