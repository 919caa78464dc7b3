"""Heads: what classifies a network's features."""

from __future__ import annotations

from torch import Tensor, nn


def layers_of(head: nn.Module, features: Tensor) -> list[Tensor]:
    """The output of each fully connected layer of a head, after its activation; the last are the logits."""
    layers: list[Tensor] = []
    for module in head if isinstance(head, nn.Sequential) else (head,):
        features = module(features)
        if isinstance(module, nn.Linear):
            layers.append(features)
        elif layers:
            layers[-1] = features
    return layers
