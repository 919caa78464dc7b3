"""The regression check's runs: the committed results, fresh ones of the current code, and new seeds for alarms."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtl_bench import workspace
from mtl_bench.disk import write_atomically
from mtl_bench.execution import picking
from mtl_bench.execution.costs import known_costs
from mtl_bench.execution.execute import execute, stoppable, tell_failures
from mtl_bench.execution.machine import Machine
from mtl_bench.execution.selection import Selection, trials_of
from mtl_bench.results.table import Results
from mtl_bench.statistics import check_summary, check_values
from mtl_bench.statistics import regression as findings
from mtl_bench.study import Cell
from mtl_bench.typeset import count
from mtl_bench.workspace import StudyError

CONFIRMING_SEED = 1000  # the first seed of the runs that confirm an alarm: no judged run uses it


def committed(folder: Path, name: str, copy: Path) -> Results:
    """The results of the last commit, put into `copy`; those in `folder` where git does not know them."""
    shown = _git(folder, "ls-tree", "-r", "--name-only", "HEAD", "--", f"{name}.csv", f"{name}.json", name)
    files = shown.decode().splitlines() if shown else []
    if f"{name}.csv" not in files:
        return Results.read(folder, name)
    for file in files:
        path = copy / file
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _git(folder, "show", f"HEAD:./{file}") or b"")
    return Results.read(copy, name)


def _git(folder: Path, *arguments: str) -> bytes | None:
    """The output of git in `folder`, None where that fails: no git, no checkout, no commit."""
    try:
        return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def fresh(cells: Sequence[Cell], baseline: Results, folder: Path, machine: Machine) -> tuple[Results, dict[str, str]]:
    """Results of the current code, kept files in `folder`; and the reasons of what could not be computed."""
    store = machine.store
    for trial in trials_of(cells):
        if trial in store and not store.current(trial):
            store.discard(trial)
    reasons = execute(cells, machine, known_costs(cells, store, baseline)[0])
    results = Results(folder, baseline.name)
    results.merge([cell for cell in cells if cell.trial in store], store)
    return results, reasons


@dataclass(frozen=True)
class Draw:
    """How long the cells of a check may take, by what they took before; and which are drawn then."""

    seconds: float
    seed: int


def check(
    selection: Selection,
    machine: Machine,
    baseline: Path | None,
    junit: Path | None,
    summary: Path | None,
    draw: Draw | None = None,
) -> dict[str, Any] | None:
    """Compare fresh results with the baseline, those of the last commit if none is named; None when stopped."""
    with tempfile.TemporaryDirectory() as folder:
        before = _baseline(selection, baseline, Path(folder, "old"))
        asked, notes = _asked(selection, before, machine, draw)
        with stoppable():
            try:
                comparison, reasons = _compared(selection, asked, machine, before, Path(folder, "new"))
            except KeyboardInterrupt:
                print("Stopped. What was computed is kept; give the same command again to go on.")
                return None
    comparison = replace(comparison, notes=(*notes, *comparison.notes))
    if junit:
        check_summary.junit(comparison, junit)
    if summary:
        before_it = summary.read_text(encoding="utf-8") if summary.exists() else ""
        write_atomically(summary, f"{before_it}{check_summary.summary(comparison)}\n")
    tell_failures(reasons)
    return check_values.values(comparison, reasons)


def _baseline(selection: Selection, folder: Path | None, copy: Path) -> Results:
    if folder is None:
        places = workspace.places()
        before = committed(places.results, selection.file, copy)
        if not len(before.rows):
            run = f"mtl-bench run {selection.name} --scale {selection.scale}"
            there = workspace.near(places.results / f"{selection.file}.csv")
            raise StudyError(f"no baseline: run `{run}`, then commit {there} and what lies beside it")
        return before
    if not folder.is_dir():
        raise StudyError(f"--baseline {folder}: there is no such folder; name one that holds {selection.file}.csv")
    before = Results.read(folder, selection.file)
    if not len(before.rows):
        raise StudyError(f"--baseline {folder}: it holds no {selection.file}.csv; name a folder of results that does")
    return before


def _asked(
    selection: Selection, baseline: Results, machine: Machine, draw: Draw | None
) -> tuple[list[picking.Replicates], list[str]]:
    """The cells to check, each with all its seeds, and what there is to say of the others."""
    known = picking.groups(selection.cells, baseline, machine.device)
    if not known:
        devices = " and ".join(sorted(set(baseline.rows["device"])))
        raise StudyError(
            f"no baseline: no row of {selection.file} is of a planned cell on {machine.device} (its rows are of "
            f"{devices}); give --device, or run the study here and commit its results"
        )
    wanted = {picking.named(cell) for cell in selection.cells}
    new, aside = len(wanted) - len(known), len({picking.named(cell) for cell in selection.planned} - wanted)
    notes = [f"{count(new, 'planned cell')} without a committed row: not checked."] if new else []
    notes += [f"--only leaves {count(aside, 'cell')} out: not checked."] if aside else []
    if draw is None:
        return known, notes
    chosen = picking.pick(known, draw.seconds, machine.slots, draw.seed)
    sentence = picking.told(chosen, known, machine.slots, draw.seed)
    print(sentence, flush=True)
    return chosen, [sentence, *notes]


def _compared(
    selection: Selection, asked: Sequence[picking.Replicates], machine: Machine, baseline: Results, folder: Path
) -> tuple[findings.Comparison, dict[str, str]]:
    """The comparison, with new seeds where it raises an alarm; also what failed and why."""
    name, study = selection.name, selection.study
    measured, reasons = fresh([cell for group in asked for cell in group.cells], baseline, folder, machine)
    names = {picking.named(group.cells[0]) for group in asked}
    left_out = {picking.named(cell) for cell in selection.planned} - names
    exact = {picking.named(group.cells[0]) for group in asked if group.exact}
    comparison = findings.compare(baseline, measured, left_out=left_out, exact=exact)
    if comparison.to_confirm and reasons:
        note = "Runs failed, so that no new seeds confirmed what was found."
        return replace(comparison, notes=(note, *comparison.notes)), reasons
    if comparison.to_confirm:
        scale = workspace.scale_of(name, study, selection.scale, first=CONFIRMING_SEED)
        more = [cell for cell in workspace.cells_of(name, study, scale) if picking.named(cell) in names]
        again, reasons = fresh(_alarming(more, comparison), baseline, folder, machine)
        comparison = findings.confirm(comparison, baseline, measured, again, left_out, exact)
    return comparison, reasons


def _alarming(cells: Sequence[Cell], comparison: findings.Comparison) -> list[Cell]:
    """The cells to confirm: those that a finding names, all if one is about the study as a whole."""
    alarms = [finding.labels for finding in comparison.to_confirm]

    def named(cell: Cell) -> bool:
        return any(
            all(labels.get(label, str(value)) == str(value) for label, value in cell.labels.items())
            for labels in alarms
        )

    return [cell for cell in cells if named(cell)]
