"""What a data set that comes as files declares: a card, its files, and how they are decoded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from itertools import product
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from mtl_bench.datasets.files.acquire import File, announce, one_of
from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.files.transfer import Report
from mtl_bench.inputs.rows import Mapped

Array = np.ndarray[Any, Any]


class Fetched(Protocol):
    """What has files, with or without labels."""

    @property
    def folder(self) -> str: ...
    @property
    def files(self) -> tuple[File | Tree, ...]: ...
    def fetch(self, report: Report = ...) -> None: ...


class FromFiles:
    """A data set that comes as files; a subclass is a frozen dataclass whose fields are its key.

    It declares the card below, `counts`, `files`, `shape` and the two decoders. Fields called `domain` and `variant`
    may have the values in `domains` and `variants` only. `version` is raised when equal files are decoded otherwise.
    """

    folder: ClassVar[str]  # in the data folder and in mirrors
    licence: ClassVar[str]
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    domains: ClassVar[tuple[str, ...]] = ()
    variants: ClassVar[tuple[str, ...]] = ("original",)  # contents that differ; the default is the first
    dtype: ClassVar[type] = np.uint8
    version: ClassVar[int] = 1

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names, in the order of the labels."""
        raise NotImplementedError

    @property
    def counts(self) -> Mapping[str, int]:
        """The items of each split that is decoded; of "all" alone, "train" and "test" are 80 % and 20 %."""
        raise NotImplementedError

    @property
    def files(self) -> tuple[File | Tree, ...]:
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one item: (channels, height, width) or (features,)."""
        raise NotImplementedError

    def decode_inputs(self, split: str) -> Iterable[Array]:
        """The items of a split in `counts`, block by block, in an order in which no prefix is of one class."""
        raise NotImplementedError

    def decode_labels(self, split: str) -> Iterable[Array]:
        """int (k,) block by block, in the same order, counted from 0."""
        raise NotImplementedError

    @property
    def pixels(self) -> Mapping[str, str]:
        """The sha256 of the decoded bytes of a split, where it is known whatever the packaging."""
        return {}

    @property
    def made_from(self) -> tuple[Fetched, ...]:
        """The data sets that it is made from."""
        return ()

    @property
    def variant(self) -> str:
        return self.variants[0]

    @property
    def name(self) -> str:
        domain = getattr(self, "domain", "")
        words = self.folder.replace("_", "-"), domain, "" if self.variant == self.variants[0] else self.variant
        return "-".join(word for word in words if word)

    def __post_init__(self) -> None:
        one_of(self.variant, self.variants, self.folder, "variant")
        if self.domains:
            one_of(self.domain, self.domains, self.folder, "domain")  # type: ignore[attr-defined]

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """Every variant of every domain, the default first."""
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        options = [(n, v) for n, v in (("variant", cls.variants), ("domain", cls.domains)) if n in names]
        chosen = product(*(values for _, values in options))
        return tuple(cls(**dict(zip((n for n, _ in options), values, strict=True))) for values in chosen)

    def fetch(self, report: Report = announce) -> None:
        """Have its files, and those of what it is made from, in the data folder; raises DataError."""
        for data_set in self.made_from:
            data_set.fetch(report)
        for file in self.files:
            file.obtain(self.folder, report)

    def inputs(self, split: str) -> Mapped:
        """(n, *shape), memory-mapped; decoded at the first call. Raises ValueError for another split, and DataError."""
        part = self._decoded(split)
        shape = (self.counts[part], *self.shape)
        made = stored(
            *self._place(part, "inputs"), shape, lambda: self.decode_inputs(part), self.dtype, self.pixels.get(part)
        )
        return made if split == part else fraction(made, split)

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        part = self._decoded(split)
        made = stored(*self._place(part, "labels"), (self.counts[part],), lambda: self._numbered(part), np.int64)
        return np.array(made if split == part else fraction(made, split))

    def _decoded(self, split: str) -> str:
        return split if one_of(split, self.splits, self.name, "split") in self.counts else "all"

    def _place(self, part: str, what: str) -> tuple[str, str]:
        key = (str(getattr(self, field.name)) for field in fields(self))  # type: ignore[arg-type]
        return self.folder, "-".join((type(self).__name__, *key, part, f"{what}.v{self.version}"))

    def _numbered(self, part: str) -> Iterable[Array]:
        for block in self.decode_labels(part):
            labels = np.asarray(block)
            if labels.dtype.kind not in "iu" or not np.isin(labels, range(len(self.classes))).all():
                raise DataError(
                    f"{self.name}: the labels of {part} are not numbers of its {len(self.classes)} classes; remove its "
                    f"files from the data folder and run `mtl-bench data fetch {self.folder}`"
                )
            yield labels


def fraction(rows: Mapped, split: str) -> Mapped:
    """ "train": the first 80 % of items in random order; "test": the others. Labels are not looked at."""
    first, last = bounds(len(rows), split)
    return Mapped(rows.array[first:last], f"{rows.checksum} [{first}:{last}]")


def bounds(count: int, split: str) -> tuple[int, int]:
    """The first row of a split in `fraction`, and the one behind its last."""
    cut = round(0.8 * count)
    return (0, cut) if split == "train" else (cut, count)
