"""Keeping what judged runs predicted, from what the store holds of them already: no trial is changed or run for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mtl_bench.core.store import Store
from mtl_bench.core.trial import key
from mtl_bench.execution.writer import locked
from mtl_bench.results import predictions
from mtl_bench.results.table import Results
from mtl_bench.study import Cell

# Not imported: it needs PyTorch, which a study without it does not.
EVALUATE = ("mtl_bench.trials.evaluate", "Evaluate")


def keep_predictions(folder: Path, name: str, cells: Iterable[Cell], store: Store) -> str:
    """Take in the predictions of the rows whose networks the store holds, drop those of rows that are no more.

    Says how many trials' predictions are kept, "" where there are none. A classifier's are not: its trial leaves which
    rows are right, and no more.
    """
    evaluated = [cell for cell in cells if (type(cell.trial).__module__, type(cell.trial).__name__) == EVALUATE]
    if not evaluated and not predictions.read(folder, name):
        return ""
    with locked(folder, name):
        return _kept(folder, name, evaluated, store)


def _kept(folder: Path, name: str, cells: Iterable[Cell], store: Store) -> str:
    rows = set(Results.read(folder, name).rows["key"])
    before = predictions.read(folder, name)
    kept: predictions.Predicted = {
        test: own for test, every in before.items() if (own := {k: v for k, v in every.items() if k in rows})
    }
    known = {one for every in kept.values() for one in every}
    for cell in cells:
        trial: Any = cell.trial
        if key(trial) not in rows or key(trial) in known or trial not in store:
            continue
        run = trial.selection.adaptation
        if run not in store:
            continue
        inputs = f"{run.target.name} test inputs"
        test = f"{inputs} {store.record(run)['data'][inputs]}"
        kept.setdefault(test, {})[key(trial)] = _predicted(trial, store)
        known.add(key(trial))
    if not known or kept == before:
        return ""
    if not predictions.write(folder, name, kept):
        return f"The predictions of {name} are more than {predictions.LIMIT:,} bytes and are not kept."
    return f"Predictions of {len(known)} of {len(rows)} trials are kept for each test row."


def _predicted(trial: Any, store: Store) -> Any:
    """int (n,): the class of each test row, by the checkpoint that was selected."""
    from mtl_bench.trials.history import read_arrays

    step = int(store.record(trial)["metrics"]["step"])
    checkpoint = store.artifact(trial.selection.adaptation, f"checkpoint-{step}.npz")
    return np.asarray(read_arrays(checkpoint)["target test logits"].argmax(1))
