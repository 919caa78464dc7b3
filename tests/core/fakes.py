"""Tiny trials that spawned workers can import: they count their runs, wait, fail and die on demand."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from mtl_bench.core.trial import Trial, Work
from mtl_bench.datasets.files.placed import DataError


def executions(log: str) -> list[str]:
    """The names in the order in which their trials ran."""
    return Path(log).read_text(encoding="utf-8").split() if Path(log).exists() else []


def wait_for(path: str | Path, seconds: float = 60) -> None:
    """Returns when `path` exists."""
    deadline = time.monotonic() + seconds
    while not Path(path).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} did not appear in {seconds} s")
        time.sleep(0.02)


def note(log: str, name: str) -> None:
    with Path(log).open("a", encoding="utf-8") as file:  # one short append is atomic
        file.write(f"{name}\n")


@dataclass(frozen=True)
class Count(Trial):
    """Appends its name to a log; its metric is `value` plus those of what it needs."""

    name: str
    value: float = 1.0
    needs: tuple[Trial, ...] = ()
    log: str = field(default="", compare=False)

    def run(self, work: Work) -> Mapping[str, float]:
        if self.log:
            note(self.log, self.name)
        return {"accuracy": self.value + sum(work.metrics_of(need)["accuracy"] for need in self.needs)}


@dataclass(frozen=True)
class Wait(Trial):
    """Says that it started and runs until the file `until` exists, reporting progress."""

    name: str
    started: str = field(default="", compare=False)
    until: str = field(default="", compare=False)
    log: str = field(default="", compare=False)

    def run(self, work: Work) -> Mapping[str, float]:
        note(self.log, self.name)
        work.progress(0.5, "step 1/2")
        Path(self.started).write_text(str(os.getpid()), encoding="utf-8")
        wait_for(self.until)
        return {"accuracy": 1.0}


@dataclass(frozen=True)
class Fail(Trial):
    """Raises, in words of its own."""

    words: str = "this was meant to fail"
    need: Trial | None = None

    def run(self, work: Work) -> Mapping[str, float]:
        raise ValueError(self.words)


class OddError(Exception):
    """Pickles, but cannot be unpickled: what several libraries' errors do."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


@dataclass(frozen=True)
class FailOddly(Trial):
    """Raises an error that does not survive the way back to the parent."""

    name: str = "odd"

    def run(self, work: Work) -> Mapping[str, float]:
        raise OddError("odd", "error")


@dataclass(frozen=True)
class Exit(Trial):
    """Calls sys.exit, as a careless library might."""

    name: str = "exit"

    def run(self, work: Work) -> Mapping[str, float]:
        raise SystemExit(3)


@dataclass(frozen=True)
class Die(Trial):
    """Is killed, as by the kernel when memory runs out."""

    name: str

    def run(self, work: Work) -> Mapping[str, float]:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a killed process goes on")


@dataclass(frozen=True)
class Steps(Trial):
    """Counts to `steps`, a file per step, from where a killed run left off."""

    name: str
    steps: int
    started: str = field(default="", compare=False)
    until: str = field(default="", compare=False)
    log: str = field(default="", compare=False)

    def run(self, work: Work) -> Mapping[str, float]:
        for step in range(self.steps):
            if (work.folder / f"step-{step}").exists():
                continue
            note(self.log, f"{self.name}-{step}")
            (work.folder / f"step-{step}").touch()
            if step + 1 == self.steps // 2:
                Path(self.started).write_text(str(os.getpid()), encoding="utf-8")
                wait_for(self.until)
        return {"accuracy": float(self.steps)}


@dataclass(frozen=True)
class Fill(Trial):
    """Writes `mebibytes` to its folder."""

    mebibytes: float

    def run(self, work: Work) -> Mapping[str, float]:
        with (work.folder / "filling").open("wb") as file:
            for _ in range(int(self.mebibytes * 64)):
                file.write(bytes(2**14))
        return {"accuracy": 1.0}


@dataclass(frozen=True)
class Score(Trial):
    """An accuracy that depends on the method and, a little, on the seed."""

    method: str
    seed: int
    log: str = field(default="", compare=False)

    def run(self, work: Work) -> Mapping[str, float]:
        note(self.log, f"{self.method}-{self.seed}")
        return {"accuracy": {"left": 50.0 + self.seed % 3, "right": 60.0 + 2 * self.seed % 5}[self.method]}


@dataclass(frozen=True)
class LostData:
    """A data set that nobody serves."""

    folder: ClassVar[str] = "lost"
    files: ClassVar[tuple[()]] = ()

    def fetch(self, report: object = None) -> None:
        raise DataError("nobody serves it any more")


@dataclass(frozen=True)
class Reading(Trial):
    """Needs data."""

    data: LostData

    def run(self, work: Work) -> Mapping[str, float]:
        raise AssertionError("a trial without its data must not start")
