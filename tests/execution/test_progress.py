"""What a run shows: trials in words, how much is left, and as few lines as the reader needs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from rich.console import Console

from mtl_bench.core.note import RunningNote
from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, Work, key
from mtl_bench.execution import progress
from mtl_bench.execution.costs import Costs, costs_in, duration, likeness
from mtl_bench.execution.progress import Bars, Lines, Progressing, title, view
from mtl_bench.study import Cell


@dataclass(frozen=True)
class DANN:
    weight: float = 1.0


@dataclass(frozen=True)
class MCD:
    steps: int = 4


@dataclass(frozen=True)
class Digits:
    name: ClassVar[str] = "mnist-5k"


@dataclass(frozen=True)
class Painted:
    tint: int = 3

    @property
    def name(self) -> str:
        return f"painted-{self.tint}"


@dataclass(frozen=True)
class Adapting(Trial):
    method: DANN | MCD
    sources: tuple[Digits | Painted, ...]
    target: Digits | Painted
    recipe: DANN
    seed: int

    def run(self, work: Work) -> dict[str, float]:
        return {"accuracy": 1.0}


@dataclass(frozen=True)
class Evaluating(Trial):
    of: Trial
    rule: str = "last"


def adapting(seed: int, method: DANN | MCD | None = None) -> Adapting:
    return Adapting(method or DANN(), (Digits(), Painted(1)), Painted(2), DANN(3), seed)


def test_a_trial_is_told_in_words() -> None:
    assert title(adapting(101)) == "Adapting DANN mnist-5k + painted-1 → painted-2 seed 101"
    assert title(adapting(101), seed=False) == "Adapting DANN mnist-5k + painted-1 → painted-2"
    told = "Evaluating (Adapting DANN mnist-5k + painted-1 → painted-2 seed 101) last"
    assert title(Evaluating(adapting(101))) == told


@dataclass(frozen=True)
class Rendered(Trial):
    """A trial that stands for a data set."""

    of: Digits
    by: Adapting

    @property
    def name(self) -> str:
        return self.of.name


@dataclass(frozen=True)
class Comparing(Trial):
    all: tuple[Trial, ...]


def test_a_title_stays_short_whatever_a_trial_rests_on() -> None:
    assert title(Evaluating(Rendered(Digits(), adapting(0)))) == "Evaluating (Rendered mnist-5k) last"
    assert title(Rendered(Digits(), adapting(0))).startswith("Rendered mnist-5k (Adapting DANN")
    runs = tuple(adapting(seed) for seed in range(5))
    assert title(Comparing(runs)) == "Comparing 5 × Adapting"
    assert title(Comparing((*runs, Rendered(Digits(), runs[0])))) == "Comparing 6 × Adapting or Rendered"
    assert title(Comparing(runs[:1])) == "Comparing (Adapting DANN mnist-5k + painted-1 → painted-2 seed 0)"


def test_costs_are_those_of_the_nearest_kin() -> None:
    costs = Costs()
    assert costs.of(likeness(adapting(0))) is None
    assert costs.total([adapting(0)]) is None
    costs.learn(adapting(0), 10)
    costs.learn(adapting(1), 20)
    costs.learn(adapting(2, DANN(0.5)), 60)
    assert costs.of(likeness(adapting(7))) == 15, "other parameters count less than other seeds"
    assert costs.of(likeness(adapting(7, DANN(0.1)))) == 30, "the mean over class and method"
    assert costs.of(likeness(adapting(7, MCD()))) == 30, "the mean over the class"
    assert costs.of(likeness(Evaluating(adapting(7)))) is None
    assert costs.total([adapting(7), adapting(8)]) == 30
    assert costs.total([adapting(7), adapting(8, MCD())]) is None


def test_costs_are_read_from_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.compute(adapting(0), "cpu")
    seconds = store.record(adapting(0))["seconds"]
    assert costs_in(store, [adapting(0), adapting(1)]).of(likeness(adapting(2))) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.2, "0 s"), (89, "89 s"), (90, "2 min"), (5399, "90 min"), (9000, "2.5 h"), (820_800, "10 days")),
        (1e9, "31.7 years"),
    ],
)
def test_durations_are_told_roughly(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test sets."""
    now = [1000.0]
    monkeypatch.setattr("mtl_bench.execution.progress.time.monotonic", lambda: now[0])
    return now


def note_progress(store: Store, trial: Trial, fraction: float, text: str, command: int = 1) -> None:
    """What a worker writes."""
    folder = store.folder(trial)
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    (part / "progress.json").write_text(
        json.dumps({"fraction": fraction, "text": text, "pid": 1, "command": command}), encoding="utf-8"
    )


def cells(*trials: Trial) -> list[Cell]:
    return [Cell({"seed": i}, trial) for i, trial in enumerate(trials)]


def following(store: Store, *trials: Trial, slots: int = 1, costs: Costs | None = None) -> Progressing:
    """Of a run of these trials, a cell each."""
    return Progressing(cells(*trials), trials, store, slots, costs or Costs())


