"""Street View House Numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import matlab
from mtl_bench.datasets.files.pixels import resized

Array = np.ndarray[Any, Any]
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
class SVHN(FromFiles):
    """Cropped house numbers, colour 32 × 32 (Netzer et al., 2011), brought to `size` by Pillow's bilinear resampling.

    Without the 531,131 easier "extra" images, which some papers train on.
    """

    size: int = 28  # the stored side; 32 is as published

    folder: ClassVar[str] = "svhn"
    licence: ClassVar[str] = "non-commercial use only"
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    counts: ClassVar[dict[str, int]] = {"train": 73_257, "test": 26_032}
    files: ClassVar[tuple[File, ...]] = tuple(FILES.values())

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.size, self.size)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        return resized(np.moveaxis(matlab(FILES[split].obtain(self.folder), "X"), (3, 2), (0, 1)), self.size)

    def decode_labels(self, split: str) -> Iterable[Array]:
        """The file says 10 for the digit 0."""
        return [matlab(FILES[split].obtain(self.folder), "y").reshape(-1) % 10]
