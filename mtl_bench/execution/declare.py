"""Declaring a judged run before it: claims, gates, seeds, cells, sizes, code and power are written down for good."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from mtl_bench import workspace
from mtl_bench.core.provenance import commit, environment
from mtl_bench.execution import pilot
from mtl_bench.execution.selection import Selection, trials_of
from mtl_bench.execution.writer import locked
from mtl_bench.results import declaration
from mtl_bench.results.declaration import Declaration
from mtl_bench.results.frame import without_sizing
from mtl_bench.statistics.power import Power
from mtl_bench.study import REPLICATE
from mtl_bench.workspace import StudyError


def declare(selection: Selection, again: bool) -> None:
    """Write the declaration and say what it holds. Raises StudyError at smoke scale, or once there is something."""
    if selection.scale == "smoke":
        raise StudyError(f"{selection.name}: nothing is judged at smoke scale; declare another --scale")
    folder, name = workspace.places().results, selection.file
    content = _content(selection)
    with locked(folder, name):
        former = declaration.read(folder, name)
        if not again:
            _must_be_first(selection, former)
        path = declaration.write(folder, name, [*former, Declaration(content)])
    parts_of = [f"{len(content[name])} {name}" for name in ("claims", "gates", "seeds")]
    print(f"declared: {', '.join(parts_of)}, {len(selection.planned)} cells")
    pilot.tell(selection)
    print(f"{workspace.near(path)}: commit it before the run")


def _must_be_first(selection: Selection, former: list[Declaration]) -> None:
    """Raises StudyError where the run was declared or has begun, with whatever parameters: its seeds were looked at."""
    what = f"{selection.name} at {selection.scale} scale"
    if former:
        raise StudyError(f"{what} was declared on {former[-1].date[:10]} already; --again declares anew beside it")
    if rows := _judged_rows(selection):
        raise StudyError(f"{what} has {rows} rows of judged seeds already; --again declares it afterwards, and says so")


def _judged_rows(selection: Selection) -> int:
    """How many rows a verdict could rest on; what no seed repeats, in a study that has seeds, is none of them."""
    rows = without_sizing(selection.study, selection.results()).rows
    return int((rows[REPLICATE].astype(str) != "").sum()) if REPLICATE in rows else len(rows)


def _content(selection: Selection) -> dict[str, Any]:
    study, cells = selection.study, selection.planned
    trials = trials_of(cells)
    recipes = Counter(repr(part) for trial in trials for part in vars(trial).values() if hasattr(part, "steps"))
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "environment": environment(),
        "claims": [declaration.sentence(claim) for claim in study.claims],
        "gates": [declaration.sentence(gate) for gate in study.gates],
        "rules": declaration.rules_of(study),
        "seeds": sorted({int(cell.labels[REPLICATE]) for cell in cells if REPLICATE in cell.labels}),
        "recipes": dict(sorted(recipes.items())),  # how many trials have each recipe
        "trials": dict(sorted(Counter(type(trial).__name__ for trial in trials).items())),
        "power": [asdict(one) for one in _powers(selection)],
        "cells": declaration.groups_of(cells),
    }


def _powers(selection: Selection) -> list[Power]:
    """Empty without a pilot, and where none can be made."""
    with suppress(StudyError):
        return pilot.powers(selection)
    return []
