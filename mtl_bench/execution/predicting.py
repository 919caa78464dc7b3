"""Keeping what judged runs predicted, from what the store holds of them already: no trial is changed or run for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mtl_bench.core.store import Store
from mtl_bench.core.trial import key
from mtl_bench.results import predictions
from mtl_bench.results.table import Results
from mtl_bench.study import Cell


def keep_predictions(folder: Path, name: str, cells: Iterable[Cell], store: Store) -> str:
    """Take in the predictions of the rows whose networks the store holds, drop those of rows that are no more.

    Says how many trials' predictions are kept, "" where there are none. A classifier's are not: its trial leaves which
    rows are right, and no more.
    """
    from mtl_bench.trials.evaluate import Evaluate
    from mtl_bench.trials.history import read_arrays

    rows = set(Results.read(folder, name).rows["key"])
    before = predictions.read(folder, name)
    kept: predictions.Predicted = {
        test: own for test, every in before.items() if (own := {k: v for k, v in every.items() if k in rows})
    }
    known = {one for every in kept.values() for one in every}
    for cell in cells:
        trial: Any = cell.trial
        if not isinstance(trial, Evaluate) or key(trial) not in rows or key(trial) in known or trial not in store:
            continue
        run = trial.selection.adaptation
        if run not in store:
            continue
        step = int(store.record(trial)["metrics"]["step"])
        logits = read_arrays(store.artifact(run, f"checkpoint-{step}.npz"))["target test logits"]
        inputs = f"{run.target.name} test inputs"
        test = f"{inputs} {store.record(run)['data'][inputs]}"
        kept.setdefault(test, {})[key(trial)] = np.asarray(logits.argmax(1))
        known.add(key(trial))
    if not known or kept == before:
        return ""
    if not predictions.write(folder, name, kept):
        return f"The predictions of {name} are more than {predictions.LIMIT:,} bytes and are not kept."
    return f"Predictions of {len(known)} of {len(rows)} trials are kept for each test row."
