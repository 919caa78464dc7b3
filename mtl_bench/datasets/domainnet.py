"""DomainNet."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from mtl_bench.datasets import domainnet_parquet
from mtl_bench.datasets.domainnet_lists import (
    ABSENT,
    CLASSES,
    CLASSES_40,
    CLASSES_126,
    COUNTS,
    DOMAINS,
    DOMAINS_126,
    LISTS,
    ORIGINAL,
    ZIPS,
    Row,
    rows_of_list,
)
from mtl_bench.datasets.domainnet_parquet import DomainNetParquet, here
from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.encoded import stored_encoded
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.members import Members, Way
from mtl_bench.datasets.files.pixels import decoded, shuffled
from mtl_bench.datasets.files.placed import DataError, need_room
from mtl_bench.datasets.files.transfer import RETRIES, RefusedError, Report, RetryPolicy
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import IN_MEMORY, Mapped, chunks

Array = np.ndarray[Any, Any]
GROUPS = 7  # times as many bytes as are needed may be fetched of the hub's groups of rows: 5.8 GB of all domains
MOST = {"train": 70, "test": 30}  # images of a class in the variant of 40 classes: the lists' shares of 100


@dataclass(frozen=True)
class Listed(Members):
    """The images of a domain that the variant of 40 classes has."""

    @property
    def data(self) -> DomainNet:
        return DomainNet(self.archive.name.removesuffix(".zip"), "40-classes")

    def wanted(self, report: Report = announce, retries: RetryPolicy = RETRIES) -> Sequence[str]:
        for split in self.data.splits:
            self.data.official_list(split).obtain(self.data.folder, report, retries)
        return [path for split in self.data.splits for path, _ in self.data.rows(split)]

    def with_other_ways(self, ways: Sequence[tuple[str, Way]]) -> Sequence[tuple[str, Way]]:
        """The hub's files too: first where they are here, otherwise last, as more of them must be fetched."""
        hub = domainnet_parquet.PAGE, self._out_of_groups
        return [hub, *ways] if domainnet_parquet.here() else [*ways, hub]

    def _out_of_groups(
        self, names: Sequence[str], part: Path, label: str, report: Report, retries: RetryPolicy
    ) -> None:
        for split in self.data.splits:
            with domainnet_parquet.table(split, retries) as table:
                places = table.named(self.data.domain, self.data.official(split))
                some = {path: places[path] for path in names if path in places and not (part / path).exists()}
                size, done = table.size(some.values()), 0
                if size > GROUPS * self.about * MOST[split] / sum(MOST.values()):
                    raise RefusedError(f"has these images in groups of rows of {size:,} bytes, which are too many")
                need_room(part, self.about)
                for path, image in table.images(some):
                    (part / path).parent.mkdir(parents=True, exist_ok=True)
                    write_atomically(part / path, image)
                    report(f"{label}, {split}, out of {size:,} bytes of groups of rows", done, None)
                    done += len(image)


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
    Pixels of more than 2 GB a split are kept as the published files and decoded when they are read. Where the official
    host is out of reach, the 40 classes come out of the hub's files, of which up to 5.8 GB are read, and
    `mtl-bench data fetch domainnet:parquet` (18.5 GB) serves every cleaned variant.
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
    def absent(self) -> dict[str, tuple[str, ...]]:
        """The classes that a split has no image of."""
        return ABSENT.get(self.domain, {}) if self.variant == "cleaned" else {}

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
        lists = tuple(self.official_list(split) for split in self.splits)
        if self.variant == "40-classes":
            return (*lists, SOME[self.domain])
        return (*lists, *(DomainNetParquet().files if self._from_hub else (ZIPS[self.domain],)))

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
        rows = [(path, number[label]) for path, label in self._listed(split) if label in number]
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
        return self._encoded(split)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        if self.variant == "40-classes":
            tree = SOME[self.domain].obtain(self.folder)
            return decoded([tree / path for path, _ in self._mixed(split)], self.size)
        if self._from_hub:
            return chunks(self._encoded(split))
        return decoded(self._zipped([path for path, _ in self._mixed(split)]), self.size)

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [np.array([label for _, label in self._mixed(split)], np.int64)]

    def _mixed(self, split: str) -> list[Row]:
        return shuffled(self.rows(split))

    @property
    def _from_hub(self) -> bool:
        """Whether the hub's files are here, and the domain's archive is not."""
        return self.variant != "original" and not ZIPS[self.domain].place(self.folder).exists() and here()

    def _encoded(self, split: str) -> Mapped:
        name = f"DomainNet-{self.domain}-{self.variant}-{split}-encoded.v{self.version}"
        names, mixed = ([path for path, _ in rows] for rows in (self.rows(split), self._mixed(split)))
        room = ZIPS[self.domain].about * len(names) // sum(COUNTS[self.domain, one] for one in self.splits)
        read = partial(self._of_hub, split) if self._from_hub else self._zipped
        return stored_encoded(self.folder, name, mixed, lambda: read(names), self.size, room)

    def _zipped(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        archive = ZIPS[self.domain].obtain(self.folder)
        with reading(archive, "zip archive of DomainNet"), zipfile.ZipFile(archive) as zipped:
            for path in names:
                yield path, zipped.read(path)

    def _of_hub(self, split: str, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        try:
            with domainnet_parquet.table(split) as table:
                places = table.named(self.domain, self.official(split))
                yield from table.images({path: places[path] for path in names})
        except RefusedError as reason:
            raise DataError(f"domainnet: one of the parquet files {reason}; remove and fetch them again") from reason

    def official(self, split: str) -> list[tuple[str, str]]:
        """Path and class of every image of the official list."""
        return [(path, CLASSES[label]) for path, label in self._listed(split)]

    def _listed(self, split: str) -> list[Row]:
        expected = None if self.variant == "original" else COUNTS[self.domain, split]
        return rows_of_list(self.official_list(split).obtain(self.folder), self.domain, expected)
