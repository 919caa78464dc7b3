"""Kills, for real: whole commands are killed, raced and interrupted, and the same command goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mtl_bench.core.store import Store
from tests.core.command import trial
from tests.core.fakes import executions, wait_for

ROOT = Path(__file__).parents[2]


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts a command on the store of this test, in a process group of its own as a terminal would."""

    def start(*names: str, slots: int = 2) -> subprocess.Popen[str]:
        words = [str(tmp_path / "store"), str(tmp_path / "log"), str(slots), *names]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.core.command", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # macOS says so of a group of zombies
        return True
    return False


def worker_of(tmp_path: Path, name: str) -> int:
    """The process that runs the waiting trial `name`."""
    started = tmp_path / f"log.started-{name}"
    wait_for(started)
    wait_until(lambda: started.read_text(encoding="utf-8") != "", "the worker's number")
    return int(started.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_a_killed_command_goes_on_where_it_was(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    names = ["a", "b", "wait:w", "c<wait:w", "d"]
    log = str(tmp_path / "log")
    first = start(*names)
    worker = worker_of(tmp_path, "w")
    wait_until(lambda: {"a", "b", "d"} <= set(executions(log)), "the other trials")
    wait_until(lambda: all(trial(name, log) in Store(tmp_path / "store") for name in "abd"), "their records")
    first.kill()
    first.wait()
    wait_until(lambda: gone(worker), "the orphaned worker's end")
    wait_until(lambda: group_is_gone(first.pid), "the end of all its processes")
    Path(f"{log}.release").touch()
    second = start(*names)
    _, errors = second.communicate(timeout=60)
    assert (second.returncode, errors) == (0, "")
    assert Counter(executions(log)) == {"a": 1, "b": 1, "d": 1, "w": 2, "c": 1}


@pytest.mark.slow
def test_a_trial_resumes_inside(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    """Killed after step 5 of 10: each step ran once in all."""
    first = start("steps:s")
    worker = worker_of(tmp_path, "s")
    first.kill()
    first.wait()
    wait_until(lambda: gone(worker), "the orphaned worker's end")
    Path(tmp_path / "log.release").touch()
    second = start("steps:s")
    assert second.wait(timeout=60) == 0
    second.communicate()
    assert executions(str(tmp_path / "log")) == [f"s-{step}" for step in range(10)]


@pytest.mark.slow
def test_two_commands_on_one_store_compute_each_trial_once(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    names = ["wait:w", "x<wait:w", *(f"t{i}" for i in range(12))]
    first = start(*names)
    worker_of(tmp_path, "w")
    second = start(*reversed(names))
    assert second.stdout is not None
    assert second.stdout.readline().startswith("started")
    wait_until(lambda: len(executions(str(tmp_path / "log"))) >= 13, "all but the last trial")
    Path(tmp_path / "log.release").touch()
    for command in (first, second):
        _, errors = command.communicate(timeout=60)
        assert (command.returncode, errors) == (0, "")
    assert Counter(executions(str(tmp_path / "log"))) == Counter(["w", "x", *(f"t{i}" for i in range(12))])


@pytest.mark.slow
def test_a_killed_holder_of_a_trial_is_succeeded_by_who_waits_for_it(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    first = start("wait:w", slots=1)
    worker = worker_of(tmp_path, "w")
    second = start("wait:w", slots=1)
    assert second.stdout is not None
    assert second.stdout.readline().startswith("started")
    time.sleep(0.5)  # it now waits for the lock
    assert executions(str(tmp_path / "log")) == ["w"]
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: executions(str(tmp_path / "log")) == ["w", "w"], "the successor's start")
    Path(tmp_path / "log.release").touch()
    _, errors = first.communicate(timeout=60)
    assert "its worker was killed (exit code -9)" in errors
    assert second.wait(timeout=60) == 0
    second.communicate()
    assert executions(str(tmp_path / "log")) == ["w", "w"]
    assert trial("wait:w", str(tmp_path / "log")) in Store(tmp_path / "store")


@pytest.mark.slow
def test_kills_at_any_moment_leave_only_whole_records(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    names = [f"t{i}<base{i % 5}" for i in range(60)]
    moments = random.Random(2016)
    for _ in range(12):
        command = start(*names)
        time.sleep(moments.uniform(0.2, 1.2))
        os.killpg(command.pid, signal.SIGKILL)
        command.communicate()
        for record in (tmp_path / "store").glob("*/*/record.json"):
            if record.parent.suffix != ".part":
                assert json.loads(record.read_text(encoding="utf-8"))["metrics"]
    final = start(*names)
    _, errors = final.communicate(timeout=120)
    assert (final.returncode, errors) == (0, "")
    store = Store(tmp_path / "store")
    assert all(trial(name, str(tmp_path / "log")) in store for name in names)
    again = start(*names)
    output, _ = again.communicate(timeout=60)
    assert output == ""
