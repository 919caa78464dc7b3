"""Data sets of the Hugging Face hub by name and commit, read by the library `datasets`, which runs no code of theirs.

    HubImages("ylecun/mnist", "77f3279092a1c1579b2250db8eafed0ad422088c", tuple("0123456789"), size=28)

The library keeps what it downloads in a cache of its own; the decoded arrays lie in the data folder.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from mtl_bench.datasets.files.acquire import announce, one_of
from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.pixels import decoded, shuffled
from mtl_bench.datasets.files.placed import DataError, one_line
from mtl_bench.datasets.files.transfer import Report
from mtl_bench.inputs.rows import Array, Mapped, Rows


class FromHub:
    """What images and text of the hub share; a subclass is a frozen dataclass with these fields and its columns.

    A commit is demanded, as a branch changes. `classes` are declared, so that a plan needs no network; the hub's names
    must be the same, in any order. `train` and `test` are its splits, as the library writes them: "train[:80%]".
    """

    path: str
    revision: str
    classes: tuple[str, ...]
    label: str
    train: str
    test: str

    folder: ClassVar[str] = "hub"
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    files: ClassVar[tuple[()]] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{40}", self.revision):
            raise ValueError(f"{self.path} needs a commit of 40 hex digits, not {self.revision!r}: a branch changes")

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """None can be had without a network."""
        return ()

    @property
    def name(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.path.lower()).strip("-")

    @property
    def variant(self) -> str:
        return self.revision[:7]

    @property
    def licence(self) -> str:
        return f"see https://huggingface.co/datasets/{self.path}"

    def fetch(self, report: Report = announce) -> None:
        """Have it in the data folder, decoded; raises DataError."""
        for split in self.splits:
            self.inputs(split), self.labels(split)

    def inputs(self, split: str) -> Rows:
        """The rows of a split in a fixed random order."""
        raise NotImplementedError

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        return np.array(self._stored(split, "labels", (None,), lambda: [self._numbers(split)], np.int64))

    def _numbers(self, split: str) -> Array:
        table = self._table(split, [self.label])
        names = getattr(table.features[self.label], "names", None) or self.classes
        number = {name: i for i, name in enumerate(self.classes)}
        values = [
            names[v] if isinstance(v, int) and 0 <= v < len(names) else v for v in shuffled(list(table[self.label]))
        ]
        if strange := [value for value in values if value not in number]:
            listing = ", ".join(self.classes[:10])
            raise DataError(f"{self.path}: {self.label} {strange[0]!r} of {split} is none of the classes {listing}")
        return np.array([number[value] for value in values], np.int64)

    def _stored(self, split: str, what: str, shape: Any, blocks: Any, dtype: type = np.uint8) -> Mapped:
        one_of(split, self.splits, self.name, "split")
        key = hashlib.sha256(repr(self).encode()).hexdigest()[:12]
        return stored(self.folder, f"{self.name[-60:]}-{key}-{split}-{what}", shape, blocks, dtype)

    def _table(self, split: str, columns: list[str]) -> Any:
        """These columns of a split; images as files."""
        try:
            from datasets import Image, load_dataset

            table = load_dataset(self.path, revision=self.revision, split=getattr(self, split)).select_columns(columns)
            for column, feature in table.features.items():
                if isinstance(feature, Image):
                    table = table.cast_column(column, Image(decode=False))
            return table
        except Exception as error:  # the library's, the hub client's and those of files
            reason = one_line(error) or type(error).__name__
            raise DataError(
                f"{self.path} at {self.variant} cannot be had from the Hugging Face hub ({reason}); check the network, "
                "the name, the commit and the columns, or download it elsewhere and give its folder as the path"
            ) from error


@dataclass(frozen=True)
class HubImages(FromHub):
    """Images; stored as centre squares, the short side brought to `size` by Pillow's bilinear resampling."""

    path: str
    revision: str
    classes: tuple[str, ...]
    image: str = "image"
    label: str = "label"
    train: str = "train"
    test: str = "test"
    size: int = 64

    @classmethod
    def looked_up(cls, path: str, revision: str, label: str = "", size: int = 256) -> Self:
        """With the columns of images and classes that the hub states, all of its training rows. Raises DataError."""
        try:
            from datasets import ClassLabel, Image, load_dataset

            features = load_dataset(path, revision=revision, split="train").features
        except Exception as error:  # the library's, the hub client's and those of files
            reason = one_line(error) or type(error).__name__
            raise DataError(
                f"{path} at {revision[:7]} cannot be had from the Hugging Face hub ({reason}); check the network, the "
                "name and the commit"
            ) from error
        images = [name for name, feature in features.items() if isinstance(feature, Image)]
        kinds = [name for name, feature in features.items() if isinstance(feature, ClassLabel)]
        named = label if label in kinds else next(iter(kinds), "")
        if not images or not named:
            raise DataError(f"{path} has the columns {', '.join(features)}, of which none is an image and a class each")
        return cls(path, revision, tuple(features[named].names), images[0], named, size=size)

    def inputs(self, split: str) -> Mapped:
        """uint8 (n, 3, size, size), memory-mapped."""
        shape = (None, 3, self.size, self.size)
        return self._stored(split, "inputs", shape, lambda: decoded(self._images(split), self.size))

    def _images(self, split: str) -> Iterator[Path | tuple[str, bytes]]:
        table = self._table(split, [self.image])
        for i in shuffled(list(range(len(table)))):
            image = table[i][self.image]
            yield (f"{self.path}, image {i} of {split},", image["bytes"]) if image["bytes"] else Path(image["path"])
