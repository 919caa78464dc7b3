"""Gates that are bounds in standard deviations, and studies whose replicates draw their own test items."""

from __future__ import annotations

import pytest

from mtl_bench.report.sections import gate_table
from mtl_bench.statistics.verdict import gate_results, judge
from mtl_bench.study import Gate, accuracy
from tests.results.measured import Maker, frame_of, keep_items_and_curves, make_study

BASE, LONGER = accuracy(method="base"), accuracy(method="longer")
TRAINED = Gate("twice as many steps change nothing", LONGER - BASE, within_sd_of=BASE)


def changed(maker: Maker, by: float) -> None:
    """Bases whose standard deviation over seeds is 2 points, and the same after a longer training."""
    maker.cell([40.0, 42.0, 44.0], method="base")
    maker.cell([40.0 + by, 42.0 + by, 44.0 + by], method="longer")


@pytest.mark.parametrize(("by", "passed"), [(1.9, True), (-1.9, True), (2.1, False), (-2.1, False)])
def test_a_bound_in_standard_deviations_holds_both_ways(maker: Maker, by: float, passed: bool) -> None:
    changed(maker, by)
    [result] = gate_results(make_study(gates=(TRAINED,)), maker.results())
    assert result.passed is passed
    assert result.sd == pytest.approx(2)
    assert result.bound == "± 2.0"


def test_a_single_replicate_has_no_deviation_and_passes_no_such_gate(maker: Maker) -> None:
    maker.cell([40.0], method="base")
    maker.cell([40.0], method="longer")
    assert not gate_results(make_study(gates=(TRAINED,)), maker.results())[0].passed


def test_the_page_shows_what_a_gate_demands(maker: Maker) -> None:
    changed(maker, 1.0)
    floor = Gate("the base reads something", BASE, at_least=20)
    table = gate_table(frame_of(make_study(gates=(TRAINED, floor)), maker.results()))
    assert table["must be"].tolist() == ["± 2.0", "≥ 20"]
    assert table["result"].tolist() == ["passed", "passed"]


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
