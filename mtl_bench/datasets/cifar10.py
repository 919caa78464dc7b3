"""CIFAR-10."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.extract import Tree

Array = np.ndarray[Any, Any]
BATCHES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}
PAGE = "https://www.cs.toronto.edu/~kriz/cifar.html"
TREE = Tree(
    "binary",
    File(  # the usual "python version" is a pickle
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
)


@dataclass(frozen=True)
class CIFAR10(FromFiles):
    """Small photographs of ten kinds of things, colour 32 × 32 (Krizhevsky, 2009)."""

    folder: ClassVar[str] = "cifar10"
    licence: ClassVar[str] = "unstated; research use, cite the report"
    classes: ClassVar[tuple[str, ...]] = (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    )
    counts: ClassVar[dict[str, int]] = {"train": 50_000, "test": 10_000}
    shape: ClassVar[tuple[int, ...]] = (3, 32, 32)

    @property
    def files(self) -> tuple[Tree, ...]:
        return (TREE,)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        return (records[:, 1:].reshape(-1, 3, 32, 32) for records in self._records(split))

    def decode_labels(self, split: str) -> Iterable[Array]:
        return (records[:, 0] for records in self._records(split))

    def _records(self, split: str) -> Iterable[Array]:
        """One label and 3 × 32 × 32 pixels per row."""
        for name in BATCHES[split]:
            path = TREE.obtain(self.folder) / "cifar-10-batches-bin" / name
            with reading(path, "batch of CIFAR-10"):
                records = np.fromfile(path, np.uint8).reshape(-1, 3073)
            yield records
