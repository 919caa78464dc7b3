"""MNIST-M."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.blending import blend
from mtl_bench.datasets.bsds500 import BSDS500
from mtl_bench.datasets.files.acquire import File, announce, one_of
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import decoded
from mtl_bench.datasets.files.placed import stored
from mtl_bench.datasets.files.transfer import Report
from mtl_bench.datasets.mnist import MNIST

Array = np.ndarray[Any, Any]
COUNTS = {
    "generated": {"train": 60_000, "test": 10_000},
    "published": {"train": 59_001, "test": 9_001},
    "liyxi": {"train": 60_000, "test": 10_000},
}
SEED = 2016  # the year of the paper
DRAWN_AT_ONCE = 5_000
PAGE = "https://huggingface.co/datasets/Mike0307/MNIST-M"
TEST_TAR = File(
    "mnist_m_test.tar",
    hashes=("sha256:db14474d1f7b6917611aab21bf9fe2c42d9d15c8c260e4066d7663c9895cc010",),
    size=24_852_480,
)
TEST_TREE = Tree(
    "mnist_m_test",
    TEST_TAR,
    keep="mnist_m/*",
    count=9_002,
    sha256="c434bf80c34690317f79bb0f66fe67e79a82ad6509e90f1e4c362696f8ee5a71",
)
PUBLISHED = {
    "train": File(
        "mnist_m_train.parquet",
        (f"{PAGE}/resolve/main/data/train-00000-of-00001-571b6b1e2c195186.parquet",),
        page=PAGE,
    ),
    "test": File(
        "mnist_m_test.parquet",
        (f"{PAGE}/resolve/main/data/test-00000-of-00001-ba3ad971b105ff65.parquet",),
        page=PAGE,
        instead=(TEST_TAR,),
    ),
}
TEST_PIXELS = "87eed2d6b54ca5058b4ff4d3f0702b92cb31d9fec59b46cf56f15c0b001b5f5e"  # whatever the packaging
RELEASE = "https://github.com/liyxi/mnist-m/releases/download/data"
LIYXI = {
    split: Tree(
        f"liyxi_{split}",
        File(f"mnist_m_{split}.pt.tar.gz", (f"{RELEASE}/mnist_m_{split}.pt.tar.gz",), (f"md5:{md5}",)),
        keep="*.pt",
        count=1,
    )
    for split, md5 in (
        ("train", "191ed53db9933bd85cc9700558847391"),
        ("test", "e11cb4d7fff76d7ec588b1134907db59"),
    )
}


@dataclass(frozen=True)
class MNISTM:
    """MNIST's digits blended into photographs, colour 28 × 28 (Ganin et al., JMLR 2016, section 5.2.4).

    Variants, which differ in content:
    * "generated": each of the 60,000 and 10,000 digits in a patch of a BSDS500 training photograph, by a fixed seed.
    * "published": the authors' 59,001 and 9,001 images; their 32 × 32 are cut to the 28 × 28 that hold the MNIST frame.
    * "liyxi": 60,000 and 10,000 images that much PyTorch code downloads; their source says that others re-created them.

    The recipe, as the published test images show: |patch - digit| per channel, the digit being 255 wherever MNIST's is
    not 0. Training and test draw from the same photographs, as the public re-creations do.
    """

    variant: str = "generated"

    folder: ClassVar[str] = "mnist_m"
    licence: ClassVar[str] = "unstated; made from MNIST and BSDS500, whose terms hold"
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    variants: ClassVar[tuple[str, ...]] = tuple(COUNTS)

    def __post_init__(self) -> None:
        one_of(self.variant, self.variants, "mnist-m", "variant")

    @classmethod
    def every(cls) -> tuple[MNISTM, ...]:
        return tuple(cls(variant) for variant in cls.variants)

    @property
    def name(self) -> str:
        return f"mnist-m-{self.variant}"

    @property
    def files(self) -> tuple[File | Tree, ...]:
        of: dict[str, tuple[File | Tree, ...]]
        of = {"generated": (), "published": tuple(PUBLISHED.values()), "liyxi": tuple(LIYXI.values())}
        return of[self.variant]

    @property
    def needs(self) -> tuple[MNIST | BSDS500, ...]:
        """The data sets that it is made from."""
        return (MNIST(), BSDS500()) if self.variant == "generated" else ()

    def fetch(self, report: Report = announce) -> None:
        for data_set in self.needs:
            data_set.fetch(report)
        for file in self.files:
            file.obtain(self.folder, report)

    def inputs(self, split: str) -> Array:
        """uint8 (n, 3, 28, 28), memory-mapped."""
        one_of(split, self.splits, self.name, "split")
        shape = (COUNTS[self.variant][split], 3, 28, 28)
        make = {"generated": self._blended, "published": self._published, "liyxi": self._tensors}[self.variant]
        pixels = TEST_PIXELS if (self.variant, split) == ("published", "test") else None
        return stored(self, f"{self.variant}-{split}-images", shape, lambda: make(split), sha256=pixels)

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        one_of(split, self.splits, self.name, "split")
        if self.variant == "generated":
            return MNIST().labels(split)
        name, count = f"{self.variant}-{split}-labels", COUNTS[self.variant][split]
        return stored(self, name, (count,), lambda: [self._labels(split)], np.int64)

    def _blended(self, split: str) -> Iterator[Array]:
        digits, photographs = MNIST().inputs(split), BSDS500().photographs()
        for start in range(0, len(digits), DRAWN_AT_ONCE):
            seed = SEED + start + (60_000 if split == "test" else 0)
            yield blend(digits[start : start + DRAWN_AT_ONCE], photographs, seed)

    def _published(self, split: str) -> Iterator[Array]:
        path = PUBLISHED[split].obtain(self.folder)
        if path.suffix == ".tar":
            encoded: Any = sorted(TEST_TREE.obtain(self.folder).glob("mnist_m/mnist_m_test/*.png"))
        else:
            encoded = (image["bytes"] for image in _column(path, "image"))
        return (block[:, :, 2:30, 2:30] for block in decoded(encoded, 32))

    def _tensors(self, split: str) -> Iterator[Array]:
        return iter([np.moveaxis(self._loaded(split)[0], -1, 1)])

    def _labels(self, split: str) -> Array:
        if self.variant == "liyxi":
            return self._loaded(split)[1]
        path = PUBLISHED[split].obtain(self.folder)
        if path.suffix == ".tar":
            listing = TEST_TREE.obtain(self.folder) / "mnist_m" / "mnist_m_test_labels.txt"
            return np.array([int(line.split()[1]) for line in listing.read_text(encoding="utf-8").splitlines()])
        return np.array(_column(path, "label"))

    def _loaded(self, split: str) -> tuple[Array, Array]:
        """Images (n, 28, 28, 3) and labels (n,)."""
        import torch

        path = LIYXI[split].obtain(self.folder) / f"mnist_m_{split}.pt"
        images, labels = torch.load(path, weights_only=True)
        return images.numpy(), labels.numpy()


def _column(path: Any, name: str) -> list[Any]:
    from pyarrow import parquet

    return parquet.read_table(path, columns=[name])[name].to_pylist()  # type: ignore[no-any-return]