def test_cells_are_counted_not_the_trials_that_they_need(tmp_path: Path) -> None:
    """Two cells share a training, a third is stored already, and two more were done before."""
    store, train = Store(tmp_path), adapting(0)
    store.compute(adapting(9), "cpu")
    last, best = Evaluating(train), Evaluating(train, "best")
    wanted = cells(last, best, adapting(9))
    progressing = Progressing(wanted, [train, last, best], store, 1, Costs(), before=2)
    assert progressing.summary() == "3 of 5 cells"
    for trial in (train, last):
        store.compute(train, "cpu")
        progressing.on_event("started", trial)
        progressing.on_event("finished" if trial is train else "failed", trial)
    assert progressing.summary().startswith("3 of 5 cells, 1 failed")
    progressing.on_event("failed", best)
    assert progressing.summary() == "3 of 5 cells, 2 failed"
    assert Progressing(cells(train, train), [train], store, 1, Costs()).summary() == "0 of 2 cells"


def test_what_is_left_follows_costs_and_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, store, costs = clock(monkeypatch), Store(tmp_path), Costs()
    trials = [adapting(seed) for seed in range(4)]
    progressing = following(store, *trials, slots=2, costs=costs)
    assert progressing.summary() == "0 of 4 cells"
    costs.learn(adapting(9), 100)
    assert progressing.remaining() == 4 * 100 / 2
    progressing.on_event("started", trials[0])
    progressing.on_event("started", trials[1])
    now[0] += 40
    assert progressing.remaining() == (60 + 60 + 200) / 2
    note_progress(store, trials[0], 0.5, "step 1/2")  # 40 s for a half: 40 s to go
    assert progressing.note(trials[0]) == RunningNote(0.5, "step 1/2", 1)
    assert progressing.remaining() == (40 + 60 + 200) / 2
    now[0] += 500
    assert progressing.remaining() == (540 + 0 + 200) / 2, "a trial that takes longer than usual is nearly done"
    for trial in trials:
        progressing.on_event("failed", trial)
    assert progressing.summary() == "0 of 4 cells, 4 failed"


def test_a_finished_trial_teaches_its_cost(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.compute(adapting(0), "cpu")
    progressing = following(store, adapting(0), adapting(1))
    progressing.on_event("started", adapting(0))
    progressing.on_event("finished", adapting(0))
    assert progressing.remaining() == store.record(adapting(0))["seconds"]
    assert progressing.summary().startswith("1 of 2 cells, about")


def test_lines_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now, store = clock(monkeypatch), Store(tmp_path)
    first, second = adapting(0), adapting(1)
    with Lines(
        Progressing(cells(Evaluating(first), second), [first, Evaluating(first), second], store, 1, Costs())
    ) as lines:
        lines.on_event("started", first)
        note_progress(store, first, 0.25, "step 5/20")
        for _ in range(120):
            now[0] += 1
            lines.on_event("running", first)
        lines.on_event("failed", first)
        lines.on_event("failed", Evaluating(first))  # for want of the first one
        lines.on_event("started", second)
        store.compute(second, "cpu")
        lines.on_event("finished", second)
    told = capsys.readouterr().out.splitlines()
    name = title(first)
    assert progress.LINES_EVERY == 60
    assert told == [
        "0 of 2 cells",
        f"0 of 2 cells, about 3 min left; running {name}: 25% step 5/20",
        f"0 of 2 cells, about 6 min left; running {name}: 25% step 5/20",
        f"failed: {name}; 0 of 2 cells",
    ]


def test_whom_a_run_waits_for_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, trial = Store(tmp_path), adapting(0)
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        note_progress(store, trial, 0.5, "step 1/2", command=other.pid)
        with Lines(following(store, trial)) as lines:
            lines.on_event("started", trial)
            lines.on_event("running", trial)  # nobody holds its lock: what a killed run left, or one that failed there
            assert "process" not in capsys.readouterr().out
            with store.lock(key(trial)):
                lines.on_event("running", trial)
                lines.on_event("running", trial)
            told = f"process {other.pid} computes 1 of these trials already; this command waits for it\n"
            assert capsys.readouterr().out == told
    finally:
        other.communicate(b"\n", timeout=60)
    note_progress(store, trial, 0.5, "step 1/2", command=other.pid)
    with store.lock(key(trial)), Lines(following(store, trial)):
        assert "process" not in capsys.readouterr().out, "there is no such process any more"


def test_a_terminal_gets_bars_and_anything_else_lines(tmp_path: Path) -> None:
    progressing = following(Store(tmp_path), adapting(0))
    terminal = Console(file=io.StringIO(), force_terminal=True, width=140)
    assert isinstance(view(progressing, Console(file=io.StringIO())), Lines)
    bars = view(progressing, terminal)
    assert isinstance(bars, Bars)
    with bars:
        bars.on_event("started", adapting(0))
        note_progress(progressing.store, adapting(0), 0.25, "step 5/20")
        bars.on_event("running", adapting(0))
        bars.bars.refresh()
        bars.on_event("failed", adapting(1))  # it needed something that failed and never started
        bars.on_event("failed", adapting(0))
    told = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert title(adapting(0)) in told
    assert "step 5/20" in told
    assert key(adapting(0)) not in bars.tasks


@pytest.mark.parametrize("width", [40, 80, 140])
def test_bars_fit_the_terminal_and_show_how_many_cells_are_done(tmp_path: Path, width: int) -> None:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    bars = Bars(following(Store(tmp_path), adapting(0)), console)
    bars.on_event("started", adapting(0))
    note_progress(bars.progressing.store, adapting(0), 0.25, "step 500/2000")
    bars.on_event("running", adapting(0))
    console.print(bars.bars.get_renderable())
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert max(map(len, lines)) <= width
    assert "0 of 1 cell" in lines[0] and "step 500/2000" in lines[1]
