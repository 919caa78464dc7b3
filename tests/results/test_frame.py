"""The frame: which rows of the results are planned, in the plan's order, each beside its published number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, Work, key
from mtl_bench.report.page import write
from mtl_bench.results.counterparts import Counterparts
from mtl_bench.results.frame import Frame, planned, unplanned
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.statistics.verdict import judge
from mtl_bench.study import Cell, Published, Scale
from tests.results.measured import PAPER, Nothing, make_study

METHODS = ("source only", "DANN", "train on target")


def plan(scale: Scale) -> Iterator[Cell]:
    for method in METHODS:
        for seed in scale.seeds:
            yield Cell({"method": method, "target": "photos", "seed": seed}, Nothing(f"{method} {seed}"))


STUDY = make_study(plan=plan, views=(), gates=())


def results_of(cells: Iterable[Cell], scale: str = "laptop", device: str = "cpu") -> Results:
    """A row per cell, as a run leaves it."""
    measured = {
        "device": device,
        "seconds": 1.0,
        "finished": "2026-01-01T00:00:00+00:00",
        "code": "c",
        "environment": "e",
    }
    rows = [
        {**c.labels, "metric": c.metric, "value": 40.0 + 10 * len(str(c.labels["method"])) % 37 + i % 5, **measured,
         "key": key(c.trial)}
        for i, c in enumerate(cells)
    ]  # fmt: skip
    return Results(Path("nowhere"), f"quick.{scale}", pd.DataFrame(rows))


def with_rows(results: Results, *cells: Cell) -> Results:
    return replace(results, rows=pd.concat([results.rows, results_of(cells).rows], ignore_index=True))


def usual() -> list[Cell]:
    return STUDY.cells(STUDY.scale("laptop"))


@pytest.mark.slow
def test_rows_that_left_the_plan_stand_neither_on_the_page_nor_in_a_verdict(tmp_path: Path) -> None:
    fine = results_of(usual())
    former = [
        Cell({"method": "former method", "target": "photos", "seed": 200}, Nothing("former")),
        Cell({"method": "DANN", "target": "sketches", "seed": 200}, Nothing("DANN 200")),  # planned for other labels
        Cell({"method": "DANN", "target": "photos", "seed": 200}, Nothing("DANN 200"), "warnings"),
        Cell({"method": "DANN", "target": "photos", "layer": 3, "seed": 200}, Nothing("DANN 200")),
    ]
    results = with_rows(fine, *former)
    results = replace(results, rows=results.rows.astype({"layer": object}).fillna({"layer": ""}))
    frame = Frame.of(STUDY, results)
    assert frame.unplanned == len(former)
    assert judge(frame)[0].estimates == judge(Frame.of(STUDY, fine))[0].estimates
    text = write("quick", frame, tmp_path).read_text(encoding="utf-8")
    assert "former method" not in text and "sketches" not in text and "warnings" not in text
    assert "- 4 rows of the results are no longer planned; `mtl-bench tidy --unplanned` can remove them" in text
    html = (tmp_path / "quick.laptop.html").read_text(encoding="utf-8")
    assert "former method" not in html
    assert "4 rows of the results are no longer planned; <code>mtl-bench tidy --unplanned</code>" in html
    assert "no longer planned" not in write("quick", Frame.of(STUDY, fine), tmp_path).read_text(encoding="utf-8")


def test_a_row_of_other_parameters_is_not_the_planned_cell() -> None:
    results = results_of(usual())
    results.rows.loc[results.rows["method"] == "DANN", "key"] = "Nothing-0000000000000000"
    frame = Frame.of(STUDY, results)
    assert frame.unplanned == 5
    assert {str(cell.labels["method"]) for cell in frame.absent} == {"DANN"}
    assert [cell.labels["method"] for cell in frame.measured()] == ["source only", "train on target"]


def test_nothing_planned_leaves_a_page_that_says_so(tmp_path: Path) -> None:
    results = results_of(usual())
    results.rows["key"] = "Nothing-0000000000000000"
    text = write("quick", Frame.of(STUDY, results), tmp_path).read_text(encoding="utf-8")
    assert "15 rows of the results are no longer planned" in text
    assert "Planned, but without a result: 15 cells" in text


def test_a_planned_cell_with_one_more_label_is_another() -> None:
    results, [first, *rest] = results_of(usual()), usual()
    more = replace(first, labels={**first.labels, "layer": 3})
    assert unplanned(results, [more, *rest]).tolist() == [True] + 14 * [False]


@pytest.mark.slow
@settings(derandomize=True, deadline=None, database=None)
@given(st.sets(st.integers(0, 14)), st.sets(st.integers(0, 14)))
def test_unplanned_is_what_is_no_planned_cell(gone: set[int], changed: set[int]) -> None:
    results = results_of(usual())
    for row in changed:
        results.rows.loc[row, "key"] = "Nothing-0000000000000000"
    cells = [cell for i, cell in enumerate(usual()) if i not in gone]
    assert unplanned(results, cells).tolist() == [row in gone | changed for row in range(15)]


def test_more_seeds_than_usual_and_sizing_runs_are_planned_but_do_not_lack() -> None:
    seven = results_of(STUDY.cells(STUDY.scale("laptop", 7)))
    frame = Frame.of(STUDY, seven)
    assert (frame.unplanned, frame.absent) == (0, ())
    assert [cell.n for cell in frame.measured()] == [7, 7, 7]
    sizing = results_of(STUDY.cells(STUDY.scale("laptop", 3, first=0)))
    shown = Frame.of(STUDY, sizing)
    assert shown.sizing and len(shown.results.rows) == 9 and not shown.judged
    both = Frame.of(STUDY, replace(seven, rows=pd.concat([sizing.rows, seven.rows])))
    assert (both.unplanned, len(both.results.rows), both.sizing) == (0, 21, False)
    assert not unplanned(seven, planned(STUDY, seven)).any()


def test_a_plan_that_looks_at_all_its_seeds_is_asked_for_all_of_them() -> None:
    def together(scale: Scale) -> Iterator[Cell]:
        for seed in scale.seeds:
            yield Cell({"method": "DANN", "seed": seed}, Nothing(f"{len(scale.seeds)} draws"))

    study = replace(STUDY, plan=together)
    twenty = results_of(study.cells(study.scale("laptop", 20)))
    assert Frame.of(study, twenty).unplanned == 0
    mixed = results_of([*study.cells(study.scale("laptop", 7))[:3], *study.cells(study.scale("laptop"))[3:]])
    assert Frame.of(study, mixed).unplanned == 3


@pytest.mark.slow
def test_the_plan_is_made_once(tmp_path: Path) -> None:
    made = []

    def counted(scale: Scale) -> Iterable[Cell]:
        made.append(scale)
        return plan(scale)

    study = replace(STUDY, plan=counted)
    frame = Frame.of(study, results_of(usual()))
    write("quick", frame, tmp_path)
    assert len(made) == 1
    write("quick", Frame.of(study, results_of(usual()), usual()), tmp_path)
    assert len(made) == 1


@pytest.mark.parametrize("seed", ["one", "1.5", 1.5, "0100"])
def test_a_seed_that_is_no_whole_number_is_a_sentence(seed: Any) -> None:
    results = results_of(usual())
    results.rows["seed"] = [seed, *results.rows["seed"].tolist()[1:]]
    with pytest.raises(ResultsError, match=r"quick.laptop.csv has the seed .*, which is no whole number; restore it"):
        Frame.of(STUDY, results)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [[], "x", 3, None, {"environments": []}, {"data": "x"}, {"environments": {"e": 3}}])
def test_what_lies_beside_the_rows_in_another_shape_is_a_sentence(shape: Any, tmp_path: Path) -> None:
    results = replace(results_of(usual()), provenance=shape)
    with pytest.raises(ResultsError, match=r"quick.laptop.json has \w+ where names and values are expected; restore"):
        write("quick", Frame.of(STUDY, results), tmp_path)


def searched(numbers: Iterable[Published], labels: dict[str, str], metric: str) -> Published | None:
    """The counterpart by a search through all of them: as the rule is stated."""
    fitting = [
        n for n in numbers if n.metric == metric and all(labels.get(k) == str(v) for k, v in n.labels.items())
    ]  # fmt: skip
    return min(fitting, key=lambda number: bool(number.context), default=None)


LABELS = st.dictionaries(st.sampled_from(["method", "target", "layer"]), st.sampled_from([1, 2, "a", "1"]), max_size=3)
NUMBERS = st.builds(
    Published, st.floats(0, 100), LABELS, st.sampled_from(["T1", "T2"]), st.just(PAPER),
    context=st.sampled_from(["", "other data"]), metric=st.sampled_from(["accuracy", "loss"]),
)  # fmt: skip


@pytest.mark.slow
@settings(derandomize=True, deadline=None, database=None)
@given(st.lists(NUMBERS, max_size=12), LABELS)
def test_a_counterpart_is_found_as_by_a_search(numbers: list[Published], labels: dict[str, Any]) -> None:
    cell = {name: str(value) for name, value in labels.items()}
    found = Counterparts(tuple(numbers)).of(cell, "accuracy")
    assert found is searched(numbers, cell, "accuracy")


def test_a_gain_is_within_one_table() -> None:
    base, other = (Published(v, {"method": "source only"}, t, PAPER) for v, t in ((50.0, "T1"), (10.0, "T2")))
    mine = Published(60.0, {"method": "DANN"}, "T1", PAPER)
    table = Counterparts((other, base, mine))
    assert table.gain(mine, STUDY.baseline) == 10
    assert table.gain(base, STUDY.baseline) is None
    assert table.gain(replace(mine, source="T3"), STUDY.baseline) is None


def test_cells_that_are_files_are_no_numbers(tmp_path: Path) -> None:
    picture = Cell({"method": "DANN", "target": "photos", "seed": 200}, Nothing("picture"), artifact="filters.npy")
    assert (picture.metric, Cell({}, Nothing()).metric) == ("filters.npy", "accuracy")
    study = replace(STUDY, plan=lambda scale: [*plan(scale), picture])
    results = replace(results_of([*usual(), picture]), folder=tmp_path)
    frame = Frame.of(study, results)
    assert frame.metrics == ["accuracy"]
    assert frame.kept("filters.npy") == []
    path = results.kept(key(picture.trial), "filters.npy")
    path.parent.mkdir(parents=True)
    np.save(path, np.zeros(3))
    assert frame.kept("filters.npy") == [
        ({**dict.fromkeys([]), "method": "DANN", "target": "photos", "seed": "200", "device": "cpu"}, path)
    ]
    assert [cell.metric for cell in frame.holding("filters.npy")] == ["filters.npy"]
    assert frame.holding("other.npy") == []


@dataclass(frozen=True)
class Picture(Trial):
    """Leaves a file of 12 bytes that it does not name in `keep`."""

    metrics: tuple[str, ...] = ()

    def run(self, work: Work) -> dict[str, float]:
        (work.folder / "picture.npy").write_bytes(bytes(12))
        return {"divergence": 0.5, **dict.fromkeys(self.metrics, 7.0)}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (Cell({"seed": 1}, Picture(), artifact="picture.npy"), 12),
        (Cell({"seed": 1}, Picture(("picture.npy",)), artifact="picture.npy"), 7),
        (Cell({"seed": 1}, Picture(), "divergence", artifact="picture.npy"), 0.5),
    ],
    ids=["bytes", "a metric of the file's name", "a metric that is named"],
)
def test_a_cell_that_is_a_file_has_a_row_and_keeps_the_file(cell: Cell, value: float, tmp_path: Path) -> None:
    store, results = Store(tmp_path / "store"), Results(tmp_path / "results", "study.laptop")
    store.compute(cell.trial, "cpu")
    results.merge([cell], store)
    results.write()
    again = Results.read(tmp_path / "results", "study.laptop")
    assert again.rows["value"].tolist() == [value]
    assert again.has(cell, "cpu")
    assert again.kept(key(cell.trial), "picture.npy").read_bytes() == bytes(12)


def test_a_file_that_a_trial_does_not_leave_is_a_sentence(tmp_path: Path) -> None:
    store, cell = Store(tmp_path / "store"), Cell({"seed": 1}, Picture(), artifact="filters.npy")
    store.compute(cell.trial, "cpu")
    with pytest.raises(
        ResultsError, match=r"Picture leaves no filters\.npy, but a cell asks for it; correct the study's"
    ):
        Results(tmp_path, "study.laptop").merge([cell], store)
