"""Images cut into blocks that stand in another order: what is left is low-level statistics (Neyshabur et al. 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.part import DataSet
from mtl_bench.inputs.rows import Array

PIXELS = 0  # in place of a block's side


@dataclass(frozen=True)
class Shuffled:
    """Another data set's images with their `block` × `block` pixels in one fixed order, the same for all splits.

    Blocks move whole, with their channels (section 3.2 of the paper and its released code, where the seeds are 1234 to
    1236); a block of the whole image leaves it as it is. With `block=0` each number of an image moves by itself, across
    channels too: the paper's other experiment, before which grey images get the three channels that a network gives
    them. Labels stay.
    """

    version: ClassVar[int] = 2  # grey images get three channels

    of: DataSet
    block: int
    seed: int = 1234

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(SyntheticImages(), 7), cls(SyntheticImages(), PIXELS))

    @property
    def name(self) -> str:
        return f"{self.of.name}, {f'blocks of {self.block}' if self.block else 'numbers shuffled'}"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def inputs(self, split: str) -> Array:
        """uint8 (n, C, H, W). Raises ValueError for blocks that do not fill an image."""
        images = np.asarray(self.of.inputs(split))
        if self.block == PIXELS and images.shape[1] == 1:
            images = images.repeat(3, axis=1)
        order = self.order((images.shape[1], images.shape[2], images.shape[3]))
        moved: Array = images.reshape(len(images), -1)[:, order].reshape(images.shape)
        return moved

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        return self.of.labels(split)

    def order(self, shape: tuple[int, int, int]) -> Array:
        """int64 (C * H * W,): which number of a flattened image (C, H, W) comes to each place."""
        channels, height, width = shape
        random = np.random.default_rng(self.seed)
        if self.block == PIXELS:
            return random.permutation(channels * height * width)
        if self.block < 0 or height % self.block or width % self.block:
            raise ValueError(
                f"blocks of {self.block} do not fill {self.of.name}'s images of {height} × {width}; "
                "give a divisor of both sides"
            )
        down, along = height // self.block, width // self.block
        places = np.arange(channels * height * width).reshape(channels, down, self.block, along, self.block)
        blocks = places.transpose(1, 3, 0, 2, 4).reshape(down * along, channels, self.block, self.block)
        moved = blocks[random.permutation(down * along)]
        return moved.reshape(down, along, channels, self.block, self.block).transpose(2, 0, 3, 1, 4).reshape(-1)
