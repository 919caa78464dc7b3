"""Verdicts: what must come out in clear cases, and how often they err over many simulated studies."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mtl_bench.report.terminal import verdict_lines
from mtl_bench.results.table import Results
from mtl_bench.statistics.contrasts import estimate, nearly_chance
from mtl_bench.statistics.inference import detectable_effect, spread, t_tail
from mtl_bench.statistics.verdict import judge
from mtl_bench.study import Gate, accuracy
from tests.results.measured import Maker, frame_of, make_study
from tests.statistics.claims import GAIN, Simulated, claim, gains, judged


def test_a_clear_gain_holds_and_is_a_paired_t_test(maker: Maker) -> None:
    values = [5.0, 6.0, 5.5, 6.5, 4.5]
    gains(maker, values)
    [judgement] = judged(maker)
    reference = stats.ttest_1samp(values, 0)
    assert judgement.verdict == judgement.words == "holds"
    assert judgement.p == pytest.approx(reference.pvalue)
    assert judgement.deciding is not None
    assert judgement.deciding.interval() == pytest.approx(tuple(reference.confidence_interval()))
    assert judgement.deciding.mean == pytest.approx(5.5)
    assert judgement.deciding.n == 5
    assert len(judgement.keys) == 10
    assert "Paired t-test over 5 seeds; spread of its own (4 degrees of freedom)" in judgement.rule


@pytest.mark.parametrize(("scale", "words"), [("laptop", "opposite at this scale"), ("paper", "contradicted")])
def test_the_opposite_is_a_contradiction_at_paper_scale_only(maker: Maker, scale: str, words: str) -> None:
    gains(maker, [-5.0, -6.0, -5.5, -6.5, -4.5])
    [judgement] = judged(maker, scale=scale)
    assert (judgement.verdict, judgement.words) == ("opposite", words)


@pytest.mark.parametrize(
    "number", [{"context": "another protocol there"}, {"status": "secondary source"}, {"labels": {"method": "DAN"}}]
)
def test_only_numbers_of_the_very_cells_can_be_contradicted(maker: Maker, number: dict[str, Any]) -> None:
    """A published size of another protocol, or one that a third party passes on, is none of these cells."""
    published = make_study().published
    changed = tuple(replace(p, **number) if p.labels["method"] == "DANN" else p for p in published)
    gains(maker, [-5.0, -6.0, -5.5, -6.5, -4.5])
    [judgement] = judged(maker, scale="paper", published=changed)
    assert (judgement.verdict, judgement.words) == ("opposite", "opposite here")
    assert "no number of these very cells" in judgement.rule
    small = claim(smallest_effect=1.0)
    maker.rows.clear()
    gains(maker, [0.1, -0.1, 0.2, 0.0, 0.1])
    assert judged(maker, small, scale="paper", published=changed)[0].words == "absent here"
    assert judged(maker, small, scale="paper", published=published)[0].words == "contradicted"


def test_noise_is_undecided(maker: Maker) -> None:
    gains(maker, [5.0, -4.0, 1.0, -3.0, 2.0])
    assert judged(maker)[0].verdict == "undecided"


def test_smoke_and_few_seeds_get_no_verdict(maker: Maker) -> None:
    gains(maker, [5.0, 6.0])
    assert "fewer than 3" in judged(maker)[0].rule
    assert "smoke" in judged(maker, scale="smoke")[0].rule


@pytest.mark.parametrize(
    ("found", "place"),
    [([5.0, 6.0, 5.5], "above zero"), ([-5.0, -6.0, -5.5], "below zero"), ([5.0, -6.0, 0.5], "open")],
)
def test_of_an_exploratory_claim_the_place_of_its_interval_is_said(
    maker: Maker, found: list[float], place: str
) -> None:
    gains(maker, found)
    [judgement] = judged(maker, claim(primary=False))
    assert (judgement.verdict, judgement.words) == ("exploratory", f"exploratory, {place}")
    assert judgement.p is None
    assert judgement.deciding is not None
    assert judgement.deciding.n == 3


def test_an_exploratory_claim_of_several_contrasts_is_above_zero_where_all_are(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5])
    gains(maker, [0.5, -0.6, 0.1], target="sketches")
    both = (
        accuracy(method="DANN", target=target) - accuracy(method="source only", target=target)
        for target in ("photos", "sketches")
    )
    [judgement] = judged(maker, claim(*both, primary=False))
    assert judgement.words == "exploratory, open"


@pytest.mark.parametrize(
    ("found", "place"),
    [([0.5, -0.6, 0.1], "within ± 2 points"), ([5.0, 6.0, 5.5], "beyond ± 2 points"), ([1.0, 3.0, 2.0], "open")],
)
def test_of_an_exploratory_equivalence_the_place_about_its_bound_is_said(
    maker: Maker, found: list[float], place: str
) -> None:
    gains(maker, found)
    [judgement] = judged(maker, claim(primary=False, within=2))
    assert judgement.words == f"exploratory, {place}"
    assert "its 90 % interval" in judgement.rule


@pytest.mark.parametrize(
    ("bound", "verdict"), [({"within": 1.0}, "holds"), ({"at_most_worse": 1.0}, "holds"), ({}, "not judged")]
)
def test_replicates_that_all_give_the_same_show_that_there_is_no_difference(
    maker: Maker, bound: dict[str, float], verdict: str
) -> None:
    gains(maker, [0.0] * 5)
    assert judged(maker, claim(**bound))[0].verdict == verdict


def test_replicates_that_all_give_a_difference_beyond_the_bound_are_the_opposite(maker: Maker) -> None:
    gains(maker, [1.5] * 5)
    assert judged(maker, claim(within=1.0))[0].verdict == "opposite"


def test_a_gate_stops_the_claims_that_it_names_alone(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    named, other = claim(), replace(claim(), text="DANN reads more")
    gate = Gate("source only reads half", accuracy(method="source only"), at_least=50, claims=(named.text,))
    assert [one.verdict for one in judged(maker, named, other, gates=(gate,))] == ["not judged", "holds"]


def test_a_gate_that_names_no_claim_of_its_study_is_refused(maker: Maker) -> None:
    gate = Gate("source only reads half", accuracy(method="source only"), at_least=50, claims=("no such claim",))
    with pytest.raises(ValueError, match="a gate stops “no such claim”, which is no claim's text"):
        judged(maker, gates=(gate,))


def test_a_failed_gate_stops_an_exploratory_claim_too(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5])
    gate = Gate("source only reads half", accuracy(method="source only"), at_least=50)
    assert judged(maker, claim(primary=False), gates=(gate,))[0].words == "not judged"


def test_a_failed_gate_is_named_and_stops_the_verdict(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    gate = Gate("source only reads half", accuracy(method="source only"), at_least=50)
    [judgement] = judged(maker, gates=(gate,))
    assert judgement.verdict == "not judged"
    assert "source only reads half" in judgement.rule
    assert not judgement.gates[0].passed
    assert judged(maker, gates=(replace(gate, at_least=30),))[0].verdict == "holds"


def test_a_gate_without_cells_is_not_passed(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    gate = Gate("the ceiling is high", accuracy(method="train on target"), at_least=0)
    assert judged(maker, gates=(gate,))[0].verdict == "not judged"


def test_sizing_seeds_are_not_judged(maker: Maker) -> None:
    maker.cell([40, 41, 40], first=0, method="source only")
    maker.cell([60, 61, 62], first=0, method="DANN")
    assert judged(maker)[0].verdict == "not judged"
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    [judgement] = judged(maker)
    assert judgement.deciding is not None
    assert judgement.deciding.n == 5
    assert judgement.deciding.mean == pytest.approx(5.5)


def test_an_incomplete_seed_is_left_out(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    gains(maker, [1.0, 2.0, 1.5, 2.5], target="sketches")
    [judgement] = judged(maker)
    assert judgement.deciding is not None
    assert judgement.deciding.values == pytest.approx((3.0, 4.0, 3.5, 4.5))


@pytest.mark.slow
def test_all_margins_must_hold(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    gains(maker, [1.0, -1.0, 2.0, 1.5, -0.5], target="sketches")
    gains(maker, [-5.0, -6.0, -5.5, -6.5, -4.5], target="icons")
    photos, sketches, icons = (
        accuracy(method="DANN", target=t) - accuracy(method="source only", target=t)
        for t in ("photos", "sketches", "icons")
    )
    assert judged(maker, claim(photos))[0].verdict == "holds"
    [weak] = judged(maker, claim(photos, sketches))
    assert weak.verdict == "undecided"
    assert weak.deciding is not None
    assert weak.deciding.mean == pytest.approx(0.6)
    assert judged(maker, claim(photos, icons))[0].verdict == "opposite"


def test_holm_counts_claims_that_could_not_be_tested(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    alone = judged(maker)[0].p
    beside = judged(maker, claim(), claim(accuracy(method="never run")))
    assert alone is not None
    assert beside[0].p == pytest.approx(2 * alone)
    assert beside[1].verdict == "not judged"


def test_failed_runs_are_counted_and_exchange_the_test(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    maker.rows[-1]["value"] = 10.0
    [few] = judged(maker, chance=10.0)
    assert few.verdict == "not judged"
    assert "1 run near chance" in few.rule
    maker.rows.clear()
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5, 5.2, 80.0])
    maker.rows[6]["value"] = 2.0
    [judgement] = judged(maker, chance=10.0)
    assert judgement.p == pytest.approx(2 / 2**7)
    assert judgement.rule.startswith("Signs exchanged over 7 seeds")


@pytest.mark.parametrize(("classes", "limit"), [(2, 55.0), (5, 25.0), (10, 15.0), (50, 3.0)])
def test_near_chance_is_half_as_much_again_and_at_most_five_points(classes: int, limit: float) -> None:
    assert nearly_chance(100 / classes) == pytest.approx(limit)


def test_of_two_classes_a_run_well_above_chance_has_not_failed(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    for row in maker.rows:
        row["value"] = row["value"] + 20.0  # all between 60 and 75 percent
    [judgement] = judged(maker, chance=50.0)
    assert judgement.verdict == "holds"


def test_device_classes_are_never_paired(maker: Maker) -> None:
    maker.cell([40.0] * 9, method="source only", device="cuda")
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5], device="cpu")
    [judgement] = judged(maker)
    assert judgement.device == "cpu"
    assert judgement.deciding is not None
    assert judgement.deciding.n == 5


def test_spread_is_pooled_over_pairs_of_domains(maker: Maker) -> None:
    samples = {"a": [5.0, 6.0, 7.0], "b": [1.0, 3.0, 5.0], "c": [0.0, 1.5, 3.0]}
    for target, values in samples.items():
        gains(maker, values, target=target)
    contrast = accuracy(method="DANN", target="a") - accuracy(method="source only", target="a")
    found = estimate(contrast, maker.results(), None)
    assert (found.df, found.siblings) == (6, 3)
    assert found.spread == pytest.approx(np.sqrt(np.mean([np.var(s, ddof=1) for s in samples.values()])))
    assert found.sd == pytest.approx(1.0)
    averaged = estimate(GAIN, maker.results(), None)
    assert (averaged.df, averaged.siblings) == (2, 1)


def test_spreads_that_differ_threefold_are_not_pooled(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 7.0], target="a")
    gains(maker, [1.0, 5.0, 9.0], target="b")
    found = estimate(
        accuracy(method="DANN", target="a") - accuracy(method="source only", target="a"), maker.results(), None
    )
    assert (found.df, found.siblings) == (2, 1)


def keep_right_items(maker: Maker, results: Results, sizes: dict[str, int], seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    difficulty = {target: rng.random(size) for target, size in sizes.items()}
    for row in results.rows.to_dict("records"):
        items = difficulty[row["target"]]
        maker.keep(results, row["key"], rng.random(len(items)) * 0.5 + items * 0.5 < row["value"] / 100)


def test_test_items_widen_the_interval_as_a_paired_bootstrap_does(maker: Maker) -> None:
    for target in ("photos", "sketches"):
        gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5], target=target)
    results = maker.results()
    sizes = {"photos": 120, "sketches": 70}
    keep_right_items(maker, results, sizes)
    found = estimate(GAIN, results, None)

    @cache
    def right(method: str, target: str) -> Any:
        keys = results.select({"method": method, "target": target})["key"]
        return np.mean([np.load(results.kept(key, "correct.npy")) for key in keys], axis=0)

    def contrast(photos: np.ndarray[Any, Any], sketches: np.ndarray[Any, Any]) -> float:
        parts = [
            (right("DANN", t) - right("source only", t))[i].mean()
            for t, i in zip(sizes, (photos, sketches), strict=True)
        ]
        return float(100 * np.mean(parts))

    rng = np.random.default_rng(1)
    drawn = [contrast(*(rng.integers(0, size, size) for size in sizes.values())) for _ in range(1500)]
    assert found.items_se == pytest.approx(np.std(drawn), rel=0.06)
    assert found.se == pytest.approx(np.hypot(found.spread / np.sqrt(5), found.items_se))


def test_test_items_that_each_seed_draws_anew_are_left_out(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5])
    results = maker.results()
    for row in results.rows.to_dict("records"):
        maker.keep(results, row["key"], np.ones(50 + row["seed"], bool))
    found = estimate(GAIN, results, None)
    assert (found.items_se, found.items_note) == (0, "each replicate draws its own test items")


def test_equal_margins_without_spread_are_not_tested(maker: Maker) -> None:
    gains(maker, [2.0, 2.0, 2.0])
    assert "no spread" in judged(maker)[0].rule


def test_no_results_at_all_is_a_sentence() -> None:
    study = make_study()
    [judgement] = judge(frame_of(study, Results(Path("nowhere"), "quick.laptop")))
    assert judgement.rule.startswith("0 seeds")
    assert verdict_lines([judgement]) == [f"not judged  {judgement.claim.text}"]


def test_a_claim_on_one_pair_of_domains_needs_no_rows() -> None:
    study = make_study(claims=(claim(accuracy(method="DANN", target="photos")),))
    [judgement] = judge(frame_of(study, Results(Path("nowhere"), "quick.laptop")))
    assert judgement.rule.startswith("0 seeds")


def test_a_line_for_the_terminal_has_verdict_margin_interval_and_p(maker: Maker) -> None:
    gains(maker, [5.0, 6.0, 5.5, 6.5, 4.5])
    assert verdict_lines(judged(maker)) == ["holds  DANN beats source only: +5.5 points [4.5, 6.5], n = 5, p < 0.001"]


# How often verdicts err. The seeds are fixed, so that these can't fail by chance; the bounds are three standard errors.


@pytest.mark.parametrize("claims", [1, 4])
def test_without_an_effect_one_study_in_twenty_errs(claims: int) -> None:
    rate = Simulated(350, (claim(),) * claims).rate("holds", "opposite")
    assert 0.015 < rate < 0.085


def test_the_stated_effect_is_found_in_four_of_five_studies() -> None:
    effect = detectable_effect(1 / np.sqrt(5), 4)
    simulated = Simulated(450, (claim(),), effect)
    assert 0.743 < simulated.rate("holds") < 0.857
    assert simulated.rate("opposite") == 0


def test_beside_other_claims_the_stated_effect_is_larger() -> None:
    alone, beside = (Simulated(1, (claim(),) * claims).found[0][0].detectable for claims in (1, 4))
    assert alone is not None
    assert beside is not None
    assert beside > 1.3 * alone


@pytest.mark.slow
@pytest.mark.parametrize(("sds", "limit"), [((1, 1, 1, 1), 0.065), ((2, 1, 1, 1), 0.095), ((1, 2, 2, 2), 0.065)])
def test_pooling_over_siblings_keeps_the_error_rate(sds: tuple[float, ...], limit: float) -> None:
    rng = np.random.default_rng(6)
    errors, pooled = [], []
    for _ in range(4000):
        samples = list(rng.normal(0, np.array(sds)[:, None], (4, 5)))
        sd, df, siblings = spread(samples[0], samples)
        errors.append((samples[0].mean(), sd / np.sqrt(5), df))
        pooled.append(siblings > 1)
    p = t_tail(*np.array(errors).T)
    assert np.mean(p < 0.05) < limit
    assert np.mean(pooled) > 0.4
