"""A small residual network without BatchNorm, whose weights can be interpolated as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from mtl_bench.models.imagenet_mean import imagenet_mean
from mtl_bench.models.network import BatchNormPolicy


@dataclass(frozen=True)
class ResidualCNN:
    """A 3 × 3 stem and a residual block of two 3 × 3 convolutions per width, halved in size after each but the first.

    Branches are added at `scale`, and a 1 × 1 convolution makes the shortcut where widths differ: in place of the
    Fixup-ResNet-50 of Neyshabur et al. (NeurIPS 2020), which has no BatchNorm either. With `normalised` each
    convolution is followed by BatchNorm: the twin that shows what running averages do on a line between networks.
    Pixels lose ImageNet's mean, whatever it learns. The features are means over places.
    """

    version: ClassVar[int] = 2  # ImageNet's mean

    widths: tuple[int, ...] = (32, 64, 128, 128)
    stem: int = 32
    size: int = 32
    scale: float = 0.3
    normalised: bool = False

    batch_norm: ClassVar[BatchNormPolicy] = "together"

    @property
    def name(self) -> str:
        return "residual CNN with BatchNorm" if self.normalised else "residual CNN"

    @property
    def normalisation(self) -> tuple[Tensor, Tensor]:
        return imagenet_mean()

    @property
    def input_shape(self) -> tuple[int, ...]:
        return 3, self.size, self.size

    def stages(self) -> dict[str, nn.Module]:
        stages: dict[str, nn.Module] = {
            "stem": nn.Sequential(*_convolution(3, self.stem, self.normalised), nn.ReLU()),
        }
        for i, (before, width) in enumerate(zip((self.stem, *self.widths), self.widths, strict=False), 1):
            halved = (nn.MaxPool2d(2),) if i > 1 else ()
            stages[f"block{i}"] = nn.Sequential(*halved, ResidualBlock(before, width, self.scale, self.normalised))
        last = f"block{len(self.widths)}"
        stages[last] = nn.Sequential(stages[last], nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return stages

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width, classes)


class ResidualBlock(nn.Module):
    """ReLU(shortcut(x) + scale · branch(x)), (n, before, h, w) to (n, width, h, w)."""

    def __init__(self, before: int, width: int, scale: float, normalised: bool) -> None:
        super().__init__()
        self.scale = scale
        self.branch = nn.Sequential(
            *_convolution(before, width, normalised), nn.ReLU(), *_convolution(width, width, normalised)
        )
        self.shortcut = nn.Identity() if before == width else nn.Conv2d(before, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.shortcut(x) + self.scale * self.branch(x)
        return added.relu()


def _convolution(before: int, width: int, normalised: bool) -> tuple[nn.Module, ...]:
    """3 × 3, as He et al. (ICCV 2015) scale weights for ReLU, and perhaps BatchNorm in place of the bias."""
    layer = nn.Conv2d(before, width, 3, padding=1, bias=not normalised)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return (layer, nn.BatchNorm2d(width)) if normalised else (layer,)
