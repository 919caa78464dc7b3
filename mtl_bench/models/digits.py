"""The digit network of DANN (Ganin et al., JMLR 2016, figure 4a), and the same with BatchNorm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from mtl_bench.models.network import BatchNormPolicy


@dataclass(frozen=True)
class DigitCNN:
    """Two convolutions to 768 features; the head has two hidden layers of 100. No BatchNorm."""

    name: ClassVar[str] = "DANN's digit CNN"
    input_shape: ClassVar[tuple[int, ...]] = (3, 28, 28)
    batch_norm: ClassVar[BatchNormPolicy] = "together"

    def stages(self) -> dict[str, nn.Module]:
        return {
            "conv1": nn.Sequential(nn.Conv2d(3, 32, 5), nn.MaxPool2d(2), nn.ReLU()),
            "conv2": nn.Sequential(nn.Conv2d(32, 48, 5), nn.MaxPool2d(2), nn.ReLU()),
        }

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Sequential(nn.Linear(width, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, classes))


@dataclass(frozen=True)
class DigitCNNBatchNorm:
    """DigitCNN with BatchNorm after each convolution, for what acts through BatchNorm or needs it."""

    name: ClassVar[str] = "DANN's digit CNN with BatchNorm"
    input_shape: ClassVar[tuple[int, ...]] = DigitCNN.input_shape

    batch_norm: BatchNormPolicy = "together"

    def stages(self) -> dict[str, nn.Module]:
        return {
            "conv1": nn.Sequential(nn.Conv2d(3, 32, 5), nn.BatchNorm2d(32), nn.MaxPool2d(2), nn.ReLU()),
            "conv2": nn.Sequential(nn.Conv2d(32, 48, 5), nn.BatchNorm2d(48), nn.MaxPool2d(2), nn.ReLU()),
        }

    def head(self, width: int, classes: int) -> nn.Module:
        return DigitCNN().head(width, classes)
