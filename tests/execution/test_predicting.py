"""What runs predicted is kept for each test row, from what the store holds, and read as a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtl_bench.core.store import Store
from mtl_bench.core.trial import key
from mtl_bench.execution.predicting import keep_predictions
from mtl_bench.results import predictions
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import Cell
from mtl_bench.trials.evaluate import Evaluate, Oracle
from mtl_bench.trials.select import Select
from tests.trials.domains import TARGET, adaptation

NAME = "study.laptop"


@pytest.fixture
def ran(tmp_path: Path) -> tuple[list[Cell], Store]:
    """Two rules of selection on two seeds, with their rows in the results."""
    store, cells = Store(tmp_path / "store"), []
    for seed in (0, 1):
        run = replace(adaptation(), seed=seed)
        store.compute(run, "cpu")
        for name, rule in (("last", Select(run)), ("oracle", Oracle(run))):
            trial = Evaluate(rule)
            for one in (rule, trial):
                store.compute(one, "cpu")
            cells.append(Cell({"method": "DANN", "selection": name, "seed": seed}, trial))
    results = Results(tmp_path, NAME)
    results.merge(cells, store)
    results.write()
    return cells, store


@pytest.mark.slow
def test_predictions_agree_with_what_was_right_and_with_the_labels(
    ran: tuple[list[Cell], Store], tmp_path: Path
) -> None:
    cells, store = ran
    assert keep_predictions(tmp_path, NAME, cells, store) == "Predictions of 4 of 4 trials are kept for each test row."
    results = Results.read(tmp_path, NAME)
    table = predictions.table_of(results)
    labels = TARGET.labels("test")
    assert len(table) == 4 * len(labels)
    for (_, _), run in table.groupby(["selection", "seed"]):
        correct = run["predicted"].to_numpy(int) == labels[run["row"]]
        assert (correct == run["correct"]).all()
    known = table.dropna(subset=["true"])
    assert len(known) and (known["true"].to_numpy(int) == labels[known["row"]]).all()
    accuracy = 100 * table.groupby(["selection", "seed"])["correct"].mean()
    expected = results.rows.set_index(["selection", "seed"])["value"]
    assert accuracy.sort_index().to_numpy() == pytest.approx(expected.sort_index().to_numpy())


@pytest.mark.slow
def test_the_same_run_keeps_the_same_bytes_and_a_row_that_is_gone_takes_its_predictions_along(
    ran: tuple[list[Cell], Store], tmp_path: Path
) -> None:
    cells, store = ran
    keep_predictions(tmp_path, NAME, cells[:2], store)
    keep_predictions(tmp_path, NAME, cells, store)
    path = predictions.path_of(tmp_path, NAME)
    before = path.read_bytes()
    assert keep_predictions(tmp_path, NAME, cells, store) == ""
    path.unlink()
    keep_predictions(tmp_path, NAME, cells, store)
    assert path.read_bytes() == before
    results = Results.read(tmp_path, NAME)
    results.rows = results.rows[results.rows["seed"] == 0]
    results.write()
    keep_predictions(tmp_path, NAME, [], store)
    [kept] = predictions.read(tmp_path, NAME).values()
    assert set(kept) == {key(cell.trial) for cell in cells if cell.labels["seed"] == 0}


@pytest.mark.slow
def test_without_a_store_there_is_what_was_right_alone(ran: tuple[list[Cell], Store], tmp_path: Path) -> None:
    cells, _ = ran
    assert keep_predictions(tmp_path, NAME, cells, Store(tmp_path / "another")) == ""
    assert not predictions.path_of(tmp_path, NAME).exists()
    table = predictions.table_of(Results.read(tmp_path, NAME))
    assert table["predicted"].isna().all() and table["true"].isna().all() and table["correct"].notna().all()


@pytest.mark.slow
def test_what_does_not_fit_or_is_damaged_is_one_sentence(
    ran: tuple[list[Cell], Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells, store = ran
    keep_predictions(tmp_path, NAME, cells, store)
    kept: Any = predictions.read(tmp_path, NAME)
    wrong = {rows: {one: (own + i) % 10 for i, (one, own) in enumerate(every.items())} for rows, every in kept.items()}
    predictions.write(tmp_path, NAME, wrong)
    with pytest.raises(ResultsError, match="does not fit what Evaluate-"):
        predictions.table_of(Results.read(tmp_path, NAME))
    predictions.path_of(tmp_path, NAME).write_bytes(b"PK\x03\x04")
    with pytest.raises(ResultsError, match="holds no predictions; "):
        predictions.read(tmp_path, NAME)
    monkeypatch.setattr(predictions, "LIMIT", 10)
    predictions.path_of(tmp_path, NAME).unlink()
    assert "more than 10 bytes and are not kept" in keep_predictions(tmp_path, NAME, cells, store)
    assert not predictions.path_of(tmp_path, NAME).exists()
