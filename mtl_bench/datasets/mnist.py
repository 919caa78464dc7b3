"""MNIST."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File, announce, one_of
from mtl_bench.datasets.files.placed import DataError, stored
from mtl_bench.datasets.files.transfer import Report

Array = np.ndarray[Any, Any]
COUNTS = {"train": 60_000, "test": 10_000}
BASES = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)


def _file(name: str, size: int, *sha256: str) -> File:
    return File(name, tuple(base + name for base in BASES), tuple(f"sha256:{s}" for s in sha256), size)


FILES = {
    ("train", "images"): _file(
        "train-images-idx3-ubyte.gz",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "129d61908aa56b5d4832bd9e26f8c7266c474cb183f05886ca383d5470865d17",  # the same bytes, compressed again
    ),
    ("train", "labels"): _file(
        "train-labels-idx1-ubyte.gz",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    ("test", "images"): _file(
        "t10k-images-idx3-ubyte.gz",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    ("test", "labels"): _file(
        "t10k-labels-idx1-ubyte.gz",
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
}


def read_idx(path: Path) -> Array:
    """The uint8 array of a gzipped IDX file: two zero bytes, type 8, the number of axes, their lengths, the values."""
    with gzip.open(path) as file:
        content = file.read()
    axes = content[3]
    shape = tuple(np.frombuffer(content, ">u4", axes, 4).tolist())
    if content[:3] != b"\0\0\x08" or len(content) != 4 + 4 * axes + np.prod(shape):
        raise DataError(f"{path} is not an IDX file of bytes; remove it")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


@dataclass(frozen=True)
class MNIST:
    """Handwritten digits, grey 28 × 28 (LeCun, Bottou, Bengio and Haffner, 1998)."""

    name: ClassVar[str] = "mnist"
    folder: ClassVar[str] = "mnist"
    variant: ClassVar[str] = "original"
    licence: ClassVar[str] = "CC BY-SA 3.0 as commonly stated; the official page states none"
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    files: ClassVar[tuple[File, ...]] = tuple(FILES.values())

    @classmethod
    def every(cls) -> tuple[MNIST, ...]:
        return (cls(),)

    def fetch(self, report: Report = announce) -> None:
        for file in self.files:
            file.obtain(self.folder, report)

    def inputs(self, split: str) -> Array:
        """uint8 (60000 or 10000, 1, 28, 28), memory-mapped."""
        file = FILES[one_of(split, self.splits, self.name, "split"), "images"]
        shape = (COUNTS[split], 1, 28, 28)
        return stored(self, f"{split}-images", shape, lambda: [read_idx(file.obtain(self.folder))[:, None]])

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        file = FILES[one_of(split, self.splits, self.name, "split"), "labels"]
        return stored(self, f"{split}-labels", (COUNTS[split],), lambda: [read_idx(file.obtain(self.folder))], np.int64)
