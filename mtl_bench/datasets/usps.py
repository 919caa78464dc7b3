"""USPS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import hdf5, svmlight
from mtl_bench.datasets.files.pixels import resized
from mtl_bench.datasets.files.placed import DataError

Array = np.ndarray[Any, Any]
BASE = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/"
LIBSVM = {
    "train": File("usps.bz2", (BASE + "usps.bz2",), ("md5:ec16c51db3855ca6c91edd34d0e9b197",)),
    "test": File("usps.t.bz2", (BASE + "usps.t.bz2",), ("md5:8ea070ee2aca1ac39742fdd1ef5ed118",)),
}
H5 = File(
    "usps.h5",
    hashes=("sha256:734f88c541104a956d88be2c95d03b4a463ffd74ccc2ba9c80841fb98e3fcb36",),
    size=2_913_522,
    page="https://www.kaggle.com/datasets/bistaumanga/usps-dataset",
)


@dataclass(frozen=True)
class USPS(FromFiles):
    """Digits from envelopes, grey 16 × 16 (Hull, 1994), brought to `size` by Pillow's bilinear resampling.

    Variants are two packagings, "libsvm" (values in [-1, 1]) and "h5" (values in [0, 1]): the same digits by all
    accounts, but they have not been compared here.
    """

    variant: str = "libsvm"
    size: int = 28  # the stored side; 16 is as published

    folder: ClassVar[str] = "usps"
    licence: ClassVar[str] = "unstated; research use"
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    variants: ClassVar[tuple[str, ...]] = ("libsvm", "h5")
    counts: ClassVar[dict[str, int]] = {"train": 7_291, "test": 2_007}

    @property
    def files(self) -> tuple[File, ...]:
        return (H5,) if self.variant == "h5" else tuple(LIBSVM.values())

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, self.size, self.size)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        """White ink on black."""
        if self.variant == "h5":
            ink = hdf5(H5.obtain(self.folder), f"{split}/data").astype(np.float64)
        else:
            ink = (svmlight(LIBSVM[split].obtain(self.folder), 256)[0] + 1) / 2
        if ink.shape[1:] != (256,) or not (ink.min() >= 0 and ink.max() <= 1):
            raise DataError(f"{self.name}: the values are not 256 shares of ink per digit; remove {self.files[0].name}")
        # Both packagings round to thousandths of [-1, 1]; half-grey ties must not hang on a float's last bit.
        pixels = np.rint(np.rint(2000 * ink) * 255 / 2000).astype(np.uint8)
        return resized(pixels.reshape(-1, 1, 16, 16), self.size)

    def decode_labels(self, split: str) -> Iterable[Array]:
        if self.variant == "h5":
            return [hdf5(H5.obtain(self.folder), f"{split}/target")]
        return [svmlight(LIBSVM[split].obtain(self.folder), 256)[1] - 1]  # libsvm counts from 1
