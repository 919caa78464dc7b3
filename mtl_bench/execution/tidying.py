"""Tidying results: one row per cell, and none that left the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mtl_bench import workspace
from mtl_bench.execution import maintenance
from mtl_bench.execution.selection import Selection
from mtl_bench.execution.writer import locked
from mtl_bench.results.frame import planned, unplanned
from mtl_bench.results.table import Results
from mtl_bench.workspace import StudyError


@dataclass(frozen=True)
class Unplanned:
    """Rows of some results that are no planned cell with today's key."""

    results: Results
    mask: np.ndarray[Any, np.dtype[np.bool_]]  # bool (rows,)

    @property
    def count(self) -> int:
        return int(self.mask.sum())

    def __str__(self) -> str:
        label = "method" if "method" in self.results.labels else next(iter(self.results.labels), "metric")
        values = Counter(map(str, self.results.rows.loc[self.mask, label]))
        told = ", ".join(f"{value or '(none)'} {count}" for value, count in sorted(values.items()))
        return f"{self.results.name}: {self.count} of {len(self.mask)} rows have left the plan ({label}: {told})"

    def remove(self) -> None:
        """Remove these rows, with the files that no other row refers to."""
        with locked(self.results.folder, self.results.name):
            now = Results.read(self.results.folder, self.results.name)
            going = set(self.results.rows.loc[self.mask, self.results.identity].itertuples(index=False, name=None))
            now.rows = now.rows[[row not in going for row in now.rows[now.identity].itertuples(index=False, name=None)]]
            now.write()


def keep_newer_rows() -> None:
    """Keep the newer of two rows for one cell, in all results."""
    folder = workspace.places().results
    for holding in maintenance.holdings(folder):
        results = Results.read(folder, holding.name, repair=True)
        results.write()
        if holding.fault:  # such as the marks of a merge, which `read` has just settled
            print(f"{holding.name}: {len(results.rows)} rows of both sides of a merge, of two for one cell the newer")
        else:
            print(f"{holding.name}: {holding.rows - len(results.rows)} of {holding.rows} rows dropped")


def unplanned_rows() -> list[Unplanned]:
    """What has left the plan, for all results that have any; results without a study are left alone, aloud."""
    return [found for found in _unplanned_rows() if found.count]


def _unplanned_rows() -> Iterator[Unplanned]:
    folder = workspace.places().results
    for holding in maintenance.holdings(folder):
        results = Results.read(folder, holding.name)
        try:
            selection = Selection.of_file(holding.name)
        except StudyError as error:
            print(f"{holding.name}: left alone, since {error}")
            continue
        yield Unplanned(results, unplanned(results, planned(selection.study, results, selection.planned)))
