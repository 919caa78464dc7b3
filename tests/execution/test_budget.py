"""Which cells a run takes in the time that it has: whole comparisons, and a later run goes on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from mtl_bench.execution.budget import comparisons, fitting
from mtl_bench.execution.picking import Priced
from mtl_bench.study import Cell, Study
from tests.core.fakes import Count
from tests.execution.test_spot import change
from tests.studies import Desk, Outcome

Give = Callable[..., Outcome]
STUDY = Study("A study", "Which?", "Nobody", plan=lambda scale: ())


def planned() -> list[Cell]:
    """Two pairs and seeds; of the methods one has a label of its own, and one has no seed."""
    methods = [{"method": "source only"}, {"method": "DANN", "selection": "last"}]
    cells = [
        Cell({**method, "source": "a", "target": target, "features": "SURF", "seed": seed}, Count(str(method)))
        for method in methods
        for target in "bc"
        for seed in (1, 2)
    ]
    return [*cells, Cell({"method": "1-NN", "source": "a", "target": "b", "features": "SURF"}, Count("1-NN"))]


def test_a_comparison_is_all_methods_of_a_pair_and_seed() -> None:
    cells = planned()
    told = [
        [f"{cell.labels['method']} {cell.labels['target']} {cell.labels.get('seed', '-')}" for cell in group]
        for group in comparisons(STUDY, cells, cells[1:])
    ]
    assert told == [
        ["source only b 2", "DANN b 2"],
        ["source only c 1", "DANN c 1"],
        ["source only c 2", "DANN c 2"],
        ["DANN b 1"],
        ["1-NN b -"],
    ]


def test_what_fits_is_taken_in_turn_and_what_is_shared_costs_once() -> None:
    first, second, long, last = (
        Priced((), seconds) for seconds in ({"t": 10.0, "a": 5.0}, {"t": 10.0, "b": 5.0}, {"l": 50.0}, {"z": 9.0})
    )
    groups = [first, second, long, last]
    assert fitting(groups, 30, 1)[0] == [first, second, last]
    assert fitting(groups, 20, 1)[0] == [first, second]
    assert fitting(groups, 40, 2)[0] == [first, second, last], "one trial of 50 s is not done in 40 s by two slots"
    assert fitting(groups, 100, 1)[1] == {"t": 10.0, "a": 5.0, "b": 5.0, "l": 50.0, "z": 9.0}
    assert fitting(groups, 4, 1) == ([], {})


@pytest.mark.slow
def test_a_run_takes_whole_comparisons_and_the_next_one_goes_on(desk: Desk, mtl_bench: Give) -> None:
    words = ("run", "fake", "--minutes", "1", "--slots", "1")
    done = mtl_bench(*words)
    assert "chosen: 1 of 5 comparisons, 2 of 10 lacking cells: what it takes is not known yet; a later run" in done.out
    assert sorted(desk.log) == ["left-200", "right-200"]
    assert "2 cells computed in " in done.out and "; 8 cells left: the same command goes on\n" in done.out
    desk.change_records("Score-*", lambda record: {"seconds": 14.0})
    done = mtl_bench(*words)
    assert re.search(r"chosen: 2 of 4 comparisons, 4 of 8 lacking cells: about 56 s by earlier runs; a later", done.out)
    assert sorted(desk.log[2:]) == ["left-201", "left-202", "right-201", "right-202"]
    desk.change_records("Score-*", lambda record: {"seconds": 40.0})
    few = mtl_bench(*words)
    assert (few.status, few.err) == (2, "no comparison fits in 60 s; the cheapest takes --minutes 1.4\n")
    done = mtl_bench(*words[:3], "9", "--slots", "1")
    assert "chosen: 2 of 2 comparisons, 4 of 4 lacking cells: about 3 min by earlier runs\n" in done.out
    assert "cells left" not in done.out
    assert len(desk.rows("fake.laptop")) == 10
    assert "Nothing was computed" in mtl_bench(*words).out


@pytest.mark.slow
def test_the_rows_of_a_fresh_clone_say_what_trials_take(desk: Desk, mtl_bench: Give) -> None:
    mtl_bench("run", "fake", "--seeds", "3")
    (desk.folder / "store").rename(desk.folder / "gone")
    change(desk, "fake.laptop.csv", r",cpu,[\d.]+,", ",cpu,30.0,")
    done = mtl_bench("run", "fake", "--minutes", "1.5", "--slots", "1", "--dry-run")
    assert "chosen: 1 of 2 comparisons, 2 of 4 lacking cells: about 60 s by earlier runs" in done.out
    assert len(desk.log) == 6


@pytest.mark.parametrize("words", [("--minutes", "1", "--recompute"), ("--minutes", "0")])
def test_what_makes_no_sense_is_refused(mtl_bench: Give, words: tuple[str, ...]) -> None:
    assert mtl_bench("run", "fake", *words).status == 2
