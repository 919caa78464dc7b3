"""CheXpert: chest X-rays, placed by hand, one finding at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from mtl_bench.datasets.files.acquire import File, announce, one_of
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import shuffled
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.files.transfer import RETRIES, Report, RetryPolicy
from mtl_bench.datasets.imagenet import warped

Array = np.ndarray[Any, Any]
PAGE = "https://stanfordmlgroup.github.io/competitions/chexpert/"
TOP = "CheXpert-v1.0-small"
LISTS = {"train": "train.csv", "test": "valid.csv"}
FRONTAL = {"train": 191_027, "test": 202}  # images of these lists
FINDINGS = ("Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Pleural Effusion")  # the competition's


@dataclass(frozen=True)
class Registered(Tree):
    """The published folder, put there by hand or unpacked from its archive, which only registered users get."""

    def obtain(self, folder: str, report: Report = announce, retries: RetryPolicy = RETRIES) -> Path:
        """The checked folder; raises DataError where neither it nor its archive is there."""
        try:
            return super().obtain(folder, report, retries)
        except DataError as reason:
            path, archive = self.place(folder), self.archive.place(folder)
            if path.exists() or archive.exists():
                raise
            raise DataError(
                f"chexpert is placed by hand and {path / TOP} is missing: register at {PAGE} and put {archive.name} "
                f"into {archive.parent}, or unpack it into {path}; it takes 11 GB, and up to 10 GB more as pixels "
                "(MTL_BENCH_DATA names another data folder)"
            ) from reason

    def check(self, path: Path, subject: str) -> None:
        """Raises DataError when a list or an image is missing, or there are more images."""
        if absent := [name for name in LISTS.values() if not (path / TOP / name).is_file()]:
            raise DataError(f"{subject} has no {TOP}/{absent[0]}; unpack {self.archive.name} again")
        if (count := sum(1 for _ in (path / TOP).glob("*/patient*/study*/*.jpg"))) != self.count:
            raise DataError(
                f"{subject} holds {count:,} X-rays ({TOP}/*/patient*/study*/*.jpg) where {self.count:,} were expected; "
                f"unpack {self.archive.name} again"
            )


TREE = Registered("original", File(f"{TOP}.zip", page=PAGE), f"{TOP}/*", 223_414 + 234)


@lru_cache(maxsize=4)  # counts, inputs and labels ask for it, and it takes a second
def labelled(listing: Path, finding: str, frontal: int) -> tuple[list[str], Array]:
    """The frontal images that are labelled for a finding, and int64 (n,) whether it is there, in the list's order.

    Raises DataError for a list that is damaged or has not so many frontal images.
    """
    with reading(listing, "list of X-rays and findings"), listing.open(encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["Frontal/Lateral"] == "Frontal"]
        if len(rows) != frontal:
            raise ValueError(f"it has {len(rows):,} frontal images where {frontal:,} were expected")
        labels = {row["Path"]: float(row[finding] or -1) for row in rows}
        known = {path: label for path, label in labels.items() if label in (0, 1)}
        return list(known), np.array(list(known.values())).astype(np.int64)


@dataclass(frozen=True)
class CheXpert(FromFiles):
    """Frontal chest X-rays with or without one finding, grey (Irvin et al., AAAI 2019; "small", version 1.0).

    `finding` is one of the competition's five. Training labels were read out of reports by a program: images for which
    it was uncertain or found no mention are left out. The test split is the published valid.csv, labelled by three
    radiologists; its patients are others. Stored warped to `size` × `size`, so that nothing is cut off. Placed by hand
    after registration: either CheXpert-v1.0-small.zip, or what is in it.
    """

    finding: str = "Pleural Effusion"
    size: int = 224  # the stored side, by Pillow's bilinear resampling

    folder: ClassVar[str] = "chexpert"
    licence: ClassVar[str] = "Stanford's research use agreement: non-commercial research, after registration"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.finding, FINDINGS, self.folder, "finding")

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """Every finding, the default first."""
        default = cls()
        return default, *(cls(finding) for finding in FINDINGS if finding != default.finding)

    @property
    def name(self) -> str:
        return f"{self.folder}-{self.finding.lower().replace(' ', '-')}"

    @property
    def classes(self) -> tuple[str, ...]:
        return f"no {self.finding.lower()}", self.finding.lower()

    @property
    def counts(self) -> dict[str, int]:
        """Raises DataError where the lists are not there."""
        return {split: len(self._listed(split)[0]) for split in self.splits}

    @property
    def files(self) -> tuple[Tree, ...]:
        return (TREE,)

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, self.size, self.size)

    @property
    def rows_take(self) -> int:
        """Bytes of its arrays in the data folder, at most: it is not known before how many are labelled."""
        return sum(FRONTAL.values()) * self.size**2

    def decode_inputs(self, split: str) -> Iterable[Array]:
        """In a fixed random order."""
        tree = TREE.place(self.folder)
        paths = [tree / name for name in shuffled(self._listed(split)[0])]
        return (block[:, :1] for block in warped(paths, self.size))

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [np.array(shuffled(list(self._listed(split)[1])))]

    def _listed(self, split: str) -> tuple[list[str], Array]:
        return labelled(TREE.obtain(self.folder) / TOP / LISTS[split], self.finding, FRONTAL[split])
