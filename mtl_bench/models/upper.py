"""The layers of a network above those that are frozen, for inputs that are the frozen layers' activations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mtl_bench.models.network import Network

Array = np.ndarray[Any, Any]


class UpperNetwork(Network):
    """A network whose first `count` stages stand still, so that their activations need computing only once.

    It shares its weights with `whole`. Each domain is a batch of its own.
    """

    def __init__(self, whole: Network, count: int) -> None:
        nn.Module.__init__(self)
        self.whole, self.backbone, self.width = whole, whole.backbone, whole.width
        self.layers = whole.layers[count - 1 :]  # the first of them is the input

    def head(self, classes: int) -> nn.Module:
        return self.whole.head(classes)

    def train(self, mode: bool = True) -> UpperNetwork:
        nn.Module.train(self, mode)  # the whole network keeps its frozen stages in evaluation mode
        return self

    def forward(self, batches: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        """{domain: {layer: features}} of the frozen stages' activations, float32, per domain."""
        return {domain: self._above(x) for domain, x in batches.items()}

    def _above(self, x: Tensor) -> dict[str, Tensor]:
        features = {self.layers[0]: x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x}
        for before, layer in zip(self.layers, self.layers[1:], strict=False):
            features[layer] = self.whole.stages[layer](features[before])
        return features


@torch.no_grad()
def activations(net: Network, count: int, images: Array, size: int = 500) -> Array:
    """float32 (n, ...): what the first `count` stages make of uint8 images (n, C, H, W), in evaluation mode."""
    mode, device = net.training, next(net.parameters()).device
    net.eval()
    found = []
    for first in range(0, len(images), size):
        x = net.pixels(torch.tensor(images[first : first + size], device=device))
        for layer in net.layers[:count]:
            x = net.stages[layer](x)
        found.append(x.cpu().contiguous().numpy())
    net.train(mode)
    return np.concatenate(found)
