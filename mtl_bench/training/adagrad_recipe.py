"""The optimiser of CMD's authors for reviews."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from mtl_bench.training.recipe import Recipe, parameter_groups

EPSILON = 1e-8  # of Keras 1, which the authors used


@dataclass(frozen=True)
class AdagradRecipe(Recipe):
    """Adagrad (Duchi, Hazan and Singer, JMLR 2011), whose rates shrink by themselves; no schedule, momentum or decay.

    The defaults are those of Zellinger et al. (ICLR 2017) for reviews, by their repository (wzell/cmd), where Keras'
    own rate stands.
    """

    batch_size: int = 300
    learning_rate: float = 0.01

    def rate(self, progress: float) -> float:
        return 1.0

    def optimizer_for(self, *modules: nn.Module) -> torch.optim.Optimizer:
        groups = [
            {"params": trained, "lr": self.learning_rate * multiplier}
            for module in modules
            for multiplier, parameters in parameter_groups(module)
            if (trained := [p for p in parameters if p.requires_grad])
        ]
        return torch.optim.Adagrad(groups, lr=self.learning_rate, eps=EPSILON)
