"""A hidden layer on the features of a trunk that stands still, as deep adaptation's usual bottleneck."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from torch import nn

from mtl_bench.models.network import BatchNormPolicy
from mtl_bench.models.sparse_linear import SparseLinear


@dataclass(frozen=True)
class Bottleneck:
    """Features (n, `features`) to `width` units with ReLU; dropout and a linear classifier above them.

    The place is that of JAN's and CDAN's bottleneck (Long et al., ICML 2017 and NeurIPS 2018), 256 units above a
    pre-trained network's pooled features. Dropout belongs to the head: what is aligned is the units themselves.
    """

    features: int = 1280
    width: int = 256
    dropout: float = 0.5
    normalised: bool = field(default=False, metadata={"omit_when": False})  # BatchNorm before the ReLU, as in TLlib
    batch_norm: BatchNormPolicy = field(default="together", metadata={"omit_when": "together"})

    reads_sparse: ClassVar[bool] = True

    @property
    def name(self) -> str:
        return "bottleneck with BatchNorm" if self.normalised else "bottleneck"

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (self.features,)

    def stages(self) -> dict[str, nn.Module]:
        hidden = [SparseLinear(self.features, self.width), *([nn.BatchNorm1d(self.width)] if self.normalised else [])]
        return {"bottleneck": nn.Sequential(*hidden, nn.ReLU())}

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Sequential(nn.Dropout(self.dropout), nn.Linear(width, classes))
