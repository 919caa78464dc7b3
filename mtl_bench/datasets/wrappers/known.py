"""A target of which a file gives some labels: semi-supervised adaptation with labels of one's own."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from mtl_bench.datasets.correspondence import did_you_mean, listed
from mtl_bench.datasets.files.own_images import readable
from mtl_bench.datasets.files.placed import DataError, digest_of, one_line
from mtl_bench.datasets.folder import ImageFolder
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.datasets.wrappers.partly import HIDDEN
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.inputs.rows import Array

FILE, ROW, LABEL = "file", "row", "label"


@dataclass(frozen=True)
class Known(Part):
    """Another data set, some labels of whose training rows a CSV file gives.

    Its columns are `file` and `label` for a folder of images, with names below the folder, else `row` and `label`, with
    rows counted from 0. Where training and test rows are the same, the shown ones are no test: they are left out there.
    Made by `reading`.
    """

    of: DataSet
    sha256: str  # of the CSV file
    path: str = field(compare=False)  # where it lies now

    @classmethod
    def reading(cls, of: DataSet, path: str | Path) -> Self:
        """The labels as they are in the file now; raises DataError."""
        if not Path(path).is_file():
            raise DataError(
                f"{path} is {'a folder' if Path(path).is_dir() else 'not there'}; give a CSV file of labels"
            )
        made = cls(of, digest_of(Path(path)), str(path))
        split = "all" if getattr(of, "splits", ()) == ("all",) else "train"
        known = made.known(split)
        data, whole, rows = origin(of, split)
        if getattr(data, "labelled", False):
            labels = data.labels(whole) if rows is None else data.labels(whole)[rows]
            if len(differ := np.flatnonzero((known != HIDDEN) & (known != labels))):
                row = differ[0]
                raise DataError(
                    f"{path} differs from the labels of {data.name} itself ({len(differ):,}, such as row {row}: "
                    f"{data.classes[known[row]]} there and {data.classes[labels[row]]} here); mend one of the two"
                )
        return made

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """None is there without a file."""
        return ()

    @property
    def name(self) -> str:
        return f"{self.of.name}, some labels given"  # not the file's name, by which training would draw

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def known(self, split: str) -> Array:
        """int64 (n,): the labels that training may see, -1 where it may not. Raises DataError."""
        data, whole, rows = origin(self.of, split)
        labels = self._labels(data, whole)
        shown = labels if rows is None else labels[rows]
        return np.full_like(shown, HIDDEN) if split == "test" else shown

    def part(self, split: str) -> tuple[str, Array | None]:
        if split == "test" and isinstance(self.of, Transductive):
            hidden = np.flatnonzero(self.known("train") == HIDDEN)
            if not len(hidden):
                raise DataError(f"{self.path} gives the labels of all rows, which leaves none to test; give fewer")
            return split, hidden
        return split, None

    def _labels(self, data: DataSet, split: str) -> Array:
        """int64 of all rows of the data set that this is a part of."""
        file = Path(self.path)
        if not file.is_file():
            raise DataError(f"{file} is not there; put it back or run `mtl-bench compare` again with other labels")
        if digest_of(file) != self.sha256:
            raise DataError(f"{file} has other labels than when the study was written; run `mtl-bench compare` again")
        return _numbers(file, data, split)


def origin(data: DataSet, split: str) -> tuple[DataSet, str, Array | None]:
    """What a data set is a part of in the end, which split of it, and which of its rows, None for all.

    What stands for a data set, such as a trial of its features, names it `data`.
    """
    rows: Array | None = None
    while isinstance(data, Part) or hasattr(data, "data"):
        if isinstance(data, Part):
            split, chosen = data.part(split)
            if chosen is not None:
                rows = chosen if rows is None else chosen[rows]
        data = data.of if isinstance(data, Part) else data.data
    return data, split, rows


def _numbers(file: Path, data: DataSet, split: str) -> Array:
    """int64 (n,) of the rows of a split: the labels in the file, -1 where there is none. Raises DataError."""
    by_file = isinstance(data, ImageFolder)
    names = data.row_names() if isinstance(data, ImageFolder) else [str(row) for row in range(len(data.inputs(split)))]
    place = {name: row for row, name in enumerate(names)}
    number = {name: label for label, name in enumerate(data.classes)}
    shown, lines = np.full(len(names), HIDDEN, np.int64), dict[int, int]()
    for line, given, label in _lines(file, FILE if by_file else ROW):
        name = _below(given, place) if by_file else given
        if name not in place:
            raise DataError(f"{file}, line {line}: {_unknown(name, names, data.name, by_file)}")
        if label not in number:
            known = did_you_mean(label, number) or f"; it has {listed(data.classes)}"
            raise DataError(f"{file}, line {line}: {data.name} has no class {label!r}{known}")
        row = place[name]
        if shown[row] not in (HIDDEN, number[label]):
            raise DataError(
                f"{file}, line {line}: {name} is {label} here and {data.classes[shown[row]]} in line {lines[row]}; "
                "keep one of the two"
            )
        shown[row], lines[row] = number[label], line
    if not lines:
        raise DataError(f"{file} gives no label; write a line for each label, or leave the file out")
    return shown


def _below(given: str, names: Mapping[str, int]) -> str:
    """A file's name below the folder, from a system that writes \\ maybe."""
    name = readable(given).removeprefix("./")
    return name if name in names else name.replace("\\", "/").removeprefix("./")


def _unknown(name: str, names: list[str], owner: str, by_file: bool) -> str:
    if not by_file:
        return f"{owner} has no row {name!r}; its rows are 0 to {len(names) - 1}"
    near = next((one for one in names if one.endswith(f"/{name}") or name.endswith(f"/{one}")), "")
    return f"{name} is no image of {owner}" + (
        f'; did you mean "{near}"?' if near else f"; give names below the folder, such as {names[0]}"
    )


def _lines(file: Path, key: str) -> Iterator[tuple[int, str, str]]:
    """The number of a line, the row it is about and the label. Raises DataError."""
    try:
        with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            table = csv.DictReader(text)
            if lacking := {key, LABEL} - set(table.fieldnames or ()):
                raise DataError(
                    f"{file} has no column {' and no column '.join(sorted(lacking))}; its first line should be "
                    f"{key},{LABEL}"
                )
            for row in table:
                yield table.line_num, (row[key] or "").strip(), readable((row[LABEL] or "").strip())
    except (OSError, csv.Error) as error:
        raise DataError(f"{file} cannot be read ({one_line(error)}); save it anew as CSV") from error
