"""The place of deep adaptation's bottleneck: what the last fully connected layer of a head reads."""

from __future__ import annotations

from torch import nn


def below_and_above(head: nn.Module) -> tuple[nn.Sequential, nn.Sequential]:
    """A head in two parts: features to its last hidden layer, after the activation, and from there to logits.

    The first part is empty where the head has no hidden layer: the features are the last hidden layer then. Dropout
    before the logits belongs to the second part. The parts share the head's modules.
    """
    modules = list(head) if isinstance(head, nn.Sequential) else [head]
    last = max((i for i, module in enumerate(modules) if isinstance(module, nn.Linear)), default=0)
    while last and isinstance(modules[last - 1], nn.Dropout):
        last -= 1
    return nn.Sequential(*modules[:last]), nn.Sequential(*modules[last:])
