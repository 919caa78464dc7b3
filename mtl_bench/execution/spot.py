"""The spot check: a few committed cells, drawn at random, computed again elsewhere and compared with their rows."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtl_bench import workspace
from mtl_bench.core.store import Store
from mtl_bench.core.trial import key, parts
from mtl_bench.execution import data_catalogue, maintenance
from mtl_bench.execution.costs import Costs, duration, trained_on
from mtl_bench.execution.execute import execute, stoppable
from mtl_bench.execution.machine import Machine
from mtl_bench.execution.regression import committed
from mtl_bench.execution.selection import Selection
from mtl_bench.results.frame import planned, unplanned
from mtl_bench.results.table import Results
from mtl_bench.statistics.environments import SPREADS, apart, entries, least_move
from mtl_bench.study import REPLICATE, Cell, Labels
from mtl_bench.workspace import StudyError

EQUAL, WITHIN, DIFFERS, UNCHECKED = "equal", "within", "differs", "unchecked"


@dataclass(frozen=True)
class Committed:
    """A row of the last commit's results and the planned cell that it is of."""

    results: Results
    row: dict[str, Any]
    cell: Cell

    def __str__(self) -> str:
        labels = {name: value for name in self.results.labels if (value := self.row[name]) != ""}
        told = " ".join(f"{name}={value}" for name, value in labels.items())
        return f"{self.results.name} {told} {self.cell.metric}"

    @property
    def kind(self) -> str:
        return f"{type(self.cell.trial).__name__} {self.row.get('method', '')}"

    @property
    def trained(self) -> bool:
        return any(trained_on(part) for part in parts(self.cell.trial))

    def tolerance(self) -> float | None:
        """How far the value may lie from the row's in another environment; None where nothing says it.

        `statistics.environments` says why; a trained network goes by the spread over seeds.
        """
        least = least_move(self.cell.metric, self.row["value"])
        if not self.trained:
            return least
        same = self.results.rows["device"] == self.row["device"]
        for name in [*self.results.labels, "metric"]:
            if name != REPLICATE:
                same &= self.results.rows[name] == self.row[name]
        values = self.results.rows.loc[same, "value"]
        return max(least, SPREADS * float(values.std())) if len(values) > 2 else None


def check(
    word: str | None, scale: str | None, machine: Machine, count: int, seconds: float, seed: int
) -> dict[str, Any] | None:
    """Draw, compute in a store of its own and compare; None when stopped.

    Its exit status is 0 if all that was checked is equal or near enough, 1 if something is not, 2 if none was checked.
    """
    with tempfile.TemporaryDirectory(prefix="mtl-bench-spot-") as folder, stoppable():
        known = [one for file in _files(word, scale) for one in _checkable(file, machine, Path(folder))]
        chosen = draw(_with_data(known), count, seconds, machine.slots, seed)
        cost = duration(sum(one.row["seconds"] for one in chosen) / machine.slots)
        print(f"{len(chosen)} of {len(known)} cells drawn with --seed {seed}: about {cost} in {machine.slots} slots")
        try:
            judged = _judged(chosen, machine.with_store(Store(Path(folder, "store"))), Path(folder, "new"))
        except KeyboardInterrupt:
            print("Stopped; nothing is kept.")
            return None
    counts = Counter(cell["result"] for cell in judged)
    status = 1 if counts[DIFFERS] else 0 if counts[EQUAL] + counts[WITHIN] else 2
    return {"exit_status": status, "drawn": len(chosen), "of": len(known), "seed": seed, "cells": judged}


SAID = {EQUAL: "equal bit for bit", WITHIN: "within the tolerance", DIFFERS: "different", UNCHECKED: "not checkable"}


def _files(word: str | None, scale: str | None) -> list[str]:
    """The results, as "<study>.<scale>", that are meant. Raises StudyError when there are none."""
    name = workspace.load(word)[0] if word else None
    held = [holding.name for holding in maintenance.holdings(workspace.places().results)]
    found = [file for file in held if name in (None, file.split(".")[0]) and scale in (None, file.split(".")[1])]
    if not found:
        where = f"{name or 'any study'}{f' at {scale} scale' if scale else ''}"
        raise StudyError(f"there are no results of {where} in {workspace.places().results}; run it and commit them")
    return found


