"""Heads: what classifies a network's features."""

from __future__ import annotations

from torch import Tensor, nn


def first_layer(head: nn.Module) -> nn.Sequential:
    """A head's first fully connected layer with its activation: what comes before the second; nothing without one."""
    modules = list(head) if isinstance(head, nn.Sequential) else [head]
    linear = [i for i, module in enumerate(modules) if isinstance(module, nn.Linear)]
    return nn.Sequential(*modules[: linear[1]]) if len(linear) > 1 else nn.Sequential()


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
