"""The classes that judged runs predicted for each test row, kept beside the results: other metrics need no new run.

`<study>.<scale>.predictions.npz` has two arrays per set of test rows, whose name and digest, "photos test inputs
0123abcd", say which rows they are and in which order: "<set>|keys" (trials), the keys of the trials, and
"<set>|classes" (trials, rows), the number of the predicted class of each row.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtl_bench import workspace
from mtl_bench.disk import write_atomically
from mtl_bench.results.kept import read_array
from mtl_bench.results.schema import ResultsError, restore
from mtl_bench.results.table import Results

LIMIT = 5_000_000  # bytes of the file
CORRECT = "correct.npy"
KEYS, CLASSES = "|keys", "|classes"
Array = np.ndarray[Any, Any]
Predicted = dict[str, dict[str, Array]]  # by set of test rows and key: classes (rows,)


def path_of(folder: Path, name: str) -> Path:
    """Where the predictions of `<study>.<scale>` lie."""
    return folder / f"{name}.predictions.npz"


def read(folder: Path, name: str) -> Predicted:
    """What is kept, empty where nothing is. Raises ResultsError for a damaged file."""
    path = path_of(folder, name)
    if not path.exists():
        return {}
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            sets = [one.removesuffix(KEYS) for one in file.files if one.endswith(KEYS)]
            return {
                rows: dict(zip(map(str, file[rows + KEYS]), file[rows + CLASSES], strict=True)) for rows in sorted(sets)
            }
    except Exception as error:  # numpy's reader raises whatever a damaged file leads it to
        raise ResultsError(f"{path} holds no predictions; {restore(path)}") from error


def write(folder: Path, name: str, predicted: Mapping[str, Mapping[str, Array]]) -> bool:
    """Keep these, the same bytes for the same predictions. False, and nothing written, where they exceed the limit."""
    arrays: dict[str, Any] = {}
    for rows, by_key in sorted(predicted.items()):
        classes = np.stack([by_key[key] for key in sorted(by_key)])
        arrays[rows + KEYS] = np.array(sorted(by_key))
        arrays[rows + CLASSES] = classes.astype(np.uint8 if classes.max(initial=0) < 256 else np.uint16)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    if buffer.tell() > LIMIT:
        return False
    write_atomically(path_of(folder, name), buffer.getvalue())
    return True


def predictions(study: str, scale: str | None = None) -> pd.DataFrame:
    """What runs of a study predicted for each test row, at its usual scale or another: the columns of `table_of`.

    Raises StudyError where there is no such study or nothing is kept of it, ResultsError for a damaged file.
    """
    name, found = workspace.load(study)
    results = Results.read(workspace.places().results, f"{name}.{workspace.scale_of(name, found, scale).name}")
    table = table_of(results)
    if not len(table):
        raise workspace.StudyError(f"{results.name} keeps nothing of single test rows; run `mtl-bench run {name}`")
    return table


def table_of(results: Results) -> pd.DataFrame:
    """A line per run and test row.

    Columns: the study's labels, `row` (the number of the test row, in the data's order), `predicted` and `true` (the
    number of a class, absent where it is not known) and `correct` (1 or 0; of several random draws the share). What is
    true is taken from the runs that were right: of a row that no run with predictions reads right it is not known. Of
    runs whose predictions were not kept there is `correct` alone. Raises ResultsError.
    """
    by_key = {
        key: (rows, own) for rows, every in read(results.folder, results.name).items() for key, own in every.items()
    }
    right = {key: read_array(path) for key in by_key if (path := results.kept(key, CORRECT)).exists()}
    truth = _truth(by_key, right, results)
    parts = []
    for row in results.rows[results.rows["metric"] == "accuracy"].to_dict("records"):
        key, path = str(row["key"]), results.kept(str(row["key"]), CORRECT)
        if not path.exists():
            continue
        correct = right[key] if key in right else read_array(path)
        rows, classes = by_key.get(key, ("", np.full(len(correct), -1)))
        true = truth.get(rows, np.full(len(correct), -1))
        part = pd.DataFrame({"row": np.arange(len(correct)), "predicted": classes, "true": true, "correct": correct})
        parts.append(part.assign(**{label: row[label] for label in results.labels}))
    columns = [*results.labels, "row", "predicted", "true", "correct"]
    table = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    for column in ("predicted", "true"):
        table[column] = table[column].astype("Int64").where(table[column] >= 0)
    table["correct"] = table["correct"].astype(float)
    return table


def _truth(by_key: Mapping[str, tuple[str, Array]], right: Mapping[str, Array], results: Results) -> dict[str, Array]:
    """By set of test rows the class of each, -1 where no run is right. Raises ResultsError where two runs disagree."""
    truth: dict[str, Array] = {}
    for key, correct in right.items():
        rows, classes = by_key[key]
        known = truth.setdefault(rows, np.full(len(classes), -1))
        mine = np.where(correct == 1, classes.astype(int), -1)
        both = (known >= 0) & (mine >= 0)
        if len(correct) != len(classes) or (known[both] != mine[both]).any():
            path = path_of(results.folder, results.name)
            raise ResultsError(f"{path} does not fit what {key} reads right; {restore(path)}")
        truth[rows] = np.where(known >= 0, known, mine)
    return truth
