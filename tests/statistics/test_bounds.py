"""Claims with a bound: equivalence, "not more than so much worse", and the smallest effect that counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from mtl_bench.report.sections import detectable_text
from mtl_bench.report.terminal import verdict_lines
from mtl_bench.statistics.inference import detectable
from mtl_bench.statistics.verdict import Judgement, decide
from mtl_bench.study import Claim, accuracy, half_of
from tests.results.measured import Maker, make_study
from tests.statistics.claims import GAIN, Simulated, claim, drawn, gains, judged

NOISY = [1.0, -2.0, 2.0, 0.0, -1.0]
CLOSE = [0.1, -0.2, 0.2, 0.0, -0.1]


def test_the_smallest_effect_may_be_absent(maker: Maker) -> None:
    gains(maker, [0.1, -0.1, 0.2, 0.0, 0.1])
    [judgement] = judged(maker, claim(smallest_effect=1.0))
    assert (judgement.verdict, judgement.words) == ("opposite", "absent at this scale")
    assert "lies below 1 points" in judgement.rule
    assert judged(maker, claim(smallest_effect=1.0), scale="paper")[0].words == "contradicted"
    assert judgement.p == pytest.approx(stats.ttest_1samp([0.1, -0.1, 0.2, 0.0, 0.1], 1.0).pvalue)


def test_a_gain_that_is_sure_but_too_small_to_count_is_absent(maker: Maker) -> None:
    gains(maker, [0.5, 0.6, 0.55, 0.65, 0.45])
    assert judged(maker, claim())[0].verdict == "holds"
    assert judged(maker, claim(smallest_effect=2.0))[0].words == "absent at this scale"
    assert judged(maker, claim(smallest_effect=0.5))[0].verdict == "holds"


def test_an_effect_in_one_of_two_contrasts_only_is_absent(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    gains(maker, CLOSE, target="sketches")
    photos, sketches = (
        accuracy(method="DANN", target=t) - accuracy(method="source only", target=t) for t in ("photos", "sketches")
    )
    [judgement] = judged(maker, claim(photos, sketches, smallest_effect=1.0))
    assert judgement.words == "absent at this scale"
    assert judgement.deciding is not None
    assert judgement.deciding.mean == pytest.approx(0)


def test_equivalence_holds_is_refused_or_contradicted(maker: Maker) -> None:
    gains(maker, CLOSE)
    [holds] = judged(maker, claim(within=1.0))
    assert holds.verdict == "holds"
    zero = np.zeros(5)
    assert holds.p == pytest.approx(ttost_paired(np.array(CLOSE), zero, -1.0, 1.0)[0])
    refused = judged(maker, claim(within=0.1))[0]
    assert refused.verdict == "not judged"
    assert "too few" in refused.rule
    maker.rows.clear()
    gains(maker, [5.0, 5.1, 4.9, 5.2, 4.8])
    assert judged(maker, claim(within=1.0))[0].words == "opposite at this scale"


def test_an_effect_that_is_not_in_points_has_a_digit_more(maker: Maker) -> None:
    gains(maker, [0.03, 0.05, 0.04, 0.06, 0.04])
    in_points, other, equal = judged(maker, claim(), claim(unit="of 1"), claim(within=0.2, unit="of 1"))
    assert [line.split(": ")[1].split(", n")[0] for line in verdict_lines([in_points, other])] == [
        "0.0 points [0.0, 0.1]", "+0.04 of 1 [0.03, 0.06]",
    ]  # fmt: skip
    assert "the 90 % interval is [0.02, 0.06]" in equal.rule
    assert detectable_text(other).endswith(": 0.03 of 1")


def test_equivalence_is_refused_by_the_90_percent_interval_not_by_a_wider_one(maker: Maker) -> None:
    gains(maker, NOISY)
    half = {level: stats.t.ppf((1 + level) / 2, 4) * stats.sem(NOISY) for level in (0.9, 0.95)}
    between = (half[0.9] + half[0.95]) / 2
    tested, refused = judged(maker, claim(within=between))[0], judged(maker, claim(within=0.99 * half[0.9]))[0]
    assert tested.verdict == "holds"
    assert f"the 90 % interval is [−{half[0.9]:.1f}, {half[0.9]:.1f}]" in tested.rule
    assert refused.verdict == "not judged"
    assert f"half-width of {half[0.9]:.1f} points" in refused.rule


@pytest.mark.parametrize(
    ("shift", "verdict"), [(0.0, "holds"), (-1.5, "undecided"), (-2.0, "undecided"), (-9.0, "opposite")]
)
def test_not_more_than_two_points_worse(maker: Maker, shift: float, verdict: str) -> None:
    values = [1 + shift, 0.5 + shift, -0.5 + shift, -1 + shift, shift]
    gains(maker, values)
    [judgement] = judged(maker, claim(at_most_worse=2.0))
    assert judgement.verdict == verdict
    one_sided = stats.ttest_1samp(values, -2.0, alternative="greater")
    bound = one_sided.confidence_interval(0.95).low
    assert f"the one-sided 95 % bound is {'−' if bound < 0 else ''}{abs(bound):.1f} points" in judgement.rule
    if np.mean(values) > -2:
        assert judgement.p == pytest.approx(one_sided.pvalue)
        assert (judgement.verdict == "holds") == (bound > -2)
    assert judgement.rule.startswith("At most 2 points worse: one-sided, paired t-test over 5 seeds")


def test_a_worse_contrast_is_opposite_only_if_its_interval_lies_wholly_beyond_the_bound(maker: Maker) -> None:
    gains(maker, [value - 5 for value in NOISY])
    high = stats.ttest_1samp([value - 5 for value in NOISY], 0).confidence_interval(0.95).high
    assert judged(maker, claim(at_most_worse=-high - 0.01))[0].verdict == "opposite"
    assert judged(maker, claim(at_most_worse=-high + 0.01))[0].verdict == "undecided"


def test_what_could_have_been_shown_is_said_of_each_kind(maker: Maker) -> None:
    gains(maker, NOISY)
    effect, worse, equal = (judged(maker, claim(**kind))[0] for kind in ({}, {"at_most_worse": 5}, {"within": 5}))
    assert effect.detectable is not None
    assert worse.detectable is not None
    assert equal.detectable is not None
    assert worse.detectable < equal.detectable  # one test or two
    assert worse.detectable < effect.detectable  # one-sided or two-sided
    assert detectable_text(effect).startswith("Smallest effect found with 80 % power: ")
    assert detectable_text(worse) == (
        f"Smallest bound shown with 80 % power if there is no difference: {worse.detectable:.1f} points"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"within": 0}, "within is 0; it must be above 0"),
        ({"at_most_worse": -2.0}, "at_most_worse is -2; it must be above 0"),
        ({"smallest_effect": -1.0}, "smallest_effect is -1; it must be above 0"),
        ({"within": 1.0, "at_most_worse": 1.0}, "within and at_most_worse, which are different claims"),
        ({"within": 1.0, "smallest_effect": 1.0}, "within and smallest_effect, which are different claims"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"“DANN beats source only”.*{said}"):
        claim(**changes)


def test_a_published_effect_needs_a_smallest_one_that_counts() -> None:
    def study(**changes: Any) -> None:
        make_study(claims=(Claim("DANN helps", (GAIN,), "Table 2", 24.4, **changes),))

    with pytest.raises(ValueError, match=r"“DANN helps” has a published size and no smallest_effect; give half_of"):
        study()
    with pytest.raises(ValueError, match=r"smallest_effect 30 is above the published 24\.4"):
        study(smallest_effect=30.0)
    for changes in ({"smallest_effect": half_of(24.4)}, {"primary": False}, {"within": 2.0}, {"at_most_worse": 2.0}):
        study(**changes)
    assert half_of(24.4) == 12.2


# How often verdicts err. The seeds are fixed, so that these can't fail by chance; the bounds are three standard errors.


def test_equivalence_errs_in_one_of_twenty_at_its_bound_and_finds_true_equality() -> None:
    at_bound = Simulated(450, (claim(within=2.5),), effect=2.5)
    assert 0.019 < at_bound.rate("holds") < 0.081
    assert 0.019 < at_bound.rate("opposite") < 0.081
    equal = Simulated(150, (claim(within=2.5),))
    assert equal.rate("holds") > 0.85
    assert equal.rate("opposite") == 0


def test_the_stated_bound_is_shown_in_four_of_five_studies_without_a_difference() -> None:
    for kind in ("within", "at_most_worse"):
        bound = detectable(1 / np.sqrt(5), 4, 0.05, claim(**{kind: 1.0}).kind)
        rate = Simulated(450, (claim(**{kind: bound}),)).rate("holds")
        assert 0.743 < rate < 0.857, kind


@pytest.mark.slow
@pytest.mark.parametrize("claims", [1, 4])
def test_a_loss_as_large_as_the_bound_is_found_harmless_in_one_study_of_twenty(claims: int) -> None:
    at_bound = Simulated(450, (claim(at_most_worse=2.0),) * claims, effect=-2.0)
    assert at_bound.rate("holds") < 0.081
    assert at_bound.rate("opposite") < 0.047  # the wrong side of a two-sided interval
    assert claims > 1 or at_bound.rate("holds") > 0.019
    worse = Simulated(150, (claim(at_most_worse=2.0),) * claims, effect=-6.0)
    assert worse.rate("holds") == 0
    assert worse.rate("opposite") > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("claims", [1, 4])
def test_an_effect_as_large_as_the_smallest_is_called_absent_in_one_study_of_forty(claims: int) -> None:
    """Also in a study of several claims: Holm's correction covers absence as it covers the effect."""

    def absent(effect: float, studies: int) -> float:
        found = Simulated(studies, (claim(smallest_effect=3.0),) * claims, effect).found
        return float(np.mean([any(j.words == "absent at this scale" for j in study) for study in found]))

    assert absent(3.0, 450) < 0.047
    assert absent(0.0, 150) > 0.9


def test_claims_of_all_kinds_share_one_error_rate() -> None:
    estimate = drawn(np.array([1.0, 2.0, 1.5, 2.5, 0.5]))
    kinds: tuple[dict[str, float], ...] = ({}, {"within": 5.0}, {"at_most_worse": 1.0})
    drafts = [Judgement(claim(**kind), device="cpu", estimates=(estimate,)) for kind in kinds]
    together = decide(drafts, "laptop")
    alone = [decide([draft], "laptop")[0].p for draft in drafts]
    p_values = [p for p in alone if p is not None]
    ordered = np.sort(p_values)
    expected = np.maximum.accumulate(ordered * [3, 2, 1])
    assert [j.p for j in together] == pytest.approx([expected[list(ordered).index(p)] for p in p_values])
    assert all("Holm's correction over 3 claims" in j.rule for j in together)
