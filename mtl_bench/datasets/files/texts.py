"""What a data set of texts that comes as files declares, and how lines of text are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, TypeVar

import numpy as np

from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.declaration import FromFiles, bounds
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.pixels import shuffled
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.inputs.rows import Array
from mtl_bench.inputs.texts import Texts, texts_of, written

T = TypeVar("T")
Item = tuple[str, ...]  # a class, then the text or the two texts of which it is the class


class FromTexts(FromFiles):
    """A data set of texts; a subclass declares the card of `FromFiles`, and `read` in place of a shape and decoders."""

    shape: ClassVar[tuple[int, ...]] = ()

    def read(self, part: str) -> Iterable[Item]:
        """The items of a split in `counts`, in the order of the files. Raises DataError."""
        raise NotImplementedError

    def inputs(self, split: str) -> Texts:  # type: ignore[override]  # no array: texts differ in length
        """The texts as rows, in a fixed random order. Raises ValueError for another split, and DataError."""
        part = self._decoded(split)
        texts = Texts.read(np.asarray(stored(*self._place(part, "texts"), (None,), lambda: self.decode_inputs(part))))
        return texts if split == part else texts.between(*bounds(len(texts), split))

    def texts(self, split: str) -> list[str]:
        """The texts; the two of a pair with `SEPARATOR` between them."""
        return texts_of(self.name, self.inputs(split))

    def decode_inputs(self, split: str) -> Iterator[Array]:
        items = self._items(split)
        return (written(texts) for _, *texts in items)

    def decode_labels(self, split: str) -> Iterable[Array]:
        number = {name: i for i, name in enumerate(self.classes)}
        return [np.array([number[name] for name, *_ in self._items(split)], np.int64)]

    def _items(self, split: str) -> list[Item]:
        items = list(self.read(split))
        if len(items) != self.counts[split]:
            raise DataError(
                f"{self.name}: its files hold {len(items):,} texts of {split} where {self.counts[split]:,} were "
                f"expected; remove them from the data folder and run `mtl-bench data fetch {self.folder}`"
            )
        return shuffled(items)


def parsed(path: Path, parse: Callable[[str], T], *encodings: str) -> list[T]:
    """What `parse` makes of each line, in UTF-8 or in the first of `encodings` that it can be in.

    Raises DataError, which names the line.
    """
    with reading(path, "list of texts"):
        found = []
        content = path.read_bytes()
        for number, line in enumerate(content.removesuffix(b"\n").split(b"\n"), 1):
            try:
                if b"\0" in line:
                    raise ValueError("it holds a zero byte, which no text has")
                found.append(parse(_decoded(line.removesuffix(b"\r"), encodings or ("utf-8",))))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
        return found


def _decoded(line: bytes, encodings: Sequence[str]) -> str:
    *some, last = encodings
    for encoding in some:
        with suppress(UnicodeDecodeError):
            return line.decode(encoding)
    return line.decode(last)


def table(path: Path, names: Sequence[str], make: Callable[..., Item | None]) -> Iterator[Item]:
    """What `make` makes of these columns of a table of tabs without quotes, under a line of names; None is left out.

    Raises DataError, which names the line.
    """
    places: list[int] = []

    def parse(line: str) -> Item | None:
        fields = line.removeprefix("\ufeff").split("\t")
        if not places:
            if absent := [name for name in names if name not in fields]:
                raise ValueError(f"it names no column {absent[0]!r}")
            places.extend(fields.index(name) for name in names)
            return None
        if len(fields) <= max(places):
            raise ValueError(f"it has {len(fields)} columns where {max(places) + 1} were expected")
        return make(*(fields[place] for place in places))

    return (item for item in parsed(path, parse) if item is not None)


def class_of(value: str, classes: Mapping[str, str]) -> str:
    """The class that a file calls `value`; raises ValueError."""
    if value not in classes:
        raise ValueError(f"{value[:40]!r} is none of the labels {', '.join(classes)}")
    return classes[value]
