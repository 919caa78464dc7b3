"""The layers of a network above those that are frozen, for inputs that are the frozen layers' activations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from mtl_bench.inputs.rows import CHUNK, Array, Rows, chunks
from mtl_bench.models.network import Network


class UpperNetwork(Network):
    """A network whose first `count` stages stand still, so that their activations need computing only once.

    It shares the upper stages with `whole` and holds no others. Each domain is a batch of its own.
    """

    def __init__(self, whole: Network, count: int) -> None:
        nn.Module.__init__(self)
        self.backbone, self.domains, self.width = whole.backbone, whole.domains, whole.width
        self.layers = whole.layers[count - 1 :]  # the first of them is the input
        self.stages = nn.ModuleDict({layer: whole.stages[layer] for layer in self.layers[1:]})
        self._frozen = 0

    def forward(self, batches: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        """{domain: {layer: features}} of the frozen stages' activations, float32, per domain."""
        return {domain: self._above(x) for domain, x in batches.items()}

    def _above(self, x: Tensor) -> dict[str, Tensor]:
        features = {self.layers[0]: x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x}
        for before, layer in zip(self.layers, self.layers[1:], strict=False):
            features[layer] = self.stages[layer](features[before])
        return features


@torch.no_grad()
def activations(net: Network, count: int, rows: Rows, size: int = CHUNK) -> Array:
    """float32 (n, ...): what the first `count` stages make of rows, in evaluation mode."""
    mode, device = net.training, next(net.parameters()).device
    net.eval()
    found = []
    for chunk in chunks(rows, size):
        x = net.prepared(torch.tensor(chunk, device=device))
        for layer in net.layers[:count]:
            x = net.stages[layer](x)
        found.append(x.cpu().contiguous().numpy())
    net.train(mode)
    return np.concatenate(found)
