"""CIFAR-10."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import decoded, labels_of, listed

Array = np.ndarray[Any, Any]
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
class CIFAR10(FromFiles):
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
    variants: ClassVar[tuple[str, ...]] = tuple(TREES)
    counts: ClassVar[dict[str, int]] = {"train": 50_000, "test": 10_000}
    shape: ClassVar[tuple[int, ...]] = (3, 32, 32)

    @property
    def files(self) -> tuple[Tree, ...]:
        return (TREES[self.variant],)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        if self.variant == "jpeg":
            return decoded(self._paths(split), 32)
        return (records[:, 1:].reshape(-1, 3, 32, 32) for records in self._records(split))

    def decode_labels(self, split: str) -> Iterable[Array]:
        if self.variant == "jpeg":
            return [labels_of(self._paths(split), self.classes)]
        return (records[:, 0] for records in self._records(split))

    def _records(self, split: str) -> Iterable[Array]:
        """One label and 3 × 32 × 32 pixels per row."""
        for name in BATCHES[split]:
            path = TREES["original"].obtain(self.folder) / "cifar-10-batches-bin" / name
            with reading(path, "batch of CIFAR-10"):
                records = np.fromfile(path, np.uint8).reshape(-1, 3073)
            yield records

    def _paths(self, split: str) -> list[Path]:
        return listed(TREES["jpeg"].obtain(self.folder) / split, self.classes)
