"""Results: the committed, durable record of a study at a scale. A row per cell, and small kept files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, key, parts
from mtl_bench.disk import DamagedError, remove_leftovers, write_atomically
from mtl_bench.labels import MEASURED
from mtl_bench.results.conflict import sides
from mtl_bench.results.kept import KEPT_LIMIT
from mtl_bench.results.numbered import Numbered
from mtl_bench.results.provenance import Provenance, empty, merged, provenance_of, read_provenance, text_of, together
from mtl_bench.results.rows import frame, with_plain_labels
from mtl_bench.results.schema import ResultsError, columns_of, read_columns, restore
from mtl_bench.study import REPLICATE, Cell, Contrast, Labels

__all__ = ["KEPT_LIMIT", "MEASURED", "Results", "ResultsError"]

AT_MOST = 3  # rows that one cell can have after a merge: ours, theirs, and an older one


@dataclass
class Results:
    """`<folder>/<name>.csv`, `<folder>/<name>.json` (environments and data digests) and `<folder>/<name>/<key>.*`."""

    folder: Path
    name: str  # "<study>.<scale>"
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MEASURED)))
    provenance: Provenance = field(default_factory=empty)

    @classmethod
    def read(cls, folder: Path, name: str, repair: bool = False) -> Results:
        """The results in `folder`, empty if there are none yet; `repair` keeps the newer of two rows for one cell."""
        results = cls(folder, name)
        path = folder / f"{name}.csv"
        if not path.exists():
            return results
        both = repair and results._of_both_sides()
        if not both:
            results.rows, results.provenance = frame(read_columns(path)), read_provenance(folder / f"{name}.json")
        if lost := [label for label in results.provenance.get("labels", ()) if label not in results.rows]:
            beside = path.with_suffix(".json")
            remedy = f"restore them with `git checkout {path} {beside}` or remove both and run again"
            raise ResultsError(f"{path} has no column {lost[0]}, which {beside} names; {remedy}")
        duplicates = results.duplicates()
        if repair:
            results._must_be_of_a_merge()
            results.tidy()
        elif duplicates:
            raise ResultsError(f"{path} holds {duplicates[0]} twice; run `mtl-bench tidy` to keep the newer row")
        return results

    def _of_both_sides(self) -> bool:
        """Take the rows of both sides of an unsettled merge; False where there is none. Raises ResultsError."""
        path, beside = self.folder / f"{self.name}.csv", self.folder / f"{self.name}.json"
        tables, notes = sides(path), sides(beside)
        if not (tables or notes):
            return False
        try:
            columns = [columns_of(text, path) for text in tables] if tables else [read_columns(path)]
            known = [provenance_of(text, beside) for text in notes] if notes else [read_provenance(beside)]
        except DamagedError as error:
            raise ResultsError(
                f"{error}, in one side of a merge; resolve the conflict first: keep the lines of both sides, then run "
                "`mtl-bench tidy`"
            ) from error
        self.rows = with_plain_labels(pd.concat(map(frame, columns), ignore_index=True))
        self.provenance = merged(known)
        return True

    def _must_be_of_a_merge(self) -> None:
        """Rows that a lost column made equal are replicates, and no repair may drop them."""
        twice = self.rows[self.rows.duplicated(self.identity, keep=False)]
        groups = twice.groupby(self.identity, sort=False)["key"].nunique() if len(twice) else pd.Series(dtype=int)
        without_seed = REPLICATE not in self.rows and (groups > 1).any()
        if without_seed or (groups > AT_MOST).any():
            path = self.folder / f"{self.name}.csv"
            raise ResultsError(f"{path} has lost a column: rows of different trials look alike; {restore(path)}")

    @property
    def labels(self) -> list[str]:
        return [column for column in self.rows.columns if column not in MEASURED]

    @property
    def identity(self) -> list[str]:
        """The columns that tell a row from all others."""
        return [*self.labels, "metric", "device"]

    def duplicates(self) -> list[str]:
        twice = self.rows[self.rows.duplicated(self.identity)]
        return [" ".join(f"{c}={row[c]}" for c in self.identity) for _, row in twice.iterrows()]

    def has(self, cell: Cell, device: str) -> bool:
        """Whether a row holds this very cell: same labels, trial, metric and device class."""
        labels = frozenset((name, str(value)) for name, value in cell.labels.items())
        return (labels, key(cell.trial), cell.metric, device) in self._done

    @cached_property
    def _done(self) -> set[tuple[frozenset[tuple[str, str]], str, str, str]]:
        labels = self.labels
        return {
            (
                frozenset((name, str(row[name])) for name in labels if row[name] != ""),
                row["key"],
                row["metric"],
                row["device"],
            )
            for row in self.rows.to_dict("records")
        }

    def select(self, labels: Labels, metric: str = "accuracy") -> pd.DataFrame:
        """The rows with these labels and this metric."""
        return self._numbered.select(labels, metric)

    def replicates(self, contrast: Contrast, replicate: str = REPLICATE) -> pd.Series[float]:
        """The contrast per replicate, for the replicates in which every term has all its cells."""
        return self._numbered.replicates(contrast, replicate)

    @property
    def _numbered(self) -> Numbered:
        """Of the rows as they are: whatever changes them puts others in their place."""
        found: Numbered | None = self.__dict__.get("numbered")
        if found is None or found.rows is not self.rows:
            found = self.__dict__["numbered"] = Numbered(self.rows)
        return found

    def kept(self, key: str, file: str) -> Path:
        """Where a file that a trial keeps lies: a curve, which test items were right."""
        return self.folder / self.name / f"{key}.{file}"

    def merge(self, cells: Iterable[Cell], store: Store) -> None:
        """Take in the stored cells: a row is replaced only by a row of the same identity."""
        fresh = []
        for cell in cells:
            record = store.record(cell.trial)
            needed = {key(part): part for part in parts(cell.trial) if isinstance(part, Trial) and part in store}
            lineage = [store.record(trial) for trial in needed.values()]
            fresh.append(
                {
                    **cell.labels,
                    "metric": cell.metric,
                    "value": round(_value(cell, record["metrics"], store.folder(cell.trial)), 6),
                    **{name: record[name] for name in MEASURED[2:]},
                    "seconds": round(sum(one["seconds"] for one in lineage), 3),
                }
            )
            self._take_provenance(record, lineage, store)
            self._keep_files(cell, store)
        if not fresh:
            return
        rows = pd.concat([self.rows, pd.DataFrame(fresh)] if len(self.rows) else [pd.DataFrame(fresh)])
        self.rows = with_plain_labels(rows)
        self.rows = self.rows.drop_duplicates(self.identity, keep="last").reset_index(drop=True)
        self.__dict__.pop("_done", None)

    def _take_provenance(self, record: dict[str, Any], lineage: list[dict[str, Any]], store: Store) -> None:
        digest = record["environment"]
        if not self.provenance["environments"].get(digest):
            self.provenance["environments"][digest] = store.environment(digest) or {}
        digests = self.provenance["data"]
        for name, found in ((name, found) for one in lineage for name, found in one["data"].items()):
            digests[name] = together(found, digests.get(name, ""))

    def _keep_files(self, cell: Cell, store: Store) -> None:
        for file in dict.fromkeys((*cell.trial.keep, *filter(None, [cell.artifact]))):
            source, place = store.artifact(cell.trial, file), self.kept(key(cell.trial), file)
            if source.stat().st_size > KEPT_LIMIT:
                raise ResultsError(f"{source} is larger than {KEPT_LIMIT:,} bytes, too large to keep with the results")
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(place, source.read_bytes())

    def write(self) -> None:
        """Sorted, so that a later run changes only the lines that it recomputed. Raises ResultsError for a bad row."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path, beside = self.folder / f"{self.name}.csv", self.folder / f"{self.name}.json"
        before = dict(self.provenance["environments"])
        self.tidy()
        rows = self.rows.sort_values(
            self.identity, key=lambda c: c.map(lambda v: (isinstance(v, str), v)), kind="stable"
        )
        text = rows.to_csv(index=False, lineterminator="\n")
        try:
            columns_of(text, path)
        except DamagedError as error:
            raise ResultsError(f"{error}; nothing was written: correct the study's plan or the trial") from error
        # A kill between the files may leave neither rows without their environment nor a column that seems lost.
        known = self.provenance.get("labels")
        self.provenance["labels"] = self.labels
        first = {**self.provenance, "environments": before, "labels": known if known == self.labels else []}
        write_atomically(beside, text_of(first))
        write_atomically(path, text)
        if text_of(first) != text_of(self.provenance):
            write_atomically(beside, text_of(self.provenance))
        self._remove_unused()

    def tidy(self) -> None:
        """Drop older duplicates and whatever no row refers to any more."""
        self.rows = self.rows.sort_values("finished", kind="stable").drop_duplicates(self.identity, keep="last")
        used = set(self.rows["environment"])
        environments = self.provenance["environments"]
        self.provenance["environments"] = {d: e for d, e in environments.items() if d in used}

    def _remove_unused(self) -> None:
        """Kept files that no row refers to go once the rows are on the disk."""
        keys = set(self.rows["key"])
        remove_leftovers(self.folder)
        for path in (self.folder / self.name).glob("*"):
            if path.name.partition(".")[0] not in keys:
                path.unlink(missing_ok=True)


def _value(cell: Cell, metrics: dict[str, float], folder: Path) -> float:
    """The metric that the cell asks for; of a cell that is a file, without one, the number of its bytes."""
    wanted, name = cell.reads or cell.metric, type(cell.trial).__name__
    file = folder / cell.artifact
    if cell.artifact and not file.is_file():
        raise ResultsError(f"{name} leaves no {cell.artifact}, but a cell asks for it; correct the study's plan")
    if wanted in metrics:
        return metrics[wanted]
    if cell.artifact and not cell.reads:
        return float(file.stat().st_size)
    raise ResultsError(f"{name} gives {', '.join(metrics)}, but a cell asks for {wanted}; correct the study's plan")
