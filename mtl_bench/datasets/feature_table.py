"""Features of one's own: a table with a row for each item and, where it is labelled, a column of labels.

FeatureTable.of("features/amazon.csv", label="kind")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from mtl_bench.datasets.correspondence import classes_of, listed
from mtl_bench.datasets.files.own_file import OwnFile
from mtl_bench.datasets.files.own_tables import OwnTable, own_table
from mtl_bench.datasets.files.placed import DataError, digest_of
from mtl_bench.inputs.rows import Array


@dataclass(frozen=True)
class FeatureTable(OwnFile):
    """The rows of a file in its order: .csv, .parquet, or .npz and .mat with arrays X and y (fts and labels serve too).

    All columns but that of the labels are features, and numbers. `classes` are sorted by name, or by value where all
    are whole numbers; of a table without labels, those that its rows may be of. Made by `of`.
    """

    label: str = "label"
    labelled: bool = True

    @classmethod
    def of(
        cls,
        path: str | Path,
        name: str = "",
        classes: Sequence[str] = (),
        label: str = "label",
        labelled: bool = True,
    ) -> Self:
        """The table as it is now, under the file's name by default; raises DataError.

        `classes` are the order of the labels; the table must have these.
        """
        file = Path(path)
        table = own_table(file, label, labelled)
        try:
            classes = classes_of(str(path), table.labels, classes)
        except ValueError as error:
            raise DataError(str(error)) from error
        return cls(name or file.stem, tuple(classes), digest_of(file), str(path), label, labelled)

    def inputs(self, split: str) -> Array:
        """float32 (n, d)."""
        return self._table(split).features

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        return self.numbers(self._table(split).labels)

    def columns(self) -> tuple[str, ...]:
        """The names of the features, none where the file has no names."""
        return self._table("all").columns

    def _table(self, split: str) -> OwnTable:
        return _read(self.place(split), self.sha256, self.label, self.labelled)


def same_width(one: FeatureTable, other: FeatureTable) -> None:
    """Raises ValueError unless two tables have the same features in the same order."""
    mine, others = one.columns(), other.columns()
    if mine and others and set(mine) != set(others):
        only = [
            f"{listed(names)} only in {table.name}"
            for table, names in (
                (one, [c for c in mine if c not in others]),
                (other, [c for c in others if c not in mine]),
            )
            if names
        ]
        raise ValueError(
            f"the columns of {one.name} and {other.name} differ: {', '.join(only)}; give both the same ones"
        )
    if mine and others and mine != others:
        first = next(i for i, (a, b) in enumerate(zip(mine, others, strict=True)) if a != b)
        raise ValueError(
            f"column {first} is {mine[first]} in {one.name} and {others[first]} in {other.name}; order them alike"
        )
    widths = one.inputs("all").shape[1], other.inputs("all").shape[1]
    if widths[0] != widths[1]:
        raise ValueError(
            f"{one.name} has {widths[0]} features and {other.name} {widths[1]}; give both tables the same columns"
        )


@lru_cache(maxsize=4)  # inputs and labels of two domains
def _read(file: Path, sha256: str, label: str, labelled: bool) -> OwnTable:
    table = own_table(file, label, labelled)
    table.features.flags.writeable = False
    return table
