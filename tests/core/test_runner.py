"""The runner: dependencies first, past failures, and a killed worker costs its own trial only."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mtl_bench.core.local import LocalExecutor
from mtl_bench.core.runner import missing, run
from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, key
from tests.core.fakes import Count, Die, Exit, Fail, FailOddly, Wait, executions, wait_for


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def log(tmp_path: Path) -> str:
    return str(tmp_path / "log")


@contextmanager
def workers(store: Store, slots: int) -> Iterator[LocalExecutor]:
    executor = LocalExecutor(store, slots=slots)
    try:
        yield executor
    finally:
        executor.close()


def compute(trials: list[Trial], store: Store, slots: int = 2) -> dict[str, str]:
    with workers(store, slots) as executor:
        return run(trials, store, executor)


@pytest.mark.slow
def test_dependencies_run_first_and_once(store: Store, log: str) -> None:
    root = Count("root", 1, log=log)
    left, right = Count("left", 10, (root,), log), Count("right", 100, (root,), log)
    top = Count("top", 1000, (left, right), log)
    assert compute([top, left], store) == {}
    assert sorted(executions(log)) == ["left", "right", "root", "top"]
    assert executions(log)[0] == "root"
    assert executions(log)[-1] == "top"
    assert store.record(top)["metrics"] == {"accuracy": 1112.0}


def test_what_is_stored_is_not_computed_again_nor_what_it_needed(store: Store, log: str) -> None:
    root = Count("root", log=log)
    top = Count("top", needs=(root,), log=log)
    compute([top], store, slots=1)
    store.discard(root)
    assert missing([top], store) == {}
    assert compute([top], store, slots=1) == {}
    assert executions(log) == ["root", "top"]


def test_what_was_begun_is_finished_first(store: Store, log: str) -> None:
    """So that a run which is stopped keeps whole cells, not many halves."""
    tops = [Count(f"top{i}", needs=(Count(f"root{i}", log=log),), log=log) for i in range(3)]
    compute([*tops], store, slots=1)
    assert executions(log) == ["root0", "top0", "root1", "top1", "root2", "top2"]


@pytest.mark.slow
def test_a_failure_stops_its_dependents_only_and_is_never_stored(store: Store, log: str) -> None:
    failing, sound = Fail(), Count("sound", log=log)
    dependent = Count("dependent", needs=(failing,), log=log)
    after = Count("after", needs=(dependent, sound), log=log)
    reasons = compute([after, sound, dependent], store)
    assert set(reasons) == {key(failing), key(dependent), key(after)}
    assert executions(log) == ["sound"]
    assert failing not in store
    assert "ValueError: this was meant to fail (traceback: " in reasons[key(failing)]
    assert reasons[key(dependent)] == f"needs {key(failing)}, which failed"
    kept = store.failure(failing).read_text(encoding="utf-8")
    assert "raise ValueError(self.words)" in kept
    assert '"words": "this was meant to fail"' in kept
    assert set(compute([after], store)) == set(reasons), "a failure was cached"


@pytest.mark.slow
def test_the_traceback_goes_when_the_trial_succeeds(store: Store, tmp_path: Path) -> None:
    waiting = Wait("w", str(tmp_path / "no" / "such" / "folder"), log=str(tmp_path / "log"))
    assert set(compute([waiting], store)) == {key(waiting)}
    assert store.failure(waiting).exists()
    (tmp_path / "release").touch()
    mended = replace(waiting, started=str(tmp_path / "started"), until=str(tmp_path / "release"))
    assert compute([mended], store) == {}
    assert not store.failure(waiting).exists()


@pytest.mark.slow
@pytest.mark.parametrize("culprit", [FailOddly(), Exit(), Fail("two\nlines")])
def test_odd_errors_cost_their_own_trial_only(culprit: Trial, store: Store, log: str) -> None:
    others: list[Trial] = [Count(f"c{i}", log=log) for i in range(4)]
    reasons = compute([culprit, *others], store)
    assert set(reasons) == {key(culprit)}
    assert "\n" not in reasons[key(culprit)]
    assert len(executions(log)) == 4


@pytest.mark.slow
def test_a_killed_worker_costs_its_own_trial_only(store: Store, log: str, tmp_path: Path) -> None:
    """Three of five trials die while another runs: the runner goes on in fresh workers."""
    release = tmp_path / "release"
    waiting = Wait("long", str(tmp_path / "started"), str(release), log)
    last = Count("last", log=log)
    dying = [Die("x"), Die("y"), Die("z")]
    heard: list[str] = []

    def watch(event: str, trial: Trial) -> None:
        heard.append(event)
        if heard.count("failed") == 3:
            release.touch()

    with workers(store, 2) as executor:
        reasons = run([waiting, *dying, last], store, executor, watch=watch)
    assert set(reasons) == {key(trial) for trial in dying}
    assert all("worker was killed" in reason and "--slots 1" in reason for reason in reasons.values())
    assert sorted(executions(log)) == ["last", "long"]


def of_process(process: str) -> set[int]:
    """Its children that are alive."""
    found = set()
    for task in Path(f"/proc/{process}/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text(encoding="utf-8").split()}
    return found


def children() -> set[int]:
    """The workers that are alive: this process started the one that they are forked from."""
    servers = {pid for pid in of_process("self") if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes()}
    return set[int]().union(*(of_process(str(pid)) for pid in servers))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="lists its worker processes in /proc")
def test_a_worker_killed_between_two_trials_costs_nothing(store: Store, log: str) -> None:
    with workers(store, 1) as executor:
        before = children()
        assert run([Count("first", log=log)], store, executor) == {}
        (worker,) = children() - before
        os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while executor.pool.active and time.monotonic() < deadline and worker in children():
            time.sleep(0.02)
        time.sleep(0.5)  # pebble now sees that its only worker is gone
        assert run([Count("second", log=log)], store, executor) == {}
    assert executions(log) == ["first", "second"]


def test_progress_is_heard_while_trials_run(store: Store, log: str, tmp_path: Path) -> None:
    waiting = Wait("long", str(tmp_path / "started"), str(tmp_path / "release"), log)
    heard: list[tuple[str, str]] = []

    def watch(event: str, trial: Trial) -> None:
        heard.append((event, key(trial)))
        if event == "running" and Path(waiting.started).exists():
            Path(waiting.until).touch()

    with workers(store, 1) as executor:
        assert run([waiting], store, executor, watch=watch, poll=0.05) == {}
    events = [event for event, _ in heard]
    assert events[0] == "started"
    assert "running" in events
    assert events[-1] == "finished"


@pytest.mark.slow
def test_close_does_not_wait_for_running_trials(store: Store, log: str, tmp_path: Path) -> None:
    executor = LocalExecutor(store, slots=2)
    waiting = [Wait(name, str(tmp_path / name), str(tmp_path / "never"), log) for name in "ab"]
    futures = [executor.submit(trial) for trial in (*waiting, Count("queued"))]
    pids = []
    for trial in waiting:
        wait_for(trial.started)
        time.sleep(0.05)
        pids.append(int(Path(trial.started).read_text(encoding="utf-8")))
    closing = threading.Thread(target=executor.close)
    closing.start()
    closing.join(timeout=30)
    assert not closing.is_alive()
    assert not any(future.done() and future.exception() is None for future in futures)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not any(trial in store for trial in waiting)
