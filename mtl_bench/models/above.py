"""Networks with published weights that go on learning: their upper stages above lower ones that stand still, or all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import ClassVar

import torch
from torch import Tensor, nn

from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.network import BatchNormPolicy
from mtl_bench.models.pretrained import TORCHVISION, Pretrained
from mtl_bench.models.timm_backbone import stages_of
from mtl_bench.models.torchvision_stages import stages_in_order

PACKAGED = Pretrained()
SIZE = 224  # pixels of the images whose activations are the inputs


@dataclass(frozen=True)
class Above:
    """The stages of a published network from `first` on, with its weights, and a bottleneck above its pooled features.

    Inputs are the outputs of the stage before `first`, flattened: what `Trunk(data, network, upto=…)` leaves, computed
    once. The published weights learn at `multiplier` times the recipe's rate, as fine-tuned layers do in the papers
    (Long et al., ICML 2015, section 5.1); what is new learns at the full one.
    """

    network: Pretrained = PACKAGED
    first: str = "blocks_6"
    multiplier: float = 0.1
    width: int = 256  # of the bottleneck
    dropout: float = 0.5
    batch_norm: BatchNormPolicy = "together"

    @property
    def name(self) -> str:
        return f"bottleneck, learnt from {self.first} on"

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (prod(shape_below(self.network, self.first)),)

    def stages(self) -> dict[str, nn.Module]:
        below = nn.Unflatten(1, shape_below(self.network, self.first))
        upper = list(published_stages(self.network).items())[stage_number(self.network, self.first) :]
        own = {name: _Slowly(self.multiplier, *([below] if name == self.first else []), m) for name, m in upper}
        return {**own, **Bottleneck(width_of(self.network), self.width, self.dropout).stages()}

    def head(self, width: int, classes: int) -> nn.Module:
        return Bottleneck(width=width, dropout=self.dropout).head(width, classes)


@dataclass(frozen=True)
class FineTuned:
    """All stages of a published network, from pixels of 224 × 224 on, and a bottleneck above its pooled features.

    Pixels are normalised as its published weights learnt them. Rates are those of `Above`.
    """

    network: Pretrained = PACKAGED
    multiplier: float = 0.1
    width: int = 256  # of the bottleneck
    dropout: float = 0.5
    batch_norm: BatchNormPolicy = "together"

    name: ClassVar[str] = "bottleneck"
    input_shape: ClassVar[tuple[int, ...]] = (3, SIZE, SIZE)

    @property
    def normalisation(self) -> tuple[Tensor, Tensor]:
        return self.network.normalisation

    def stages(self) -> dict[str, nn.Module]:
        own = {name: _Slowly(self.multiplier, stage) for name, stage in published_stages(self.network).items()}
        return {**own, **Bottleneck(width_of(self.network), self.width, self.dropout).stages()}

    def head(self, width: int, classes: int) -> nn.Module:
        return Bottleneck(width=width, dropout=self.dropout).head(width, classes)


class _Slowly(nn.Sequential):
    """Modules that learn at a share of the rate."""

    def __init__(self, lr_multiplier: float, *modules: nn.Module) -> None:
        super().__init__(*modules)
        self.lr_multiplier = lr_multiplier
        self.requires_grad_(True)  # published weights come as they stand still


def published_stages(network: Pretrained) -> dict[str, nn.Module]:
    """The chain of a published network's stages, from pixels of 224 × 224 to pooled features, with its weights."""
    net = network.network()[0]
    return stages_in_order(net) if network.name.startswith(TORCHVISION) else stages_of(net, network.name, SIZE)


def stage_number(network: Pretrained, stage: str) -> int:
    """The place of a stage in its network's chain. Raises ValueError, which names those that there are."""
    names = list(outline(network))
    if stage not in names:
        raise ValueError(f"{network.name} has no stage {stage}; it has {', '.join(names)}")
    return names.index(stage)


def shape_below(network: Pretrained, stage: str) -> tuple[int, ...]:
    """(C, H, W) of the input of a stage that is not the first."""
    number = stage_number(network, stage)
    if number == 0:
        raise ValueError(f"{stage} is the first stage of {network.name}: nothing would stand still; name a later one")
    return list(outline(network).values())[number - 1]


def width_of(network: Pretrained) -> int:
    """The number of a published network's features."""
    (width,) = list(outline(network).values())[-1]
    return width


@lru_cache
def outline(network: Pretrained) -> dict[str, tuple[int, ...]]:
    """Each stage with the shape of its output, without the number of images: no weights are needed."""
    with torch.device("meta"):
        stages = published_stages(network)
    found, x = {}, torch.zeros(1, 3, SIZE, SIZE, device="cpu")
    with torch.no_grad():
        for name, stage in stages.items():
            x = stage.eval()(x)
            found[name] = tuple(x.shape[1:])
    return found
