"""Training rows that nearly repeat a test row are left out: photographs of one scene, or one photograph twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet, Part
from mtl_bench.inputs.rows import CHUNK, Array, Rows, chunks

BLOCK = 4  # pixels to a side whose mean is compared first


@dataclass(frozen=True)
class Apart(Part):
    """Another data set of pixels without the training rows whose correlation with a test row is above `correlation`.

    Correlations are of all pixels and channels of two images; no label is looked at. Test rows are left whole.
    """

    of: DataSet
    correlation: float = 0.995

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages()),)

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def part(self, split: str) -> tuple[str, Array | None]:
        return (split, _distinct(self)) if split == "train" else (split, None)


@lru_cache(maxsize=16)  # a run asks for it several times
def _distinct(data: Apart) -> Array:
    train, test = data.of.inputs("train"), data.of.inputs("test")
    if train.dtype != np.uint8:
        raise ValueError(f"{data.name} has rows of {train.dtype}, not pixels; near-duplicates are found in images only")
    repeated = {i for i, _ in near_duplicates(train, test, data.correlation)}
    return np.array([i for i in range(len(train)) if i not in repeated], np.int64)


def near_duplicates(one: Rows, other: Rows, correlation: float) -> Iterator[tuple[int, int]]:
    """The pairs of images (n, C, H, W) and (m, C, H, W) whose pixels correlate above `correlation`.

    Standardised images lie √(2 - 2 r) apart, and their block means, scaled as an orthonormal projection, no further:
    few pairs are near in these, and none is missed.
    """
    apart = 2 - 2 * correlation + 1e-4  # float32 rounding
    coarse = np.concatenate([_blocks(_standardised(chunk)) for chunk in chunks(other)])
    squares = (coarse**2).sum(1)
    for k, chunk in enumerate(chunks(one)):
        fine = _standardised(chunk)
        mine = _blocks(fine)
        distances = (mine**2).sum(1, keepdims=True) + squares - 2 * mine @ coarse.T
        for i, j in np.argwhere(distances <= apart):
            if float((fine[i] * _standardised(other[j : j + 1])[0]).sum()) > correlation:
                yield k * CHUNK + int(i), int(j)


def _standardised(images: Array) -> Array:
    """float32, of mean 0 and length 1 each; an image of one colour is 0."""
    centred = images.astype(np.float32)
    centred -= centred.mean((1, 2, 3), keepdims=True)
    lengths = np.sqrt((centred**2).sum((1, 2, 3), keepdims=True))
    standardised: Array = centred / np.maximum(lengths, 1e-6)
    return standardised


def _blocks(images: Array) -> Array:
    """(n, blocks): sums over the channels of each block of pixels, scaled to keep lengths or shorten them."""
    n, channels, height, width = images.shape
    rows, columns = height // BLOCK, width // BLOCK
    cut = images[:, :, : rows * BLOCK, : columns * BLOCK]
    blocks = cut.reshape(n, channels, rows, BLOCK, columns, BLOCK).sum((1, 3, 5)).reshape(n, -1)
    scaled: Array = blocks / np.float32(np.sqrt(channels * BLOCK**2))
    return scaled
