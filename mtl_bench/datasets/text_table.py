"""Texts of one's own: a table with a row for each text and, where they are labelled, a column of labels.

TextTable.of("reviews/books.csv", text="review", label="stars")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np

from mtl_bench.datasets.correspondence import classes_of
from mtl_bench.datasets.files.own_file import OwnFile
from mtl_bench.datasets.files.own_texts import OwnTexts, own_texts
from mtl_bench.datasets.files.placed import DataError, digest_of
from mtl_bench.inputs.rows import Array
from mtl_bench.inputs.texts import Texts, written


@dataclass(frozen=True)
class TextTable(OwnFile):
    """The texts of a .csv or .parquet file in its order; columns other than those of text and label are left alone.

    `classes` are sorted by name, or by value where all are whole numbers; of a table without labels, those that its
    rows may be of. Made by `of`.
    """

    text: str = "text"
    label: str = "label"
    labelled: bool = True

    @classmethod
    def of(
        cls,
        path: str | Path,
        name: str = "",
        classes: Sequence[str] = (),
        text: str = "text",
        label: str = "label",
        labelled: bool = True,
    ) -> Self:
        """The table as it is now, under the file's name by default; raises DataError.

        `classes` are the order of the labels; the table must have these.
        """
        file = Path(path)
        table = own_texts(file, text, label, labelled)
        try:
            classes = classes_of(str(path), table.labels, classes)
        except ValueError as error:
            raise DataError(str(error)) from error
        return cls(name or file.stem, tuple(classes), digest_of(file), str(path), text, label, labelled)

    def inputs(self, split: str) -> Texts:
        return Texts.read(np.concatenate([written([text]) for text in self.texts(split)]))

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        return self.numbers(self._table(split).labels)

    def texts(self, split: str) -> tuple[str, ...]:
        """The texts as they stand in the file."""
        return self._table(split).texts

    def _table(self, split: str) -> OwnTexts:
        return _read(self.place(split), self.sha256, self.text, self.label, self.labelled)


@lru_cache(maxsize=4)  # inputs and labels of two domains
def _read(file: Path, sha256: str, text: str, label: str, labelled: bool) -> OwnTexts:
    return own_texts(file, text, label, labelled)
