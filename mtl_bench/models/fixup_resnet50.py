"""ResNet-50 without BatchNorm: Fixup (Zhang, Dauphin and Ma, ICLR 2019), as Neyshabur et al. (NeurIPS 2020) use it."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import torch
from torch import Tensor, nn

from mtl_bench.models.imagenet_mean import imagenet_mean
from mtl_bench.models.network import BatchNormPolicy

BLOCKS = (3, 4, 6, 3)  # of the stages layer1 to layer4
STEM, EXPANSION = 64, 4
CONVOLUTIONS = 3  # of a branch: the paper's m
SHRINK = sum(BLOCKS) ** (-1 / (2 * CONVOLUTIONS - 2))  # the paper's L^(-1/(2m-2)), here a half


@dataclass(frozen=True)
class FixupResNet50:
    """16 residual blocks with single numbers as biases and multipliers, 25,504,026 weights for 1,000 classes.

    Section 3 of the Fixup paper says how it starts: the last convolution of a branch is 0, so that each block is its
    shortcut; the other two are He's times L^(-1/(2m-2)); biases are 0 and multipliers 1. The classifier is not 0, as
    Neyshabur et al. have it (their `zero_fc_init=False`): it and the first convolution are drawn as PyTorch does. As in
    the released code, pixels lose ImageNet's mean (there they are divided by its deviation, too), there is no bias
    before the first convolution, strides are in the 3 × 3 ones, and the single numbers learn at a tenth of the rate;
    there the classifier's biases do so too, here at the full one.
    """

    version: ClassVar[int] = 2  # ImageNet's mean

    size: int = 224  # pixels

    name: ClassVar[str] = "Fixup-ResNet-50"
    batch_norm: ClassVar[BatchNormPolicy] = "together"

    @property
    def normalisation(self) -> tuple[Tensor, Tensor]:
        return imagenet_mean()

    @property
    def input_shape(self) -> tuple[int, ...]:
        return 3, self.size, self.size

    def stages(self) -> dict[str, nn.Module]:
        first = nn.Conv2d(3, STEM, 7, stride=2, padding=3, bias=False)
        stages: dict[str, nn.Module] = {
            "conv1": nn.Sequential(first, ScalarBias(), nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1))
        }
        before = STEM
        for number, count in enumerate(BLOCKS, 1):
            width = STEM * 2 ** (number - 1)
            halving = FixupBlock(before, width, stride=1 if number == 1 else 2)
            before = EXPANSION * width
            stages[f"layer{number}"] = nn.Sequential(halving, *(FixupBlock(before, width) for _ in range(count - 1)))
        # The bias before the classifier belongs to the network: whoever gets its weights gets it too.
        stages["layer4"] = nn.Sequential(stages["layer4"], nn.AdaptiveAvgPool2d(1), nn.Flatten(), ScalarBias())
        return stages

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width, classes)


class FixupBlock(nn.Module):
    """ReLU(shortcut + branch), (n, before, h, w) to (n, 4 · width, h / stride, w / stride)."""

    def __init__(self, before: int, width: int, stride: int = 1) -> None:
        super().__init__()
        after = EXPANSION * width
        last = nn.Conv2d(width, after, 1, bias=False)
        nn.init.zeros_(last.weight)
        self.bias = ScalarBias()
        self.branch = nn.Sequential(
            _he(nn.Conv2d(before, width, 1, bias=False), SHRINK),
            *_rectified(),
            _he(nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False), SHRINK),
            *_rectified(),
            last,
            ScalarMultiplier(),
            ScalarBias(),
        )
        same = before == after and stride == 1
        self.shortcut = None if same else _he(nn.Conv2d(before, after, 1, stride=stride, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        shifted = self.bias(x)
        straight = x if self.shortcut is None else self.shortcut(shifted)
        added: Tensor = straight + self.branch(shifted)
        return added.relu()


class ScalarBias(nn.Module):
    """x + b for a number b."""

    lr_multiplier = 0.1

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.value


class ScalarMultiplier(nn.Module):
    """s · x for a number s."""

    lr_multiplier = 0.1

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.value * x


def _rectified() -> tuple[nn.Module, ...]:
    """ReLU with the biases of what comes before it and after."""
    return ScalarBias(), nn.ReLU(), ScalarBias()


def _he(layer: nn.Conv2d, scale: float = 1.0) -> nn.Conv2d:
    """Weights as He et al. (ICCV 2015) scale them for gradients, that is by what goes out, times `scale`."""
    nn.init.normal_(layer.weight, std=scale * sqrt(2 / (layer.out_channels * layer.kernel_size[0] ** 2)))
    return layer
