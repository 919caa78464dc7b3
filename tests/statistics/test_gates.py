"""Gates in standard deviations or on every run, and studies whose replicates draw their own test items."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mtl_bench.report.sections import gate_table
from mtl_bench.statistics.gates import gate_results
from mtl_bench.statistics.verdict import judge
from mtl_bench.study import Contrast, Gate, accuracy, mean_of
from tests.results.measured import Maker, frame_of, keep_items_and_curves, make_study

BASE, LONGER, COPIED = accuracy(method="base"), accuracy(method="longer"), accuracy(method="copied")
TRAINED = Gate("twice as many steps change nothing", LONGER - BASE, within_sd_of=BASE - COPIED)
ALIVE = Gate("every network learns its training images", mean_of("training_accuracy"), at_least=99, every=True)


def changed(maker: Maker, by: float) -> None:
    """Bases with a spread of 20 points over seeds, a margin with one of 2, and the bases after a longer training."""
    maker.cell([40.0, 60.0, 80.0], method="base")
    maker.cell([37.0, 55.0, 73.0], method="copied")
    maker.cell([40.0 + by, 60.0 + by, 80.0 + by], method="longer")


@pytest.mark.parametrize(("by", "passed"), [(1.9, True), (-1.9, True), (2.1, False), (-2.1, False)])
def test_a_bound_in_standard_deviations_is_the_paired_one_and_holds_both_ways(
    maker: Maker, by: float, passed: bool
) -> None:
    changed(maker, by)
    [result] = gate_results(make_study(gates=(TRAINED,)), maker.results())
    assert result.passed is passed
    assert result.sd == pytest.approx(2)
    assert result.bound == "± 2.0"


@pytest.mark.parametrize("wide", [BASE, BASE + COPIED, 2 * BASE - COPIED])
def test_the_spread_of_cells_is_no_bound(wide: Contrast) -> None:
    with pytest.raises(ValueError, match=r"“the base is trained”.*no difference of cells; give the margin"):
        Gate("the base is trained", LONGER - BASE, within_sd_of=wide)


def test_a_single_replicate_has_no_deviation_and_passes_no_such_gate(maker: Maker) -> None:
    for method in ("base", "longer", "copied"):
        maker.cell([40.0], method=method)
    assert not gate_results(make_study(gates=(TRAINED,)), maker.results())[0].passed


def test_the_page_shows_what_a_gate_demands(maker: Maker) -> None:
    changed(maker, 1.0)
    floor = Gate("the base reads something", BASE, at_least=20)
    table = gate_table(frame_of(make_study(gates=(TRAINED, floor)), maker.results()))
    assert table["must be"].tolist() == ["± 2.0", "≥ 20"]
    assert table["result"].tolist() == ["passed", "passed"]


def networks(maker: Maker, dead: float) -> None:
    """Twenty networks, one of which ends at this training accuracy."""
    maker.cell([100.0] * 10, metric="training_accuracy", method="base")
    maker.cell([*[100.0] * 6, dead, *[100.0] * 3], metric="training_accuracy", method="AnB")


def test_the_page_says_how_many_claims_a_gate_stops_where_one_stops_some(maker: Maker) -> None:
    maker.cell([45.0, 46.0, 47.0], method="source only")
    claim = make_study().claims[0].text
    table = gate_table(frame_of(make_study(gates=(TRAINED, replace(TRAINED, claims=(claim,)))), maker.results()))
    assert list(table["stops"]) == ["all", "1 claim"]


def test_one_dead_network_among_twenty_fails_a_gate_on_every_run_and_is_named(maker: Maker) -> None:
    networks(maker, dead=82.5)
    study = make_study(gates=(ALIVE, replace(ALIVE, every=False)))
    every, mean = gate_results(study, maker.results())
    assert mean.passed
    assert not every.passed
    assert (every.measured, every.n, every.failed) == (82.5, 20, 1)
    [result, _] = gate_table(frame_of(study, maker.results()))["result"]
    assert result.startswith("not passed by 1 of 20 runs, the worst: ")
    assert "method: AnB" in result
    assert "seed: 206" in result
    maker.rows.clear()
    networks(maker, dead=99.0)
    [result] = gate_table(frame_of(make_study(gates=(ALIVE,)), maker.results())).to_dict("records")
    assert (result["measured"], result["must be"], result["result"]) == ("99.0", "≥ 99 in every run", "passed")


def test_a_claim_that_such_a_gate_stops_says_which_run_did(maker: Maker) -> None:
    networks(maker, dead=82.5)
    maker.cell([40.0, 41.0, 39.0, 40.5], method="source only")
    maker.cell([48.0, 47.0, 48.5, 49.0], method="DANN")
    [judgement] = judge(frame_of(make_study(gates=(ALIVE,)), maker.results()))
    assert judgement.verdict == "not judged"
    assert "not passed by 1 of 20 runs, the worst: " in judgement.rule


def test_a_gate_on_every_run_counts_a_run_once_and_fails_without_runs(maker: Maker) -> None:
    networks(maker, dead=82.5)
    twice = replace(ALIVE, contrast=mean_of("training_accuracy") + mean_of("training_accuracy", method="AnB"))
    absent = replace(ALIVE, contrast=mean_of("training_accuracy", method="BnB"))
    both, none = gate_results(make_study(gates=(twice, absent)), maker.results())
    assert (both.n, both.failed) == (20, 1)
    assert (none.passed, none.verdict) == (False, "not passed")


def test_gates_on_every_run_of_differences_or_spreads_are_refused() -> None:
    with pytest.raises(ValueError, match="subtract none"):
        Gate("every gain is large", LONGER - BASE, every=True)
    with pytest.raises(ValueError, match="give at_least"):
        Gate("every run is alike", LONGER, within_sd_of=BASE - COPIED, every=True)


def test_test_items_add_no_error_where_each_replicate_draws_its_own(maker: Maker) -> None:
    """The spread over replicates holds their uncertainty already; counted twice, it would hide effects."""
    maker.cell([40.0, 41.0, 39.0, 40.5], method="source only")
    maker.cell([48.0, 47.0, 48.5, 49.0], method="DANN")
    results = maker.results()
    keep_items_and_curves(maker, results)
    [common] = judge(frame_of(make_study(gates=()), results))
    [own] = judge(frame_of(make_study(gates=(), redraws_test=True), results))
    assert common.deciding
    assert own.deciding
    assert common.deciding.items_se > 0
    assert own.deciding.items_se == 0
    assert "each replicate draws its own test items" in own.rule
