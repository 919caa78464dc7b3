"""Results: the committed, durable record of a study at a scale. A row per cell, and small kept files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, key, parts
from mtl_bench.disk import write_atomically
from mtl_bench.study import Cell, Contrast, Labels

# All other columns are labels.
MEASURED = ("metric", "value", "device", "seconds", "finished", "key", "code", "environment")
NUMBERS = ("value", "seconds")
KEPT_LIMIT = 200_000  # bytes of one kept file


class ResultsError(Exception):
    """The results can't be read or written; the message is one sentence with the remedy."""


@dataclass
class Results:
    """`<folder>/<name>.csv`, `<folder>/<name>.json` (environments and data digests) and `<folder>/<name>/<key>.*`."""

    folder: Path
    name: str  # "<study>.<scale>"
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MEASURED)))
    provenance: dict[str, Any] = field(default_factory=lambda: {"environments": {}, "data": {}, "command": ""})

    @classmethod
    def read(cls, folder: Path, name: str, repair: bool = False) -> Results:
        """The results in `folder`, empty if there are none yet; `repair` keeps the newer of two rows for one cell."""
        results = cls(folder, name)
        path = folder / f"{name}.csv"
        if not path.exists():
            return results
        try:
            rows = pd.read_csv(path, dtype=str, keep_default_na=False)
            if absent := [column for column in MEASURED if column not in rows]:
                raise ValueError(f"it has no column {absent[0]}")
            for column in NUMBERS:
                rows[column] = pd.to_numeric(rows[column])
            results.rows = _with_plain_labels(rows)
            results.provenance = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ResultsError(
                f"{path} can't be read ({error}); restore it with `git checkout {path}` or remove it and run again"
            ) from error
        if repair:
            results.tidy()
        duplicates = results.duplicates()
        if duplicates:
            raise ResultsError(f"{path} holds {duplicates[0]} twice; run `mtl-bench tidy` to keep the newer row")
        return results

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
        chosen = self.rows["metric"] == metric
        for name, value in labels.items():
            if name not in self.rows:
                return self.rows.iloc[:0]
            chosen &= self.rows[name].astype(str) == str(value)
        return self.rows[chosen]

    def replicates(self, contrast: Contrast, replicate: str = "seed") -> pd.Series[float]:
        """The contrast per replicate, for the replicates in which every term has all its cells."""
        if replicate not in self.rows:
            return pd.Series(dtype=float)
        terms = []
        for term in contrast.terms:
            cells = self.select(dict(term.labels), term.metric).groupby(replicate)["value"]
            # A replicate that lacks one of the cells would average over others than its siblings do.
            terms.append(term.weight * cells.mean()[cells.count() == cells.count().max()])
        total: pd.Series[float] = pd.concat(terms, axis=1).dropna().sum(axis=1)
        return total

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
        self.rows = _with_plain_labels(rows)
        self.rows = self.rows.drop_duplicates(self.identity, keep="last").reset_index(drop=True)
        self.__dict__.pop("_done", None)

    def _take_provenance(self, record: dict[str, Any], lineage: list[dict[str, Any]], store: Store) -> None:
        digest = record["environment"]
        if digest not in self.provenance["environments"]:
            path = store.root / "environments" / f"{digest}.json"
            self.provenance["environments"][digest] = json.loads(path.read_text(encoding="utf-8"))
        digests = self.provenance["data"]
        for name, found in ((name, found) for one in lineage for name, found in one["data"].items()):
            # Data that each replicate draws for itself have one name and several digests.
            digests[name] = ", ".join(sorted({found, *filter(None, digests.get(name, "").split(", "))}))

    def _keep_files(self, cell: Cell, store: Store) -> None:
        for file in dict.fromkeys((*cell.trial.keep, *filter(None, [cell.artifact]))):
            source, place = store.folder(cell.trial) / file, self.kept(key(cell.trial), file)
            if source.stat().st_size > KEPT_LIMIT:
                raise ResultsError(f"{source} is larger than {KEPT_LIMIT:,} bytes, too large to keep with the results")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)

    def write(self) -> None:
        """Sorted, so that a later run changes only the lines that it recomputed."""
        self.tidy()
        self.folder.mkdir(parents=True, exist_ok=True)
        rows = self.rows.sort_values(
            self.identity, key=lambda c: c.map(lambda v: (isinstance(v, str), v)), kind="stable"
        )
        provenance = json.dumps(self.provenance, indent=1, sort_keys=True)
        write_atomically(self.folder / f"{self.name}.json", f"{provenance}\n")
        write_atomically(self.folder / f"{self.name}.csv", rows.to_csv(index=False, lineterminator="\n"))

    def tidy(self) -> None:
        """Drop older duplicates and whatever no row refers to any more."""
        self.rows = self.rows.sort_values("finished", kind="stable").drop_duplicates(self.identity, keep="last")
        used = set(self.rows["environment"])
        environments = self.provenance["environments"]
        self.provenance["environments"] = {d: e for d, e in environments.items() if d in used}
        keys = set(self.rows["key"])
        for path in (self.folder / self.name).glob("*"):
            if path.name.partition(".")[0] not in keys:
                path.unlink()


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


def _with_plain_labels(rows: pd.DataFrame) -> pd.DataFrame:
    """Labels first, whole numbers as int, absent ones as "": a row reads back as it was written."""
    labels = [column for column in rows.columns if column not in MEASURED]
    rows = rows[[*labels, *MEASURED]].copy()
    for column in labels:
        rows[column] = rows[column].astype(object).where(rows[column].notna(), "").map(_plain)
    return rows


def _plain(label: Any) -> str | int:
    text = str(label).removesuffix(".0") if isinstance(label, float) else str(label)
    return int(text) if text.removeprefix("-").isdecimal() and str(int(text)) == text else text
