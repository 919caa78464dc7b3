"""Digits that have moved, and a network that is small enough for them.

A file of their own: all that a method's or a data set's file imports counts as its code. In the study's file, a change
of one method would have all methods computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from torch import nn

from mtl_bench.models.network import BatchNormPolicy

Array = np.ndarray[Any, Any]

PARTS = {"source": slice(0, 900), "train": slice(900, 1400), "test": slice(1400, None)}


@dataclass(frozen=True)
class Digits:
    """The 8 × 8 digits that scikit-learn ships, moved by some columns. What is moved shares no image with the rest."""

    columns: int = 0

    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    splits: ClassVar[tuple[str, ...]] = ("train", "test")

    @property
    def name(self) -> str:
        return f"digits-moved-{self.columns}" if self.columns else "digits"

    def inputs(self, split: str) -> Array:
        from sklearn.datasets import load_digits

        images: Array = (load_digits().images[self._part(split)] * (255 / 16)).astype(np.uint8)
        return np.roll(images, self.columns, axis=2)[:, None]

    def labels(self, split: str) -> Array:
        from sklearn.datasets import load_digits

        labels: Array = load_digits().target[self._part(split)].astype(np.int64)
        return labels

    def _part(self, split: str) -> slice:
        return PARTS["source" if split == "train" and not self.columns else split]


@dataclass(frozen=True)
class Small:
    """Two layers on 64 pixels: a run takes less than a second."""

    name: ClassVar[str] = "two layers"
    input_shape: ClassVar[tuple[int, ...]] = (1, 8, 8)
    batch_norm: ClassVar[BatchNormPolicy] = "together"

    def stages(self) -> dict[str, nn.Module]:
        return {"hidden": nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())}

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width, classes)
