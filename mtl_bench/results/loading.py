"""Results as a table for a notebook."""

from __future__ import annotations

import pandas as pd

from mtl_bench import workspace
from mtl_bench.results.frame import planned, unplanned
from mtl_bench.results.table import Results


def load(study: str, scale: str | None = None) -> pd.DataFrame:
    """What was measured of a study at a scale, by default the usual one: a row per cell, none a mean over others.

    The columns are the study's labels ("" where a cell has none), the seed among them, and "metric", "value" (of
    accuracies, percent) and "device". Rows that the study no longer plans are left out. Raises StudyError where there
    is no such study, or nothing was measured.
    """
    name, found = workspace.load(study)
    results = Results.read(workspace.places().results, f"{name}.{workspace.scale_of(name, found, scale).name}")
    cells = [cell for cell in planned(found, results) if not (cell.pooled or cell.artifact)]
    rows = results.rows[~unplanned(results, cells)]
    if not len(rows):
        raise workspace.StudyError(f"nothing was measured of {results.name}; run `mtl-bench run {name}`")
    return rows[[*results.labels, "metric", "value", "device"]].reset_index(drop=True)
