"""A small backbone with everything that policies act on, and batches for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from mtl_bench.models.network import BatchNormPolicy
from mtl_bench.training.learner import Batch


@dataclass(frozen=True)
class TinyCNN:
    """Two convolutions with BatchNorm and dropout to 24 features."""

    batch_norm: BatchNormPolicy = "together"
    dropout: float = 0.0

    input_shape: ClassVar[tuple[int, ...]] = (3, 8, 8)

    def stages(self) -> dict[str, nn.Module]:
        return {
            "first": nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
            "second": nn.Sequential(
                nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(self.dropout)
            ),
        }

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width, classes)


def images(count: int, seed: int, shape: tuple[int, ...] = (3, 8, 8), brightness: int = 256) -> torch.Tensor:
    """Random uint8 images (count, C, H, W) below `brightness`."""
    return torch.randint(0, brightness, (count, *shape), generator=torch.Generator().manual_seed(seed)).to(torch.uint8)


def batches(
    *sources: str, target: str | None = "target", count: int = 6, shape: tuple[int, ...] = (3, 8, 8)
) -> dict[str, Batch]:
    """Labelled batches of `count` random images for each source, classes 0, 1, 2, and a target's without labels."""
    labels = torch.arange(count) % 3
    made = {name: Batch(images(count, i, shape), labels.roll(i)) for i, name in enumerate(sources)}
    return made if target is None else {**made, target: Batch(images(count, 99, shape, 128), None, target=True)}
