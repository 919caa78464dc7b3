"""Results: a row per cell that reads back as it was written, merged and never lost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from mtl_bench.core.record import with_checksum
from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, Work, key
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import Cell, accuracy


@dataclass(frozen=True)
class Measure(Trial):
    """Gives its value, keeps a file, notes its data, and may need another."""

    keep: ClassVar[tuple[str, ...]] = ("curve.csv",)

    value: float
    after: Trial | None = None
    size: int = 10

    def run(self, work: Work) -> dict[str, float]:
        (work.folder / "curve.csv").write_text("x" * self.size, encoding="utf-8")
        work.data[f"data of {self.value}"] = "abc"
        return {"accuracy": self.value}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def computed(store: Store, *cells: Cell) -> list[Cell]:
    for cell in cells:
        store.compute(cell.trial, "cpu")
    return list(cells)


def test_rows_read_back_as_they_were_written(tmp_path: Path, store: Store) -> None:
    """Whole numbers stay numbers, also where some cells have no such label or one that is a word."""
    cells = computed(
        store,
        Cell({"method": "a", "seed": 100}, Measure(1.5)),
        Cell({"method": "b", "layer": 3, "seed": 9}, Measure(2.5)),
        Cell({"method": "7", "layer": "all"}, Measure(3.5)),
        Cell({"method": "1.0", "layer": "03"}, Measure(4.5)),
    )
    results = Results(tmp_path, "study.laptop")
    results.merge(cells, store)
    results.write()
    text = (tmp_path / "study.laptop.csv").read_text(encoding="utf-8")
    again = Results.read(tmp_path, "study.laptop")
    assert [again.has(cell, "cpu") for cell in cells] == [True] * 4
    assert not again.has(cells[0], "cuda")
    assert list(again.select({"seed": 100})["layer"]) == [""]
    assert list(again.select({"layer": 3})["seed"]) == [9]
    assert list(again.select({"layer": "03"})["method"]) == ["1.0"]
    again.merge(cells, store)
    assert len(again.rows) == 4, "a row was taken for another one"
    again.write()
    assert (tmp_path / "study.laptop.csv").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 156.7, -3.0])
def test_a_value_that_cannot_be_is_never_written(tmp_path: Path, value: float) -> None:
    row = {"seed": 1, "metric": "accuracy", "value": value, "device": "cpu", "seconds": 1.0, "code": "c0dec0dec0de"}
    row |= {"finished": "2026-11-20T10:00:00+00:00", "key": "Measure-0123456789abcdef", "environment": "e0e0e0e0"}
    with pytest.raises(ResultsError, match=r"study\.laptop\.csv, line 2: .*; nothing was written"):
        Results(tmp_path, "study.laptop", pd.DataFrame([row])).write()
    assert list(tmp_path.iterdir()) == []


def test_a_cell_may_read_one_of_several_numbers_of_its_trial(tmp_path: Path, store: Store) -> None:
    @dataclass(frozen=True)
    class Splits(Trial):
        def run(self, work: Work) -> dict[str, float]:
            return {"accuracy": 2.0, "accuracy, split 100": 1.0, "accuracy, split 101": 3.0}

    results = Results(tmp_path, "study.laptop")
    cells = [Cell({"seed": seed}, Splits(), reads=f"accuracy, split {seed}") for seed in (100, 101)]
    results.merge(computed(store, *cells), store)
    assert list(results.rows[["seed", "metric", "value"]].itertuples(index=False, name=None)) == [
        (100, "accuracy", 1.0),
        (101, "accuracy", 3.0),
    ]
    assert results.has(cells[0], "cpu")
    with pytest.raises(ResultsError, match="but a cell asks for accuracy, split 7; correct the study's plan"):
        results.merge([Cell({"seed": 7}, Splits(), reads="accuracy, split 7")], store)


def test_data_that_each_replicate_draws_keep_all_their_digests(tmp_path: Path, store: Store) -> None:
    @dataclass(frozen=True)
    class Drawn(Trial):
        seed: int

        def run(self, work: Work) -> dict[str, float]:
            work.data["half A"] = f"digest{self.seed}"
            return {"accuracy": 1.0}

    results = Results(tmp_path, "study.laptop")
    cells = [Cell({"seed": seed}, Drawn(seed)) for seed in (2, 1)]
    for _ in range(2):
        results.merge(computed(store, *cells), store)
    assert results.provenance["data"] == {"half A": "digest1, digest2"}


def test_a_row_is_replaced_only_by_a_row_of_the_same_cell(tmp_path: Path, store: Store) -> None:
    results = Results(tmp_path, "study.laptop")
    results.merge(computed(store, Cell({"method": "a"}, Measure(1)), Cell({"method": "b"}, Measure(2))), store)
    newer = Cell({"method": "b"}, Measure(3))
    assert not results.has(newer, "cpu")
    results.merge(computed(store, newer), store)
    assert dict(zip(results.rows["method"], results.rows["value"], strict=True)) == {"a": 1.0, "b": 3.0}
    assert results.has(newer, "cpu")
    assert not results.has(Cell({"method": "renamed"}, Measure(3)), "cpu")


def test_a_cell_costs_what_its_trial_and_all_that_it_needs_cost(tmp_path: Path, store: Store) -> None:
    base = Measure(1)
    cell = Cell({"method": "a"}, Measure(2, after=Measure(3, after=base)))
    for trial in (base, cell.trial.after, cell.trial):  # type: ignore[attr-defined]
        store.compute(trial, "cpu")
        record = with_checksum(store.record(trial) | {"seconds": 2.5})
        (store.folder(trial) / "record.json").write_text(json.dumps(record), encoding="utf-8")
    results = Results(tmp_path, "study.laptop")
    results.merge([cell], store)
    assert list(results.rows["seconds"]) == [7.5]
    assert results.provenance["data"] == {f"data of {value}": "abc" for value in (1, 2, 3)}


def test_kept_files_lie_beside_the_results_and_go_with_their_rows(tmp_path: Path, store: Store) -> None:
    old, new = Cell({"method": "a"}, Measure(1)), Cell({"method": "a"}, Measure(2))
    results = Results(tmp_path, "study.laptop")
    results.merge(computed(store, old), store)
    results.write()
    assert results.kept(key(old.trial), "curve.csv").read_text(encoding="utf-8") == "x" * 10
    results.merge(computed(store, new), store)
    results.write()
    assert [path.name for path in (tmp_path / "study.laptop").iterdir()] == [f"{key(new.trial)}.curve.csv"]
    large = Cell({"method": "b"}, Measure(3, size=200_001))
    with pytest.raises(ResultsError, match="too large to keep with the results"):
        results.merge(computed(store, large), store)


def test_replicates_pair_by_seed(tmp_path: Path, store: Store) -> None:
    cells = [
        Cell({"method": m, "seed": s}, Measure(v)) for m, s, v in [("a", 0, 1), ("a", 1, 2), ("b", 1, 5), ("b", 2, 9)]
    ]
    results = Results(tmp_path, "study.laptop")
    results.merge(computed(store, *cells), store)
    contrast = accuracy(method="b") - accuracy(method="a")
    assert results.replicates(contrast).to_dict() == {1: 3.0}


def test_two_rows_for_one_cell_are_refused_or_repaired(tmp_path: Path, store: Store) -> None:
    results = Results(tmp_path, "study.laptop")
    results.merge(computed(store, Cell({"method": "a"}, Measure(1))), store)
    results.write()
    path = tmp_path / "study.laptop.csv"
    rows = pd.read_csv(path, dtype=str)
    older = rows.assign(value="7.0", finished="2001-01-01T00:00:00+00:00")
    pd.concat([rows, older]).to_csv(path, index=False)
    with pytest.raises(ResultsError, match=r"method=a .* twice; run `mtl-bench tidy`"):
        Results.read(tmp_path, "study.laptop")
    assert list(Results.read(tmp_path, "study.laptop", repair=True).rows["value"]) == [1.0]
