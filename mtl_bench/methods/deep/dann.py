"""DANN: features on which a domain classifier fails (Ganin et al., JMLR 2016)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner


@dataclass(frozen=True)
class DANN:
    """Classification plus domain classification behind a reversed gradient (equations 13 to 15).

    The factor lambda_p = 2 / (1 + exp(-gamma p)) - 1 grows over the whole run (section 5.2.2) and multiplies the
    gradient that reaches the features; the domain classifier itself learns at full rate. The domain loss is the mean
    over all images, half of the paper's sum of the two domains' means.
    """

    gamma: float = 10.0
    hidden: int = 100  # of the domain classifier, figure 4a

    def build(self, net: Network, classes: int) -> Learner:
        return DANNLearner(net, classes, self)


class DANNLearner(Learner):
    def __init__(self, net: Network, classes: int, method: DANN) -> None:
        super().__init__(net, classes)
        self.gamma = method.gamma
        self.domain_classifier = domain_classifier(net.width, method.hidden)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        factor = 2 / (1 + math.exp(-self.gamma * progress)) - 1
        return {
            "classification": self.classification(features, batches),
            "domain": domain_confusion(self.domain_classifier, features, batches, factor),
        }


def domain_classifier(width: int, hidden: int) -> nn.Module:
    """Features (n, width) to one logit: positive means target."""
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, 1))


def domain_confusion(
    classifier: nn.Module, features: Mapping[str, Tensor], batches: Mapping[str, Batch], factor: float
) -> Tensor:
    """The domain classifier's cross-entropy, its gradient reversed and scaled by `factor` below the classifier."""
    logits = classifier(reverse_gradient(torch.cat(list(features.values())), factor)).squeeze(1)
    is_target = [float(batches[domain].target) for domain in features]
    sizes = torch.tensor([len(f) for f in features.values()])
    labels = torch.tensor(is_target).repeat_interleave(sizes).to(logits.device)
    return F.binary_cross_entropy_with_logits(logits, labels)


class _ReverseGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return features.view_as(features)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.factor * gradient, None


def reverse_gradient(features: Tensor, factor: float) -> Tensor:
    """The identity, whose gradient is multiplied by `-factor` (equation 16)."""
    reversed_features: Tensor = _ReverseGradient.apply(features, factor)
    return reversed_features
