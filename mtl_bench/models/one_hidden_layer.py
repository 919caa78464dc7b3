"""One hidden layer of sigmoids: the network of DANN's and of CMD's papers for reviews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from mtl_bench.models.network import BatchNormPolicy
from mtl_bench.models.sparse_linear import SparseLinear


@dataclass(frozen=True)
class OneHiddenLayer:
    """Features (n, `features`) to `width` sigmoids, and a linear classifier of these.

    Ganin et al., JMLR 2016, section 4.1; Zellinger et al., ICLR 2017, section 4.2. Weights are drawn as in DANN's code:
    uniform up to the root of 6 / (inputs + outputs), biases 0. `drawn_as_for` is the number of features that the hidden
    layer's are drawn for, where these are coordinates of more.
    """

    features: int = 5000
    width: int = 50
    drawn_as_for: int | None = None

    name: ClassVar[str] = "one hidden layer"
    batch_norm: ClassVar[BatchNormPolicy] = "separate"  # there is none, and copying wide rows together costs a quarter
    reads_sparse: ClassVar[bool] = True

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (self.features,)

    def stages(self) -> dict[str, nn.Module]:
        hidden = drawn(SparseLinear(self.features, self.width), self.drawn_as_for)
        return {"hidden": nn.Sequential(hidden, nn.Sigmoid())}

    def head(self, width: int, classes: int) -> nn.Module:
        return drawn(nn.Linear(width, classes))


@torch.no_grad()
def drawn(layer: nn.Linear, inputs: int | None = None) -> nn.Linear:
    """The layer with weights of Glorot and Bengio (AISTATS 2010, equation 16), as if it had so many inputs."""
    bound = (6 / ((inputs or layer.in_features) + layer.out_features)) ** 0.5
    layer.weight.uniform_(-bound, bound)
    layer.bias.zero_()
    return layer
