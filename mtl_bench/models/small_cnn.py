"""A small network for photographs of 32 pixels, with as many layers as AlexNet: seven, and the classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from mtl_bench.models.network import BatchNormPolicy


@dataclass(frozen=True)
class SmallCNN:
    """Six 3 × 3 convolutions, halved in size after the first, third and fifth, and a hidden layer. No BatchNorm."""

    widths: tuple[int, int, int, int, int, int] = (24, 32, 64, 64, 96, 128)
    hidden: int = 256
    size: int = 32

    name: ClassVar[str] = "small CNN"
    batch_norm: ClassVar[BatchNormPolicy] = "together"

    @property
    def input_shape(self) -> tuple[int, ...]:
        return 3, self.size, self.size

    def stages(self) -> dict[str, nn.Module]:
        stages: dict[str, nn.Module] = {}
        for layer, (before, width) in enumerate(zip((3, *self.widths), self.widths, strict=False), 1):
            halved = (nn.MaxPool2d(2),) if layer % 2 else ()
            # The largest of rectified values is the rectified largest: pooled first, there are fewer to rectify.
            stages[f"conv{layer}"] = nn.Sequential(_he(nn.Conv2d(before, width, 3, padding=1)), *halved, nn.ReLU())
        features = self.widths[-1] * (self.size // 8) ** 2
        stages["fc7"] = nn.Sequential(nn.Flatten(), _he(nn.Linear(features, self.hidden)), nn.ReLU())
        return stages

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width, classes)


def _he(layer: nn.Conv2d | nn.Linear) -> nn.Module:
    """Weights as He et al. (ICCV 2015) scale them for ReLU: with PyTorch's own, seven layers learn nothing here."""
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # it has one
    return layer
