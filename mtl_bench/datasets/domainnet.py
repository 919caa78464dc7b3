"""DomainNet."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from mtl_bench.datasets.domainnet_lists import (
    CLASSES,
    CLASSES_40,
    CLASSES_126,
    COUNTS,
    DOMAINS,
    DOMAINS_126,
    LISTS,
    ORIGINAL,
    ZIPS,
)
from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.encoded import stored_encoded
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.members import Members
from mtl_bench.datasets.files.pixels import decoded, shuffled
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.files.transfer import RETRIES, Report, RetryPolicy
from mtl_bench.inputs.rows import IN_MEMORY, Mapped

Array = np.ndarray[Any, Any]
Row = tuple[str, int]  # the path in the archive, and the official number of the class
MOST = {"train": 70, "test": 30}  # images of a class in the variant of 40 classes: the lists' shares of 100


@dataclass(frozen=True)
class Listed(Members):
    """The images of a domain that the variant of 40 classes has."""

    def wanted(self, report: Report = announce, retries: RetryPolicy = RETRIES) -> Sequence[str]:
        data = DomainNet(self.archive.name.removesuffix(".zip"), "40-classes")
        for split in data.splits:
            data.official_list(split).obtain(data.folder, report, retries)
        return [path for split in data.splits for path, _ in data.rows(split)]


SOME = {
    domain: Listed(f"{domain}-40-classes", ZIPS[domain], "*", 40 * sum(MOST.values()), about=about)
    for domain, about in (
        ("clipart", 95_000_000),
        ("infograph", 265_000_000),
        ("painting", 180_000_000),
        ("quickdraw", 10_000_000),
        ("real", 130_000_000),
        ("sketch", 136_000_000),
    )
}


@dataclass(frozen=True)
class DomainNet(FromFiles):
    """345 kinds of things in six styles (Peng, Bai, Xia, Huang, Saenko and Wang, ICCV 2019), one domain of it.

    Train and test are the official lists. Variants: "cleaned", 586,575 images without the duplicates that the first
    release had; "original", the first release, 596,010; "126-classes" (Saito et al., ICCV 2019) of four of the
    domains, cleaned; "40-classes" (Tan et al., 2020), the first 70 and 30 images of a class in the cleaned lists, for
    which 0.8 GB are fetched out of the archives. Painting has no t-shirt to train on and no syringe to test on.
    Pixels of more than 2 GB a split are kept as the published files and decoded when they are read.
    """

    domain: str = "clipart"
    variant: str = "cleaned"
    size: int = 224  # of the squares: the short side, by Pillow's bilinear resampling

    folder: ClassVar[str] = "domainnet"
    licence: ClassVar[str] = "fair use for research and education, as the official page says; cite the paper"
    variants: ClassVar[tuple[str, ...]] = ("cleaned", "original", "126-classes", "40-classes")
    domains: ClassVar[tuple[str, ...]] = DOMAINS

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.variant == "126-classes" and self.domain not in DOMAINS_126:
            raise ValueError(f"domainnet of 126 classes has no {self.domain}; it has {', '.join(DOMAINS_126)}")

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return tuple(
            cls(domain, variant)
            for variant in cls.variants
            for domain in (DOMAINS_126 if variant == "126-classes" else DOMAINS)
        )

    @property
    def classes(self) -> tuple[str, ...]:
        return {"126-classes": CLASSES_126, "40-classes": CLASSES_40}.get(self.variant, CLASSES)

    @property
    def counts(self) -> dict[str, int]:
        if self.variant == "cleaned":
            return {split: COUNTS[self.domain, split] for split in self.splits}
        counts = {split: len(self.rows(split)) for split in self.splits}
        if self.variant == "original" and sum(counts.values()) != ORIGINAL[self.domain]:
            raise DataError(
                f"the original lists of {self.domain} have {sum(counts.values()):,} images where "
                f"{ORIGINAL[self.domain]:,} were expected; remove them and fetch them again"
            )
        return counts

    @property
    def files(self) -> tuple[File | Tree, ...]:
        images = SOME[self.domain] if self.variant == "40-classes" else ZIPS[self.domain]
        return (*(self.official_list(split) for split in self.splits), images)

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.size, self.size)

    @property
    def rows_take(self) -> int:
        """Bytes of its arrays in the data folder, about: pixels, or the published files once more."""
        if self.variant == "40-classes":
            return len(CLASSES_40) * sum(MOST.values()) * 3 * self.size**2
        splits = [COUNTS[self.domain, split] * 3 * self.size**2 for split in self.splits]
        files = ZIPS[self.domain].about
        return sum(pixels if pixels <= IN_MEMORY else files * pixels // sum(splits) for pixels in splits)

    def official_list(self, split: str) -> File:
        """The official list of a split."""
        return LISTS["original" if self.variant == "original" else "cleaned", self.domain, split]

    def rows(self, split: str) -> list[Row]:
        """The images of a split in the official lists' order; raises DataError for a list that is not whole."""
        number = {CLASSES.index(name): i for i, name in enumerate(self.classes)}
        rows = [(path, number[label]) for path, label in self._official(split) if label in number]
        if self.variant != "40-classes":
            return rows
        seen: Counter[int] = Counter()
        some = []
        for path, label in rows:
            seen[label] += 1
            if seen[label] <= MOST[split]:
                some.append((path, label))
        return some

    def inputs(self, split: str) -> Mapped:
        """uint8 (n, 3, size, size): an array in a file, or images in a file that are decoded when they are read."""
        if split not in self.splits or self.counts[split] * 3 * self.size**2 <= IN_MEMORY:
            return super().inputs(split)
        name = f"DomainNet-{self.domain}-{self.variant}-{split}-encoded.v{self.version}"
        archive = ZIPS[self.domain].obtain(self.folder)
        room = archive.stat().st_size * self.counts[split] // sum(self.counts.values())
        return stored_encoded(
            self.folder, name, self.counts[split], lambda: self._published(archive, split), self.size, room
        )

    def decode_inputs(self, split: str) -> Iterable[Array]:
        if self.variant != "40-classes":
            return decoded(self._published(ZIPS[self.domain].obtain(self.folder), split), self.size)
        tree = SOME[self.domain].obtain(self.folder)
        return decoded([tree / path for path, _ in self._mixed(split)], self.size)

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [np.array([label for _, label in self._mixed(split)], np.int64)]

    def _mixed(self, split: str) -> list[Row]:
        return shuffled(self.rows(split))

    def _published(self, archive: Path, split: str) -> Iterator[tuple[str, bytes]]:
        with reading(archive, "zip archive of DomainNet"), zipfile.ZipFile(archive) as zipped:
            for path, _ in self._mixed(split):
                yield path, zipped.read(path)

    def _official(self, split: str) -> list[Row]:
        path = self.official_list(split).obtain(self.folder)
        line = re.compile(rf"{self.domain}/([^/\\]+)/([^/\\]+) (\d+)")
        with reading(path, "list of DomainNet"):
            found = []
            for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                parts = line.fullmatch(text)
                if not parts or int(parts[3]) >= len(CLASSES) or CLASSES[int(parts[3])] != parts[1]:
                    raise ValueError(f"line {number} names no image of {self.domain} with the number of its class")
                found.append((text.rpartition(" ")[0], int(parts[3])))
            if len({name for name, _ in found}) < len(found):
                raise ValueError("it names an image twice")
            expected = COUNTS[self.domain, split] if self.variant != "original" else None
            if expected is not None and len(found) != expected:
                raise ValueError(f"it has {len(found):,} images where {expected:,} were expected")
            return found
