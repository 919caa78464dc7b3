"""A table of one's own: rows in a file, whose content a study names by its digest, wherever the file lies now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from mtl_bench.datasets.files.acquire import one_of
from mtl_bench.datasets.files.placed import DataError, digest_of
from mtl_bench.inputs.rows import Array


@dataclass(frozen=True)
class OwnFile:
    """What `FeatureTable` and `TextTable` share; `classes` are the order of the labels."""

    name: str
    classes: tuple[str, ...]
    sha256: str  # of the file
    path: str = field(compare=False)  # where it lies now; relative to the working directory or absolute

    splits: ClassVar[tuple[str, ...]] = ("all",)

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """None is there without a file."""
        return ()

    def place(self, split: str) -> Path:
        """Where the file lies; raises DataError where it is not there, or has other content than it had."""
        one_of(split, self.splits, self.name, "split")
        file = Path(self.path)
        if not file.is_file():
            raise DataError(f"{file} is not there; put it back or run `mtl-bench compare` again with another table")
        if digest_of(file) != self.sha256:
            raise DataError(f"{file} has other content than when the study was written; run `mtl-bench compare` again")
        return file.absolute()

    def numbers(self, labels: Sequence[str] | None) -> Array:
        """int64 (n,), of labels as words; raises ValueError where there are none."""
        if labels is None:
            raise ValueError(f"{self.name} has no labels: it is a table without them")
        number = {name: i for i, name in enumerate(self.classes)}
        return np.array([number[name] for name in labels], np.int64)
