"""What a run shows: trials in words, how much is left, and as few lines as the reader needs."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from rich.console import Console

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, Work, key
from mtl_bench.execution import progress
from mtl_bench.execution.costs import Costs, costs_in, duration, likeness
from mtl_bench.execution.progress import Bars, Lines, Progressing, title, view


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


def note_progress(store: Store, trial: Trial, fraction: float, text: str) -> None:
    """What a worker writes."""
    folder = store.folder(trial)
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    (part / "progress.json").write_text(json.dumps({"fraction": fraction, "text": text, "pid": 1}), encoding="utf-8")


def test_what_is_left_follows_costs_and_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, store, costs = clock(monkeypatch), Store(tmp_path), Costs()
    trials = [adapting(seed) for seed in range(4)]
    progressing = Progressing(trials, store, 2, costs)
    assert progressing.summary() == "0 of 4 trials"
    costs.learn(adapting(9), 100)
    assert progressing.remaining() == 4 * 100 / 2
    progressing.on_event("started", trials[0])
    progressing.on_event("started", trials[1])
    now[0] += 40
    assert progressing.remaining() == (60 + 60 + 200) / 2
    note_progress(store, trials[0], 0.5, "step 1/2")  # 40 s for a half: 40 s to go
    assert progressing.note(trials[0]) == (0.5, "step 1/2")
    assert progressing.remaining() == (40 + 60 + 200) / 2
    now[0] += 500
    assert progressing.remaining() == (540 + 0 + 200) / 2, "a trial that takes longer than usual is nearly done"
    for trial in trials:
        progressing.on_event("failed", trial)
    assert progressing.summary() == "4 of 4 trials"


def test_a_finished_trial_teaches_its_cost(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.compute(adapting(0), "cpu")
    progressing = Progressing([adapting(0), adapting(1)], store, 1, Costs())
    progressing.on_event("started", adapting(0))
    progressing.on_event("finished", adapting(0))
    assert progressing.remaining() == store.record(adapting(0))["seconds"]
    assert progressing.summary().startswith("1 of 2 trials")


def test_lines_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now, store = clock(monkeypatch), Store(tmp_path)
    with Lines(Progressing([adapting(0)], store, 1, Costs())) as lines:
        lines.on_event("started", adapting(0))
        note_progress(store, adapting(0), 0.25, "step 5/20")
        for _ in range(60):
            now[0] += 1
            lines.on_event("running", adapting(0))
        lines.on_event("failed", adapting(0))
    told = capsys.readouterr().out.splitlines()
    name = title(adapting(0))
    assert told[0] == f"started   {name}"
    assert told[1] == f"running   {name}: 25% step 5/20; 0 of 1 trials, about 60 s left"
    assert len(told) == 1 + 60 // progress.LINES_EVERY + 1
    assert told[-1] == f"failed    {name}; 1 of 1 trials"


def test_a_terminal_gets_bars_and_anything_else_lines(tmp_path: Path) -> None:
    progressing = Progressing([adapting(0)], Store(tmp_path), 1, Costs())
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
