"""Results are saved while a run goes on: nothing is lost, and it costs a twentieth of the time at most."""

from __future__ import annotations

import errno
import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from mtl_bench.core.store import Store
from mtl_bench.execution import writer
from mtl_bench.execution.writer import FRACTION, SAVE_EVERY, ResultsWriter, invalidate
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import Cell
from tests.core.fakes import Count, Score

NAME = "study.laptop"


def cells(method: str, count: int) -> list[Cell]:
    return [Cell({"method": method, "seed": seed}, Count(f"{method}-{seed}")) for seed in range(count)]


class Clock:
    """Seconds that only pass when told; reading results costs some."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.mark.parametrize("cost", [0.01, 1.0, 20.0])
def test_saving_takes_a_twentieth_of_the_time_at_most(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, cost: float
) -> None:
    clock, saves = Clock(), []

    def write(results: Results) -> None:
        clock.now += cost
        saves.append(clock.now)

    monkeypatch.setattr(Results, "write", write)
    monkeypatch.setattr(Results, "merge", lambda results, finished, store: None)
    wanted = cells("a", 500)
    saving = ResultsWriter(tmp_path, NAME, wanted, store, "run", clock)
    for cell in wanted:
        clock.now += 4.0
        saving.on_event("finished", cell.trial)
    spent = cost * len(saves)
    assert spent <= FRACTION * clock.now + cost  # the last one is not yet earned
    assert len(saves) >= min(500, FRACTION * clock.now / cost / 2, clock.now / (2 * SAVE_EVERY))


def test_what_we_wrote_is_not_read_again_unless_another_changed_it(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    read = Results.read

    def counted(folder: Path, name: str, repair: bool = False) -> Results:
        reads.append(name)
        return read(folder, name, repair)

    monkeypatch.setattr(Results, "read", counted)
    wanted = cells("a", 4)
    saving = ResultsWriter(tmp_path, NAME, wanted, store, "run")

    def finish(cell: Cell) -> None:
        store.compute(cell.trial, "cpu")
        saving.on_event("finished", cell.trial)
        saving.save()

    for cell in wanted[:3]:
        finish(cell)
    assert len(reads) == 1
    (other,) = cells("b", 1)
    store.compute(other.trial, "cpu")
    ResultsWriter(tmp_path, NAME, [other], store, "run").save()
    finish(wanted[3])
    assert len(reads) == 3
    assert len(saving.finish().rows) == 5


def fill(folder: Path, store: Path, method: str, ready: object, count: int) -> None:
    """A run with a store of its own that saves after every cell."""
    wanted = cells(method, count)
    saving = ResultsWriter(folder, NAME, wanted, Store(store), "run")
    ready.wait()  # type: ignore[attr-defined]
    for cell in wanted:
        Store(store).compute(cell.trial, "cpu")
        saving.on_event("finished", cell.trial)
        saving.save()


@pytest.mark.slow
def test_two_runs_with_different_stores_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(3)
    runs = [
        context.Process(target=fill, args=(tmp_path / "results", tmp_path / f"store-{m}", m, ready, 25)) for m in "abc"
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(120)
    assert [run.exitcode for run in runs] == [0, 0, 0]
    results = Results.read(tmp_path / "results", NAME)
    assert sorted(zip(results.rows["method"], results.rows["seed"], strict=True)) == [
        (method, seed) for method in "abc" for seed in range(25)
    ]
    left = sorted(path.name for path in (tmp_path / "results").iterdir())
    assert left == [f".{NAME}.lock", f"{NAME}.csv", f"{NAME}.json"]


def test_waiting_for_another_command_is_said(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(writer, "PATIENCE", 0.1)
    (cell,) = cells("a", 1)
    store.compute(cell.trial, "cpu")
    saving = ResultsWriter(tmp_path, NAME, [cell], store, "run")
    held = threading.Event()

    def hold() -> None:
        with FileLock(tmp_path / f".{NAME}.lock"):
            held.set()
            time.sleep(1.0)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(60)
    saving.save()
    other.join()
    assert f"waiting for another command that writes {NAME}.csv in " in capsys.readouterr().err
    assert len(Results.read(tmp_path, NAME).rows) == 1


def test_invalidated_cells_leave_results_and_store(tmp_path: Path, store: Store) -> None:
    wanted = [Cell({"method": m, "seed": 1}, Score(m, 1, os.devnull)) for m in ("left", "right")]
    for cell in wanted:
        store.compute(cell.trial, "cpu")
    ResultsWriter(tmp_path, NAME, wanted, store, "run").finish()
    invalidate(wanted[:1], tmp_path, NAME, store, "cpu")
    assert list(Results.read(tmp_path, NAME).rows["method"]) == ["right"]
    assert [cell.trial in store for cell in wanted] == [False, True]


@pytest.mark.parametrize("number", ["ENOSPC", "EROFS"])
def test_a_full_or_closed_disk_under_results_names_the_results_file(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:

    def fail(results: Results) -> None:
        raise OSError(getattr(errno, number), "no", str(tmp_path / "results" / f"{NAME}.csv"))

    (cell,) = cells("a", 1)
    store.compute(cell.trial, "cpu")
    monkeypatch.setattr(Results, "write", fail)
    saving = ResultsWriter(tmp_path / "results", NAME, [cell], store, "run")
    with pytest.raises(ResultsError, match=rf"results/{NAME}\.csv.*set MTL_BENCH_RESULTS to another"):
        saving.save()


def test_leftovers_of_killed_runs_go_at_the_next_start(tmp_path: Path, store: Store) -> None:
    (tmp_path / f"{NAME}.csv.999999999.part").touch()
    ResultsWriter(tmp_path, NAME, [], store, "run")
    assert list(tmp_path.iterdir()) == []
