"""The optimiser of Caffe's reference network, where it differs from the usual one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from mtl_bench.training.recipe import Recipe


@dataclass(frozen=True)
class CaffeRecipe(Recipe):
    """SGD whose rate falls in steps, with twice the rate and no decay for biases; no other schedule is heeded.

    The defaults are those of the networks of Yosinski et al. (NIPS 2014), by the solver and network files in their
    repository.
    """

    steps: int = 450_000
    batch_size: int = 256
    momentum: float = 0.9
    weight_decay: float = 0.0005
    checkpoints: int = 450  # a validation every 1,000 steps
    fall: float = 0.1  # the factor on the rate after each `fall_every` steps
    fall_every: int = 100_000

    def rate(self, progress: float) -> float:
        return float(self.fall ** (round(progress * self.steps) // self.fall_every))

    def optimizer_for(self, *modules: nn.Module) -> torch.optim.Optimizer:
        trained = [(name, p) for module in modules for name, p in module.named_parameters() if p.requires_grad]
        weights = [p for name, p in trained if not name.endswith("bias")]
        biases = [p for name, p in trained if name.endswith("bias")]
        groups = [
            {"params": weights, "lr": self.learning_rate, "weight_decay": self.weight_decay},
            {"params": biases, "lr": 2 * self.learning_rate, "weight_decay": 0.0},
        ]
        return torch.optim.SGD(groups, lr=self.learning_rate, momentum=self.momentum)
