"""How to optimise: steps, batch size, optimiser and learning-rate schedule."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import torch
from torch import nn


@dataclass(frozen=True)
class Recipe:
    """The defaults are those of DANN's digit networks (Ganin et al., JMLR 2016, section 5.2.2)."""

    steps: int
    batch_size: int = 64  # images of each domain in one step
    optimizer: Literal["sgd", "adam"] = "sgd"
    learning_rate: float = 0.01
    schedule: Literal["constant", "inverse", "cosine", "drops"] = "inverse"
    momentum: float = 0.9
    weight_decay: float = 0.0
    checkpoints: int = 10  # evenly spaced steps at which predictions are saved for model selection
    warm_up: float = field(default=0.0, metadata={"omit_when": 0.0})  # share of the run in which the rate rises from 0
    drops: tuple[float, ...] = field(default=(), metadata={"omit_when": ()})  # shares after each of which it is a tenth
    clip: float | None = field(default=None, metadata={"omit_when": None})  # the largest norm of a step's gradient

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "checkpoints"):
            if getattr(self, name) < 1:
                raise ValueError(f"a recipe has {getattr(self, name)} {name.replace('_', ' ')}; give 1 or more")
        if not self.learning_rate > 0:
            raise ValueError(f"a recipe has the learning rate {self.learning_rate}; give one above 0")
        if not 0 <= self.warm_up < 1:
            raise ValueError(f"a recipe has the warm-up {self.warm_up}; give a share of the run, from 0 to below 1")
        if bool(self.drops) != (self.schedule == "drops") or not all(0 < drop < 1 for drop in self.drops):
            raise ValueError(
                f"a recipe of the schedule {self.schedule!r} has the drops {self.drops}; give shares between 0 and 1 "
                'to the schedule "drops", and to no other'
            )
        if self.clip is not None and not self.clip > 0:
            raise ValueError(f"a recipe clips gradients at {self.clip}; give a norm above 0, or None")

    def rate(self, progress: float) -> float:
        """The factor on the learning rate at `progress` in [0, 1] of the run."""
        return min(1.0, progress / self.warm_up if self.warm_up else 1.0) * self._scheduled(progress)

    def _scheduled(self, progress: float) -> float:
        if self.schedule == "inverse":  # mu_p = mu_0 / (1 + alpha p)^beta, alpha = 10, beta = .75
            return float((1 + 10 * progress) ** -0.75)
        if self.schedule == "cosine":
            return (1 + math.cos(math.pi * progress)) / 2
        if self.schedule == "drops":
            return float(0.1 ** sum(progress >= drop for drop in self.drops))
        if self.schedule == "constant":
            return 1.0
        raise ValueError(f'there is no schedule "{self.schedule}"; there are constant, inverse, cosine and drops')

    def checkpoint_steps(self) -> list[int]:
        """The steps after which a checkpoint is saved; the last is the end of the run."""
        count = min(self.checkpoints, self.steps)
        return [round(self.steps * (k + 1) / count) for k in range(count)]

    def optimizer_for(self, *modules: nn.Module) -> torch.optim.Optimizer:
        """An optimiser for the trainable parameters, each at its module's multiple of the learning rate."""
        groups: dict[float, list[nn.Parameter]] = {}
        for module in modules:
            for multiplier, parameters in parameter_groups(module):
                groups.setdefault(multiplier, []).extend(p for p in parameters if p.requires_grad)
        rates = [{"params": p, "lr": self.learning_rate * multiplier} for multiplier, p in groups.items() if p]
        made: torch.optim.Optimizer
        if self.optimizer == "adam":
            made = torch.optim.Adam(rates, lr=self.learning_rate, weight_decay=self.weight_decay)
        else:
            made = torch.optim.SGD(rates, self.learning_rate, self.momentum, weight_decay=self.weight_decay)
        if self.clip is not None:
            made.register_step_pre_hook(partial(_clip, self.clip))
        return made


def _clip(norm: float, optimizer: torch.optim.Optimizer, *_: object) -> None:
    """Scale the gradients of all of an optimiser's parameters, as one vector, to a norm of at most this."""
    nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], norm)


def parameter_groups(module: nn.Module) -> Iterable[tuple[float, list[nn.Parameter]]]:
    """(multiple of the learning rate, parameters): a submodule may carry its own `lr_multiplier`."""
    own: float = getattr(module, "lr_multiplier", 1.0)
    yield own, [p for _, p in module.named_parameters(recurse=False)]
    for child in module.children():
        for multiplier, parameters in parameter_groups(child):
            yield multiplier * own, parameters
