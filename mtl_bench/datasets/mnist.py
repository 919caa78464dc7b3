"""MNIST."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import idx

Array = np.ndarray[Any, Any]
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


@dataclass(frozen=True)
class MNIST(FromFiles):
    """Handwritten digits, grey 28 × 28 (LeCun, Bottou, Bengio and Haffner, 1998)."""

    folder: ClassVar[str] = "mnist"
    licence: ClassVar[str] = "CC BY-SA 3.0 as commonly stated; the official page states none"
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    counts: ClassVar[dict[str, int]] = {"train": 60_000, "test": 10_000}
    shape: ClassVar[tuple[int, ...]] = (1, 28, 28)
    files: ClassVar[tuple[File, ...]] = tuple(FILES.values())

    def decode_inputs(self, split: str) -> Iterable[Array]:
        return [idx(FILES[split, "images"].obtain(self.folder))[:, None]]

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [idx(FILES[split, "labels"].obtain(self.folder))]
