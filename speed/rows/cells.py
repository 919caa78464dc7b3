"""Commands on a finished study: plan, cache hit and page, in a process of their own."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from speed.row import Peer, Row
from speed.timing import Work

ROOT = Path(__file__).resolve().parents[2]
STUDY = '''"""A study of {cells} cells, for measurements of the commands."""

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.methods.deep.dann import DANN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.digits import DigitCNN
from mtl_bench.study import Cell, Claim, Published, Study, accuracy
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.select import Select
from mtl_bench.views.bars import Bars
from mtl_bench.views.grid import Grid

SEEDS, TARGETS, METHODS = 5, 20, {cells} // 100


def plan(scale):
    source = SyntheticImages()
    for number in range(METHODS):
        method = DANN() if number else SourceOnly()
        for t in range(TARGETS):
            target = SyntheticImages(tint=(t + 1) / TARGETS)
            for seed in scale.seeds:
                trial = Evaluate(Select(Adapt(method, (source,), target, DigitCNN(), Recipe(1000 + number), seed)))
                yield Cell({{"method": f"method {{number}}", "target": target.name, "seed": seed}}, trial)


STUDY = Study(
    title="{cells} cells",
    question="How long do the commands take?",
    paper="None",
    plan=plan,
    published=tuple(
        Published(60.0, {{"method": f"method {{n}}", "target": "synthetic-tint-5"}}, "Table 1", "None")
        for n in range(10)
    ),
    claims=tuple(
        Claim(f"{{n}} beats 0", (accuracy(method=f"method {{n}}") - accuracy(method="method 0"),), "Table 1")
        for n in range(1, 6)
    ),
    views=(Grid("All"), Bars("One target", where={{"target": "synthetic-tint-5"}})),
    baseline={{"method": "method 0"}},
    ceiling=None,
    seeds={{"laptop": SEEDS}},
)
'''


@dataclass(frozen=True)
class Desk:
    """A folder with a study whose cells all have results."""

    held: Any  # removes the folder when nothing refers to it
    environment: dict[str, str]
    last: list[str]  # what the command printed at last

    def run(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, *words], cwd=self.held.name, env=self.environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)} failed: {done.stderr.strip().splitlines()[-1]}")
        self.last[:] = [done.stdout]


def finished(cells: int) -> Desk:
    """A study of so many cells and results for them that no trial has computed."""
    held = tempfile.TemporaryDirectory(prefix="mtl-bench-speed-")
    folders = {name: Path(held.name, name) for name in ("benchmarks", "results", "reports", "store")}
    for folder in folders.values():
        folder.mkdir()
    path = folders["benchmarks"] / "large.py"
    path.write_text(STUDY.format(cells=cells), encoding="utf-8")
    _fill(path, folders["results"])
    places = {f"MTL_BENCH_{name.upper()}": str(folder) for name, folder in folders.items() if name != "benchmarks"}
    ours = {"MTL_BENCH_STUDIES": str(folders["benchmarks"]), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return Desk(held, {**os.environ, **places, **ours}, [])


def _fill(path: Path, results: Path) -> None:
    """Rows for all cells of the study file, as a run would have left them."""
    import pandas as pd

    from mtl_bench.core.provenance import environment, environment_digest
    from mtl_bench.core.store import code_of
    from mtl_bench.core.trial import key
    from mtl_bench.training.seeding import generator

    spec = spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None  # it is a Python file
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    cells = module.STUDY.cells(module.STUDY.scale("laptop"))
    values = 60 + 5 * generator(0, "speed", "cells").standard_normal(len(cells))
    measured = {
        "device": "cpu", "seconds": 1.5, "finished": "2026-01-01T00:00:00+00:00", "code": code_of(cells[0].trial),
        "environment": environment_digest(),
    }  # fmt: skip
    rows = [
        {**cell.labels, "metric": "accuracy", "value": round(value, 6), **measured, "key": key(cell.trial)}
        for cell, value in zip(cells, values, strict=True)
    ]
    pd.DataFrame(rows).to_csv(results / f"{path.stem}.laptop.csv", index=False)
    known = {"environments": {environment_digest(): environment()}, "data": {}, "command": ""}
    (results / f"{path.stem}.laptop.json").write_text(json.dumps(known), encoding="utf-8")


def command(words: Sequence[str], desk: Desk) -> Work:
    """What is timed: `mtl-bench <words>` in a fresh process."""
    return partial(desk.run, "-m", "mtl_bench", *words)


def importing_torch(desk: Desk) -> Work:
    """What every command that reads a study waits for at least."""
    return partial(desk.run, "-c", "import torch")


def peak_memory(desk: Desk) -> str:
    """Of the largest command so far; Linux counts in KiB, macOS in bytes."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit:,.0f} MiB of memory at most"


def _row(name: str, sentence: str, cells: int, words: Sequence[str], goal: float, rounds: int) -> Row:
    return Row(
        name=name,
        sentence=f"{sentence} a finished study of {cells:,} cells, beyond importing torch",
        inputs=partial(finished, cells),
        ours=partial(command, words),
        peers=(Peer("import torch", importing_torch),),
        unit="seconds",
        goal=goal,
        rounds=rounds,
        note=peak_memory,
        optional=cells > 10_000,
    )


RUN, REPORT = ("run", "large", "--device", "cpu"), ("report", "large")
ROWS = (
    _row("cells-1000", "plan, cache hit and page of", 1_000, RUN, 3, 7),
    _row("report-1000", "the page alone of", 1_000, REPORT, 3, 7),
    _row("cells-100000", "plan, cache hit and page of", 100_000, RUN, 60, 1),
    _row("report-100000", "the page alone of", 100_000, REPORT, 30, 1),
)
