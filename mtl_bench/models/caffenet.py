"""CaffeNet: the AlexNet of Caffe (Jia et al., 2014), which Yosinski et al. (NIPS 2014) train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from mtl_bench.models.network import BatchNormPolicy


@dataclass(frozen=True)
class CaffeNet:
    """Five convolutions and three fully connected layers, 60,965,224 weights and biases for 1,000 classes.

    Sizes, weights and biases at the start are those of the authors' results/netbase/imagenet_train.prototxt. Its
    scheme of learning (biases at twice the rate and without weight decay) is not part of an architecture.
    """

    name: ClassVar[str] = "CaffeNet"
    input_shape: ClassVar[tuple[int, ...]] = (3, 227, 227)
    batch_norm: ClassVar[BatchNormPolicy] = "together"

    def stages(self) -> dict[str, nn.Module]:
        # Dropout begins the stage that follows: a frozen stage is in evaluation mode, and Caffe drops what it gives.
        conv1 = drawn(nn.Conv2d(3, 96, 11, stride=4), 0.01, bias=0)
        conv2 = drawn(nn.Conv2d(96, 256, 5, padding=2, groups=2), 0.01, bias=1)
        conv3 = drawn(nn.Conv2d(256, 384, 3, padding=1), 0.01, bias=0)
        conv4 = drawn(nn.Conv2d(384, 384, 3, padding=1, groups=2), 0.01, bias=1)
        conv5 = drawn(nn.Conv2d(384, 256, 3, padding=1, groups=2), 0.01, bias=1)
        fc6 = drawn(nn.Linear(256 * 6 * 6, 4096), 0.005, bias=1)
        fc7 = drawn(nn.Linear(4096, 4096), 0.005, bias=1)
        return {
            "conv1": nn.Sequential(Levels(), conv1, nn.ReLU(), pool(), *across_channels(27)),
            "conv2": nn.Sequential(conv2, nn.ReLU(), pool(), *across_channels(13)),
            "conv3": nn.Sequential(conv3, nn.ReLU()),
            "conv4": nn.Sequential(conv4, nn.ReLU()),
            "conv5": nn.Sequential(conv5, nn.ReLU(), pool()),
            "fc6": nn.Sequential(nn.Flatten(), fc6, nn.ReLU()),
            "fc7": nn.Sequential(nn.Dropout(0.5), fc7, nn.ReLU()),
        }

    def head(self, width: int, classes: int) -> nn.Module:
        """fc8."""
        return nn.Sequential(nn.Dropout(0.5), drawn(nn.Linear(width, classes), 0.01, bias=0))


class Levels(nn.Module):
    """Pixels of [0, 1] as the levels of 0 to 255 that Caffe's first weights are drawn for."""

    def forward(self, x: Tensor) -> Tensor:
        return 255 * x


def drawn(layer: nn.Conv2d | nn.Linear, std: float, bias: float) -> nn.Module:
    """The layer with normal weights of this deviation around 0 and with equal biases."""
    assert layer.bias is not None
    nn.init.normal_(layer.weight, std=std)
    nn.init.constant_(layer.bias, bias)
    return layer


def pool() -> nn.Module:
    """Overlapping maxima; Caffe rounds sizes up, which changes nothing at 227 pixels (55, 27, 13, 6)."""
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)


def across_channels(side: int) -> tuple[nn.Module, ...]:
    """Local response normalisation over five channels of maps side × side: x / (1 + alpha * mean of x²)^beta."""
    # Of vectors, not of maps: the latter's gradient has no deterministic implementation on GPUs (avg_pool3d).
    return nn.Flatten(2), nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75), nn.Unflatten(2, (side, side))
