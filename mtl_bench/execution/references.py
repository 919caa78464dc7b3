"""Which finished trials of the store nothing needs any more: no row of any results, no plan of any study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mtl_bench import workspace
from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, key, parts
from mtl_bench.execution import maintenance
from mtl_bench.execution.lineage import key_of
from mtl_bench.results.schema import read_columns
from mtl_bench.workspace import Places, near


@dataclass(frozen=True)
class Unreferenced:
    """Finished trials that can go."""

    store: Store
    keys: tuple[str, ...]
    kept: int  # how many are needed
    size: int  # bytes

    def __str__(self) -> str:
        if not self.keys:
            return f"nothing to remove: all {self.kept} finished trials in {near(self.store.root)} are needed"
        kinds = Counter(name.rpartition("-")[0] for name in self.keys)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        count = len(self.keys)
        return (
            f"{count} of {count + self.kept} finished trials ({maintenance.mebibytes(self.size)}) in "
            f"{near(self.store.root)} that neither results nor studies need: {told}"
        )

    def remove(self) -> str:
        """Remove them; returns what came of it."""
        for name in self.keys:
            self.store.remove(name)
        return f"{maintenance.mebibytes(self.size)} freed; {self.kept} finished trials are left"


def unreferenced(places: Places) -> Unreferenced:
    """Raises StudyError or ResultsError when a study or results can't be read: what they need is not known then."""
    store = Store(places.store)
    finished, needed = list(store.keys()), _needed_by_results(places, store)
    needed |= _needed_by_studies(places, set(finished) - needed)
    going = tuple(name for name in finished if name not in needed)
    size = sum(maintenance.measured(store.folder_of(name)) for name in going)
    return Unreferenced(store, going, len(finished) - len(going), size)


def _needed_by_studies(places: Places, asked: set[str]) -> set[str]:
    """Those of these keys that any study plans at any scale, with all that it depends on."""
    needed: set[str] = set()
    own_first = [name for folder in reversed(places.studies) for name in workspace.names_in(folder)]
    for name in own_first:
        if asked <= needed:
            break  # to plan all studies that come with mtl-bench takes seconds
        _, study = workspace.load(name)
        for scale in study.seeds:
            for cell in workspace.cells_of(name, study, workspace.scale_of(name, study, scale)):
                needed |= {key(part) for part in parts(cell.trial) if isinstance(part, Trial)}
    return needed & asked


def _needed_by_results(places: Places, store: Store) -> set[str]:
    """The keys of all rows, planned or not, with those of all that the stored ones depend on."""
    rows: set[str] = set()
    for path in places.results.glob("*.*.csv"):
        rows |= set(read_columns(path)["key"])
    needed = set(rows)
    for name in rows:
        if record := store.record_of(name):
            needed |= {key_of(description) for description in _descriptions(record["trial"])}
    return needed


def _descriptions(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every description in a description. Those of mere parameters have keys too, which no trial has."""
    if isinstance(value, Mapping):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _descriptions(inner)
