"""Images of another data set at another size, for networks that take colour images of one size."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np

from mtl_bench.datasets.files.pixels import resized
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet
from mtl_bench.inputs.rows import Array, Mapped, Rows, digest

COLOURS = 3


class ResizedRows:
    """uint8 (n, 3, size, size) of images (n, 1 or 3, H, W), resized when they are read; by slices and index arrays."""

    def __init__(self, of: Rows, size: int) -> None:
        self.of = of
        self.shape: tuple[int, int, int, int] = (len(of), COLOURS, size, size)
        self.dtype = np.dtype(np.uint8)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Array:
        images = self.of[index]
        rows = np.empty((len(images), *self.shape[1:]), np.uint8)

        def fill(i: int) -> None:
            (rows[i],) = next(resized([images[i]], self.shape[-1]))  # a grey one goes into each channel

        with ThreadPoolExecutor() as threads:  # Pillow resamples without the interpreter's lock
            list(threads.map(fill, range(len(images))))
        return rows

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype)


@dataclass(frozen=True)
class Resized:
    """Another data set's images at `size` × `size`, by Pillow's bilinear resampling, in three channels.

    Grey ones are repeated in each; those that are no squares are warped. An image is resized when its row is read.
    Labels stay.
    """

    of: DataSet
    size: int

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages(), 40), cls(SyntheticImages(), 14))

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"{self.of.name} can't have images of {self.size} pixels; give a size of 1 or more")

    @property
    def name(self) -> str:
        return f"{self.of.name}, {self.size} pixels"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def inputs(self, split: str) -> Mapped:
        """uint8 (n, 3, size, size). Raises ValueError where the other data set has no images, grey or of colour."""
        rows = self.of.inputs(split)
        if rows.dtype != np.uint8 or len(rows.shape) != 4 or rows.shape[1] not in (1, COLOURS):
            raise ValueError(
                f"{self.of.name} has rows of {rows.dtype} {tuple(rows.shape[1:])}, which can't be resized; "
                f"give images of 1 or {COLOURS} channels"
            )
        return Mapped(cast(Array, ResizedRows(rows, self.size)), f"{digest(rows)} resized to {self.size}")

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        return self.of.labels(split)
