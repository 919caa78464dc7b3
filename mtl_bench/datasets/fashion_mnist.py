"""Fashion-MNIST."""

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
    "/usr/share/datasets/fashion-mnist/",  # Debian's package dataset-fashion-mnist
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
)


def _file(name: str, size: int, published: str, debian: str) -> File:
    """Debian's archives have the published ones' compressed bytes under a header without name and time."""
    return File(name, tuple(base + name for base in BASES), (f"sha256:{published}", f"sha256:{debian}"), size)


FILES = {
    ("train", "images"): _file(
        "train-images-idx3-ubyte.gz",
        26_421_880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    ),
    ("train", "labels"): _file(
        "train-labels-idx1-ubyte.gz",
        29_515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    ),
    ("test", "images"): _file(
        "t10k-images-idx3-ubyte.gz",
        4_422_102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    ),
    ("test", "labels"): _file(
        "t10k-labels-idx1-ubyte.gz",
        5_148,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
    ),
}


@dataclass(frozen=True)
class FashionMNIST(FromFiles):
    """Photographs of clothes, grey 28 × 28 (Xiao, Rasul and Vollgraf, 2017)."""

    folder: ClassVar[str] = "fashion_mnist"
    licence: ClassVar[str] = "MIT"
    classes: ClassVar[tuple[str, ...]] = (
        *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    )
    counts: ClassVar[dict[str, int]] = {"train": 60_000, "test": 10_000}
    shape: ClassVar[tuple[int, ...]] = (1, 28, 28)
    files: ClassVar[tuple[File, ...]] = tuple(FILES.values())

    def decode_inputs(self, split: str) -> Iterable[Array]:
        return [idx(FILES[split, "images"].obtain(self.folder))[:, None]]

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [idx(FILES[split, "labels"].obtain(self.folder))]
