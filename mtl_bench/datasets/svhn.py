"""Street View House Numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File, announce, one_of
from mtl_bench.datasets.files.pixels import resized
from mtl_bench.datasets.files.placed import stored
from mtl_bench.datasets.files.transfer import Report

Array = np.ndarray[Any, Any]
COUNTS = {"train": 73_257, "test": 26_032}
BASE = "http://ufldl.stanford.edu/housenumbers/"
FILES = {
    "train": File(
        "train_32x32.mat",
        (BASE + "train_32x32.mat",),
        ("sha256:435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",),
        182_040_794,
        BASE,
    ),
    "test": File(
        "test_32x32.mat",
        (BASE + "test_32x32.mat",),
        ("sha256:cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",),
        64_275_384,
        BASE,
    ),
}


@dataclass(frozen=True)
class SVHN:
    """Cropped house numbers, colour 32 × 32 (Netzer et al., 2011), brought to `size` by Pillow's bilinear resampling.

    Without the 531,131 easier "extra" images, which some papers train on.
    """

    size: int = 28  # the stored side; 32 is as published

    name: ClassVar[str] = "svhn"
    folder: ClassVar[str] = "svhn"
    variant: ClassVar[str] = "original"
    licence: ClassVar[str] = "non-commercial use only"
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    files: ClassVar[tuple[File, ...]] = tuple(FILES.values())

    @classmethod
    def every(cls) -> tuple[SVHN, ...]:
        return (cls(),)

    def fetch(self, report: Report = announce) -> None:
        for file in self.files:
            file.obtain(self.folder, report)

    def inputs(self, split: str) -> Array:
        """uint8 (73257 or 26032, 3, size, size), memory-mapped."""
        one_of(split, self.splits, self.name, "split")
        shape = (COUNTS[split], 3, self.size, self.size)
        return stored(
            self,
            f"{split}-images-{self.size}",
            shape,
            lambda: resized(np.transpose(self._read(split, "X"), (3, 2, 0, 1)), self.size),
        )

    def labels(self, split: str) -> Array:
        """int64 (n,); the file says 10 for the digit 0."""
        one_of(split, self.splits, self.name, "split")
        return stored(
            self, f"{split}-labels", (COUNTS[split],), lambda: [self._read(split, "y").reshape(-1) % 10], np.int64
        )

    def _read(self, split: str, variable: str) -> Array:
        from scipy.io import loadmat

        return np.asarray(loadmat(FILES[split].obtain(self.folder), variable_names=[variable])[variable])
