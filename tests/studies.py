"""A study of trials that take no time, for tests of the commands, and how to run the commands on it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from mtl_bench.core.record import with_checksum

ROOT = Path(__file__).parents[1]
FAKE = '''"""Left and right: a study of trials that take no time.

Nobody reads this second paragraph.
"""

import os

from mtl_bench.study import Cell, Claim, Study, accuracy
from mtl_bench.views.grid import Grid
from tests.core.fakes import Count, Fail, LostData, Reading, Score, Wait

log = os.environ["LOG"]


def plan(scale):
    for seed in scale.seeds:
        for method in ("left", "right"):
            yield Cell({"method": method, "target": "both", "seed": seed}, Score(method, seed, log))
    if "failing" in os.environ.get("ALSO", ""):
        failing = Fail("this was meant to fail")
        yield Cell({"method": "failing", "target": "both", "seed": 0}, failing)
        yield Cell({"method": "dependent", "target": "both", "seed": 0}, Count("dependent", needs=(failing,), log=log))
    if "optional" in os.environ.get("ALSO", ""):
        optional = "needed" not in os.environ["ALSO"]
        yield Cell({"method": "lost", "target": "both", "seed": 0}, Reading(LostData()), optional=optional)
    if "waiting" in os.environ.get("ALSO", ""):
        waiting = Wait("w", f"{log}.started", f"{log}.release", log)
        yield Cell({"method": "waiting", "target": "both", "seed": 0}, waiting)


STUDY = Study(
    title="Left and right",
    question="Which is better?",
    paper="Nobody, Nowhere, 2016",
    plan=plan,
    claims=(Claim("right beats left", (accuracy(method="right") - accuracy(method="left"),), source="Table 1"),),
    views=(Grid("All of it"),),
    baseline={"method": "left"},
    ceiling=None,
    seeds={"smoke": 2, "laptop": 5},
)
'''


class Outcome(NamedTuple):
    """What a command ended with."""

    status: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.out.splitlines()[-1]


@dataclass(frozen=True)
class Desk:
    """Folders of its own for studies, results, pages and the store."""

    folder: Path

    def __post_init__(self) -> None:
        for name in ("benchmarks", "results", "reports"):
            (self.folder / name).mkdir(exist_ok=True)

    def environment(self, **more: str) -> dict[str, str]:
        ours = {f"MTL_BENCH_{name.upper()}": str(self.folder / name) for name in ("results", "reports", "store")}
        studies = {"MTL_BENCH_STUDIES": str(self.folder / "benchmarks")}
        return {**os.environ, **ours, **studies, "LOG": str(self.folder / "log"), "PYTHONPATH": str(ROOT), **more}

    def start(self, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start the command as a terminal would: in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "mtl_bench", *words],
            cwd=self.folder,
            env=dict(environment or self.environment()),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def log(self) -> list[str]:
        """The trials that ran, in order."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8").split() if path.exists() else []

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / "results" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def change_records(self, keys: str, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
        """Change the records of trials whose key fits the pattern, as if other code had left them."""
        for path in (self.folder / "store").glob(f"*/{keys}/record.json"):
            record = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps(with_checksum({**record, **change(record)})), encoding="utf-8")

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Every file with its time and content."""
        paths = [path for path in self.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}
