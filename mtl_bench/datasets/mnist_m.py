"""MNIST-M."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.blending import blend
from mtl_bench.datasets.bsds500 import BSDS500
from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import column, encoded, reading, tensors
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import decoded, images_in
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
class MNISTM(FromFiles):
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
    variants: ClassVar[tuple[str, ...]] = tuple(COUNTS)
    shape: ClassVar[tuple[int, ...]] = (3, 28, 28)

    @property
    def name(self) -> str:
        return f"mnist-m-{self.variant}"

    @property
    def counts(self) -> dict[str, int]:
        return COUNTS[self.variant]

    @property
    def files(self) -> tuple[File | Tree, ...]:
        of: dict[str, tuple[File | Tree, ...]]
        of = {"generated": (), "published": tuple(PUBLISHED.values()), "liyxi": tuple(LIYXI.values())}
        return of[self.variant]

    @property
    def made_from(self) -> tuple[MNIST | BSDS500, ...]:
        return (MNIST(), BSDS500()) if self.variant == "generated" else ()

    @property
    def pixels(self) -> dict[str, str]:
        return {"test": TEST_PIXELS} if self.variant == "published" else {}

    def decode_inputs(self, split: str) -> Iterable[Array]:
        if self.variant == "generated":
            return self._blended(split)
        if self.variant == "liyxi":
            return [np.moveaxis(self._tensors(split)[0], -1, 1)]
        return (block[:, :, 2:30, 2:30] for block in decoded(self._published(split), 32))

    def decode_labels(self, split: str) -> Iterable[Array]:
        if self.variant == "generated":
            return [MNIST().labels(split)]
        if self.variant == "liyxi":
            return [self._tensors(split)[1]]
        path = PUBLISHED[split].obtain(self.folder)
        if path.suffix != ".tar":
            return [np.array(column(path, "label"))]
        listing = TEST_TREE.obtain(self.folder) / "mnist_m" / "mnist_m_test_labels.txt"
        with reading(listing, "list of labels"):
            return [np.array([int(line.split()[1]) for line in listing.read_text(encoding="utf-8").splitlines()])]

    def _blended(self, split: str) -> Iterable[Array]:
        digits, photographs = MNIST().inputs(split), BSDS500().photographs()
        for start in range(0, len(digits), DRAWN_AT_ONCE):
            seed = SEED + start + (60_000 if split == "test" else 0)
            yield blend(digits[start : start + DRAWN_AT_ONCE], photographs, seed)

    def _published(self, split: str) -> list[Any]:
        path = PUBLISHED[split].obtain(self.folder)
        if path.suffix == ".tar":
            return images_in(TEST_TREE.obtain(self.folder) / "mnist_m" / "mnist_m_test")
        return encoded(path, "image")

    def _tensors(self, split: str) -> tuple[Array, ...]:
        """Images (n, 28, 28, 3) and labels (n,)."""
        return tensors(LIYXI[split].obtain(self.folder) / f"mnist_m_{split}.pt")
