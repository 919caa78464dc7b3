"""Random crops and mirrors: every image of a batch gets its own, from the random numbers of its step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mtl_bench.inputs.rows import Array


class Augmentation(Protocol):
    """What is done to rows, as a frozen dataclass: at random in training, always alike in evaluation."""

    def random(self, rows: Array, random: np.random.Generator) -> Array: ...

    def eval_transform(self, rows: Array) -> Array: ...


@dataclass(frozen=True)
class CropAndFlip:
    """A window of `size` × `size` anywhere, mirrored in half of all cases; the middle one in evaluation."""

    size: int

    def random(self, rows: Array, random: np.random.Generator) -> Array:
        """(n, C, size, size) of images (n, C, H, W), each with a crop and a mirror of its own."""
        self._check(rows)
        height, width = rows.shape[2:]
        tops = random.integers(height - self.size + 1, size=len(rows))
        lefts = random.integers(width - self.size + 1, size=len(rows))
        windows = [self._window(image, int(t), int(s)) for image, t, s in zip(rows, tops, lefts, strict=True)]
        return Flip().random(np.stack(windows), random)

    def eval_transform(self, rows: Array) -> Array:
        """(n, C, size, size), the middle of each."""
        self._check(rows)
        top, left = (round((side - self.size) / 2) for side in rows.shape[2:])
        middle: Array = rows[:, :, top : top + self.size, left : left + self.size]
        return middle

    def _window(self, image: Array, top: int, left: int) -> Array:
        window: Array = image[:, top : top + self.size, left : left + self.size]
        return window

    def _check(self, rows: Array) -> None:
        height, width = rows.shape[2:]
        if min(height, width) < self.size:
            raise ValueError(
                f"images of {height} × {width} pixels have no window of {self.size}; "
                "give the data set a larger size or take a smaller window"
            )


@dataclass(frozen=True)
class Flip:
    """Mirrored in half of all cases; in evaluation left as it is."""

    def random(self, rows: Array, random: np.random.Generator) -> Array:
        """(n, C, H, W), each image mirrored or not for itself."""
        mirrored = random.random(len(rows)) < 0.5
        flipped = rows.copy()
        flipped[mirrored] = rows[mirrored][..., ::-1]
        return flipped

    def eval_transform(self, rows: Array) -> Array:
        """The images."""
        return rows
