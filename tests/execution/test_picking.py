"""Which cells a check computes in the time that it has, and what it says of the others."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mtl_bench.core.trial import key
from mtl_bench.execution.picking import Replicates, groups, named, pick, told
from mtl_bench.results.table import Results
from mtl_bench.study import Cell
from mtl_bench.workspace import StudyError
from tests.chains import Even, Measure, Odd, Pick, Plan, Train

METHODS: dict[str, Odd | Even] = {"odd": Odd(), "heavy": Odd(weight=0.5), "even": Even()}
SECONDS = {"odd": 10.0, "heavy": 20.0, "even": 100.0}  # of a run: training, which both rules share


def planned() -> list[Cell]:
    return [
        Cell({"method": name, "rule": rule, "seed": seed}, Measure(Pick(train, rule), train))
        for seed in (1, 2)
        for name, method in METHODS.items()
        for train in [Train(method, Plan(10, 4), seed)]
        for rule in ("last", "best")
    ]


def results(cells: list[Cell], **changes: object) -> Results:
    rows = [
        {**cell.labels, "metric": "accuracy", "value": 50.0, "key": key(cell.trial), "device": "cpu",
         "seconds": SECONDS[str(cell.labels["method"])], **changes}
        for cell in cells
    ]  # fmt: skip
    return Results(Path(), "chain.laptop", pd.DataFrame(rows))


def known() -> list[Replicates]:
    return groups(planned(), results(planned()), "cpu")


def test_a_cell_is_taken_with_all_its_seeds_and_shared_training_costs_once() -> None:
    first, second = [group for group in known() if group.cells[0].labels["method"] == "odd"]
    assert [cell.labels["seed"] for cell in first.cells] == [1, 2]
    assert first.adds({}) == 20
    assert second.adds(first.seconds) == 0


def test_the_baseline_says_which_cells_there_are_and_what_they_took() -> None:
    cells = planned()
    some = [cell for cell in cells if cell.labels["method"] != "even"]
    assert {named(group.cells[0]) for group in groups(cells, results(some), "cpu")} == {named(cell) for cell in some}
    assert groups(cells, results(cells), "cuda") == []
    other = groups(cells, results(cells, key="Measure-0000"), "cpu")
    assert sum(other[0].seconds.values()) == 20, "by labels: another parameter gives another key"


def test_every_method_comes_first_then_what_fits() -> None:
    def methods(seconds: float, slots: int = 1, seed: int = 0) -> list[str]:
        return [str(group.cells[0].labels["method"]) for group in pick(known(), seconds, slots, seed)]

    assert methods(20) == ["odd", "odd"], "the second rule takes the same training"
    assert methods(60) == ["odd", "heavy", *methods(60)[2:]]
    assert sorted(methods(60)) == ["heavy", "heavy", "odd", "odd"]
    assert methods(260)[:3] == ["odd", "heavy", "even"]
    assert sorted(methods(130, slots=2)) == sorted(methods(260))
    assert len(methods(1e6)) == 6
    assert methods(260, seed=1) == methods(260, seed=1)
    with pytest.raises(StudyError, match=r"no cell fits in 19 s; the cheapest takes --minutes 0\.4"):
        pick(known(), 19, 1, 0)


def test_what_is_left_out_is_named() -> None:
    every = known()
    assert told(every, every, 1, 0) == "Checked: all 6 cells, about 4 min by earlier runs."
    chosen = pick(every, 60, 2, 5)
    sentence = told(chosen, every, 2, 5)
    assert sentence.startswith(
        "Checked: 4 of 6 cells, drawn with --seed 5, about 30 s by earlier runs; of Measure even"
    )
    assert "Left out: method=even rule=last; method=even rule=best." in sentence
