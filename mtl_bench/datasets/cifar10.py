"""CIFAR-10."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File, announce, one_of
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import decoded, labels_of, listed
from mtl_bench.datasets.files.placed import stored
from mtl_bench.datasets.files.transfer import Report

Array = np.ndarray[Any, Any]
COUNTS = {"train": 50_000, "test": 10_000}
BATCHES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}
PAGE = "https://www.cs.toronto.edu/~kriz/cifar.html"
TREES = {
    # The binary version: the usual "python version" is a pickle.
    "original": Tree(
        "binary",
        File(
            "cifar-10-binary.tar.gz",
            (
                "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                "https://cave.cs.toronto.edu/kriz/cifar-10-binary.tar.gz",
            ),
            ("sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",),
            170_052_171,
            PAGE,
        ),
        keep="cifar-10-batches-bin/*_batch*.bin",
        count=6,
    ),
    "jpeg": Tree(
        "jpeg",
        File(
            "cifar10_images.tar.gz",
            hashes=("sha256:0bfcb68717a0ecb0d51ed61034906a773d48d424d94b766a46d7d1c55702a4d9",),
            size=19_432_150,
        ),
        keep="*/*/*.jpg",
        count=60_000,
        sha256="f10d4c9e536a564f17fa5e8d68ba087d1235e60cd1f21700e11ff43f0647bbb0",
    ),
}


@dataclass(frozen=True)
class CIFAR10:
    """Small photographs of ten kinds of things, colour 32 × 32 (Krizhevsky, 2009).

    Variants: "original", and "jpeg", the same images after a lossy JPEG compression.
    """

    variant: str = "original"

    folder: ClassVar[str] = "cifar10"
    licence: ClassVar[str] = "unstated; research use, cite the report"
    classes: ClassVar[tuple[str, ...]] = (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    )
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    variants: ClassVar[tuple[str, ...]] = tuple(TREES)

    def __post_init__(self) -> None:
        one_of(self.variant, self.variants, "cifar10", "variant")

    @classmethod
    def every(cls) -> tuple[CIFAR10, ...]:
        return tuple(cls(variant) for variant in cls.variants)

    @property
    def name(self) -> str:
        return "cifar10" if self.variant == "original" else f"cifar10-{self.variant}"

    @property
    def files(self) -> tuple[Tree, ...]:
        return (TREES[self.variant],)

    def fetch(self, report: Report = announce) -> None:
        TREES[self.variant].obtain(self.folder, report)

    def inputs(self, split: str) -> Array:
        """uint8 (50000 or 10000, 3, 32, 32), memory-mapped."""
        one_of(split, self.splits, self.name, "split")
        return stored(self, f"{self.variant}-{split}-images", (COUNTS[split], 3, 32, 32), lambda: self._images(split))

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        one_of(split, self.splits, self.name, "split")
        return stored(self, f"{self.variant}-{split}-labels", (COUNTS[split],), lambda: self._labels(split), np.int64)

    def _images(self, split: str) -> Iterator[Array]:
        if self.variant == "jpeg":
            return decoded(self._paths(split), 32)
        return (records[:, 1:].reshape(-1, 3, 32, 32) for records in self._records(split))

    def _labels(self, split: str) -> Iterator[Array]:
        if self.variant == "jpeg":
            return iter([labels_of(self._paths(split), self.classes)])
        return (records[:, 0] for records in self._records(split))

    def _records(self, split: str) -> Iterator[Array]:
        """One label and 3 × 32 × 32 pixels per row."""
        batches = TREES["original"].obtain(self.folder) / "cifar-10-batches-bin"
        return (np.fromfile(batches / name, np.uint8).reshape(-1, 3073) for name in BATCHES[split])

    def _paths(self, split: str) -> list[Path]:
        return listed(TREES["jpeg"].obtain(self.folder) / split, self.classes)
