"""USPS."""

from __future__ import annotations

import bz2
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File, announce, one_of
from mtl_bench.datasets.files.pixels import resized
from mtl_bench.datasets.files.placed import DataError, stored
from mtl_bench.datasets.files.transfer import Report

Array = np.ndarray[Any, Any]
COUNTS = {"train": 7_291, "test": 2_007}
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
class USPS:
    """Digits from envelopes, grey 16 × 16 (Hull, 1994), brought to `size` by Pillow's bilinear resampling.

    Variants are two packagings, "libsvm" (values in [-1, 1]) and "h5" (values in [0, 1]): the same digits by all
    accounts, but they have not been compared here.
    """

    variant: str = "libsvm"
    size: int = 28  # the stored side; 16 is as published

    folder: ClassVar[str] = "usps"
    licence: ClassVar[str] = "unstated; research use"
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    variants: ClassVar[tuple[str, ...]] = ("libsvm", "h5")

    def __post_init__(self) -> None:
        one_of(self.variant, self.variants, "usps", "variant")

    @classmethod
    def every(cls) -> tuple[USPS, ...]:
        return tuple(cls(variant) for variant in cls.variants)

    @property
    def name(self) -> str:
        return "usps" if self.variant == "libsvm" else f"usps-{self.variant}"

    @property
    def files(self) -> tuple[File, ...]:
        return (H5,) if self.variant == "h5" else tuple(LIBSVM.values())

    def fetch(self, report: Report = announce) -> None:
        for file in self.files:
            file.obtain(self.folder, report)

    def inputs(self, split: str) -> Array:
        """uint8 (7291 or 2007, 1, size, size), memory-mapped; white ink on black."""
        one_of(split, self.splits, self.name, "split")
        shape = (COUNTS[split], 1, self.size, self.size)
        return stored(
            self, f"{self.variant}-{split}-images-{self.size}", shape, lambda: resized(self._pixels(split), self.size)
        )

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        one_of(split, self.splits, self.name, "split")
        return stored(self, f"{self.variant}-{split}-labels", (COUNTS[split],), lambda: [self._labels(split)], np.int64)

    def _pixels(self, split: str) -> Array:
        if self.variant == "h5":
            import h5py

            with h5py.File(H5.obtain(self.folder)) as file:
                ink = np.array(file[f"{split}/data"], np.float64)
        else:
            rows = [[entry.partition(b":")[2] for entry in row[1:]] for row in self._rows(split)]
            ink = (np.array(rows, np.float64) + 1) / 2
        if ink.shape[1:] != (256,) or ink.min() < 0 or ink.max() > 1:
            raise DataError(f"{self.name}: the values are not 256 shares of ink per digit")
        # Both packagings round to thousandths of [-1, 1]; half-grey ties must not hang on a float's last bit.
        return np.rint(np.rint(2000 * ink) * 255 / 2000).astype(np.uint8).reshape(-1, 1, 16, 16)

    def _labels(self, split: str) -> Array:
        if self.variant == "h5":
            import h5py

            with h5py.File(H5.obtain(self.folder)) as file:
                return np.array(file[f"{split}/target"])
        return np.array([int(row[0]) - 1 for row in self._rows(split)])  # libsvm counts from 1

    def _rows(self, split: str) -> list[list[bytes]]:
        with bz2.open(LIBSVM[split].obtain(self.folder)) as file:
            return [line.split() for line in file]
