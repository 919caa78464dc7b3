"""The regression check's runs: the committed results, fresh ones of the current code, and new seeds for alarms."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from mtl_bench.core.store import Store
from mtl_bench.execution.execute import trials_of
from mtl_bench.results.table import Results
from mtl_bench.statistics.regression import Comparison, compare, confirm
from mtl_bench.study import Cell, Study
from mtl_bench.workspace import cells_of, scale_of

CONFIRMING_SEED = 200  # the first seed of the runs that confirm an alarm: no judged run uses it

Compute = Callable[[Sequence[Cell]], dict[str, str]]


def committed(folder: Path, name: str, copy: Path) -> Results:
    """The results of the last commit, put into `copy`; those in `folder` where git does not know them."""
    shown = _git(folder, "ls-tree", "-r", "--name-only", "HEAD", "--", f"{name}.csv", f"{name}.json", name)
    files = shown.decode().splitlines() if shown else []
    if f"{name}.csv" not in files:
        return Results.read(folder, name)
    for file in files:
        path = copy / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_git(folder, "show", f"HEAD:./{file}") or b"")
    return Results.read(copy, name)


def _git(folder: Path, *arguments: str) -> bytes | None:
    """The output of git in `folder`, None where that fails: no git, no checkout, no commit."""
    try:
        return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def fresh(
    cells: Sequence[Cell], name: str, folder: Path, store: Store, compute: Compute
) -> tuple[Results, dict[str, str]]:
    """Results of the current code, kept files in `folder`; and the reasons of what could not be computed."""
    for trial in trials_of(cells):
        if trial in store and not store.current(trial):
            store.discard(trial)
    reasons = compute(cells)
    results = Results(folder, name)
    results.merge([cell for cell in cells if cell.trial in store], store)
    return results, reasons


def check(
    name: str, study: Study, scale: str, baseline: Results, folder: Path, store: Store, compute: Compute
) -> tuple[Comparison, dict[str, str]]:
    """Compare a fresh run with the baseline, and with new seeds where it raises an alarm; also what failed and why."""
    cells = cells_of(name, study, scale_of(name, study, scale))
    measured, reasons = fresh(cells, baseline.name, folder, store, compute)
    comparison = compare(baseline, measured)
    if comparison.to_confirm and not reasons:
        more = cells_of(name, study, scale_of(name, study, scale, first=CONFIRMING_SEED))
        again, reasons = fresh(_alarming(more, comparison), baseline.name, folder, store, compute)
        comparison = confirm(comparison, baseline, measured, again)
    return comparison, reasons


def _alarming(cells: Sequence[Cell], comparison: Comparison) -> list[Cell]:
    """The cells to confirm: those that a finding names, all if one is about the study as a whole."""
    alarms = [finding.labels for finding in comparison.to_confirm]

    def named(cell: Cell) -> bool:
        return any(
            all(labels.get(label, str(value)) == str(value) for label, value in cell.labels.items())
            for labels in alarms
        )

    return [cell for cell in cells if named(cell)]