def _checkable(file: str, machine: Machine, folder: Path) -> list[Committed]:
    """The rows that are planned cells with today's key, for this device class; the others are counted aloud."""
    results = committed(workspace.places().results, file, folder / "old")
    try:
        selection = Selection.of_file(file)
    except StudyError as error:
        print(f"not checkable: {file}, {len(results.rows)} rows: {error}")
        return []
    cells = planned(selection.study, results, selection.planned)
    known = {(_labels(cell.labels), cell.metric, key(cell.trial)): cell for cell in cells}
    rows: list[dict[str, Any]] = results.rows.to_dict("records")  # type: ignore[assignment]
    of_today = [row for row, gone in zip(rows, unplanned(results, cells), strict=True) if not gone]
    labels = [_labels({name: row[name] for name in results.labels}) for row in of_today]
    found = [
        Committed(results, row, known[own, row["metric"], row["key"]])
        for own, row in zip(labels, of_today, strict=True)
    ]
    if len(found) < len(rows):
        left = f"{len(rows) - len(found)} of {len(rows)} rows are no planned cell with today's key"
        print(f"not checkable: {file}, {left}")
    ours = [one for one in found if one.row["device"] == machine.device]
    if len(ours) < len(found):
        print(f"not checkable: {file}, {len(found) - len(ours)} rows are of another device class")
    return ours


def _labels(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset((name, str(value)) for name, value in labels.items() if value != "")


def _with_data(known: Iterable[Committed]) -> list[Committed]:
    """Those whose data are here; a line for each data set that is not."""
    found, absent = [], Counter[Any]()
    for one in known:
        lacking = [d for d in data_catalogue.needed_by([one.cell]) if data_catalogue.available(d) != "yes"]
        absent.update(lacking)
        if not lacking:
            found.append(one)
    for data_set, cells in absent.items():
        fetch = f"`mtl-bench data fetch {data_set.folder}:{data_set.variant}` brings it"
        print(f"skipped: {cells} cells need {data_set.name}, which is not here ({fetch})")
    return found


def draw(known: Sequence[Committed], count: int, seconds: float, slots: int, seed: int) -> list[Committed]:
    """At most `count` of these, of ever other kinds of trials in turn; by their rows they take so many seconds."""
    generator, kinds, left = random.Random(seed), dict[str, list[Committed]](), seconds * slots
    for one in sorted(known, key=str):
        kinds.setdefault(one.kind, []).append(one)
    for of_kind in kinds.values():
        generator.shuffle(of_kind)
    order = sorted(kinds)
    generator.shuffle(order)
    chosen: list[Committed] = []
    while len(chosen) < count and any(kinds.values()):
        for kind in order:
            fitting = next((one for one in kinds[kind] if one.row["seconds"] <= min(seconds, left)), None)
            if fitting is None:
                kinds[kind] = []
            elif len(chosen) < count:
                kinds[kind].remove(fitting)
                left -= fitting.row["seconds"]
                chosen.append(fitting)
    return chosen


def _judged(chosen: Sequence[Committed], machine: Machine, folder: Path) -> list[dict[str, Any]]:
    """Compute the cells; returns what became of each."""
    reasons = execute([one.cell for one in chosen], machine, Costs())
    judged = []
    for one in chosen:
        verdict, told = _verdict(one, machine.store, folder, reasons)
        study, scale = one.results.name.split(".")[:2]
        labels = {name: str(one.row[name]) for name in one.results.labels if one.row[name] != ""}
        where = {"study": study, "scale": scale, "labels": {**labels, "metric": one.cell.metric}}
        judged.append({"cell": str(one), **where, "result": verdict, "text": told})
    return judged


def _verdict(one: Committed, store: Store, folder: Path, reasons: dict[str, str]) -> tuple[str, str]:
    if one.cell.trial not in store:
        return DIFFERS, f"could not be computed: {reasons.get(key(one.cell.trial), 'unknown')}"
    fresh = Results(folder, one.results.name)
    fresh.merge([one.cell], store)
    before, now = one.row["value"], float(fresh.rows["value"].iloc[0])
    if before == now:
        return EQUAL, f"{before:g}"
    other = apart(entries(one.results, one.row["environment"]), entries(fresh, fresh.rows["environment"].iloc[0]))
    moved = f"{before:g} → {now:g}"
    if not other:
        return DIFFERS, f"{moved} in the environment of the row, where the bits must be equal"
    allowed = one.tolerance()
    if allowed is None:
        return UNCHECKED, f"{moved}: too few seeds tell how far a run with {', '.join(other)} may lie"
    verdict = WITHIN if abs(now - before) <= allowed else DIFFERS
    return verdict, f"{moved} (± {allowed:.2g} allowed: the row is from {', '.join(other)})"
