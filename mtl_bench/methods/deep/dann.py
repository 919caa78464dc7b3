"""DANN: features on which a domain classifier fails (Ganin et al., JMLR 2016)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.methods.as_published import AsPublished
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner

DomainLoss = Literal["sum of means", "mean"]


@dataclass(frozen=True)
class DANN:
    """Classification plus domain classification behind a reversed gradient (equations 13 to 15).

    The factor lambda_p = 2 / (1 + exp(-gamma p)) - 1 grows over the whole run (section 5.2.2) and multiplies the
    gradient that reaches the features; the domain classifier itself learns at full rate. The paper sums the means of
    the domain loss over the sources and over the target (equation 13); the released code takes one mean over all
    images, half of that. The domain classifier is the paper's for MNIST (figure 4a); for SVHN, traffic signs and
    Office-31 it has two hidden layers of 1024 units, as CDAN's has, whose code adds dropout of .5.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Ganin et al., JMLR 2016",
        code="not read; its loss is one mean over all images of both domains",
        layer=(
            "the last convolution's features, a domain classifier of 100 hidden units (figure 4a); for Office-31 of "
            "1024 and 1024",
            "not read",
            "the network's features; `hidden_layers` of `hidden` units",
        ),
        reduction=(
            "the sum of the sources' mean and the target's mean (equation 13)",
            "the mean over all images, half of that",
            "`domain_loss`: the paper's; \"mean\" is the code's",
        ),
        weight=("lambda_p, on the gradient that reaches the features alone", "not read", "lambda_p"),
        schedule=("lambda_p = 2 / (1 + exp(-10 p)) - 1 over the whole run", "not read", "the same as the paper"),
    )

    gamma: float = 10.0
    hidden: int = 100  # of the domain classifier, figure 4a
    domain_loss: DomainLoss = "sum of means"
    hidden_layers: int = field(default=1, metadata={"omit_when": 1})
    dropout: float = field(default=0.0, metadata={"omit_when": 0.0})  # after each hidden layer

    def __post_init__(self) -> None:
        if self.domain_loss not in get_args(DomainLoss):
            known = " | ".join(get_args(DomainLoss))
            raise ValueError(f"there is no domain loss {self.domain_loss!r}; choose one of {known}")
        if self.hidden_layers < 1:
            raise ValueError(f"a domain classifier of {self.hidden_layers} hidden layers; give one or more")

    def build(self, net: Network, classes: int) -> Learner:
        return DANNLearner(net, classes, self)


class DANNLearner(Learner):
    def __init__(self, net: Network, classes: int, method: DANN) -> None:
        super().__init__(net, classes)
        self.method = method
        self.domain_classifier = domain_classifier(net.width, method.hidden, method.hidden_layers, method.dropout)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        factor = 2 / (1 + math.exp(-self.method.gamma * progress)) - 1
        return {
            "classification": self.classification(features, batches),
            "domain": domain_confusion(self.domain_classifier, features, batches, factor, self.method.domain_loss),
        }


def domain_classifier(width: int, hidden: int, hidden_layers: int = 1, dropout: float = 0.0) -> nn.Module:
    """Features (n, width) to one logit: positive means target."""
    layers: list[nn.Module] = []
    for inputs in (width, *[hidden] * (hidden_layers - 1)):
        layers += [nn.Linear(inputs, hidden), nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]
    return nn.Sequential(*layers, nn.Linear(hidden, 1))


def domain_confusion(
    classifier: nn.Module,
    features: Mapping[str, Tensor],
    batches: Mapping[str, Batch],
    factor: float,
    reduction: DomainLoss,
) -> Tensor:
    """The domain classifier's cross-entropy, its gradient reversed and scaled by `factor` below the classifier.

    As the "mean" over all images, or as the "sum of means" over those of all sources and those of the target.
    """
    logits = classifier(reverse_gradient(torch.cat(list(features.values())), factor)).squeeze(1)
    is_target = [float(batches[domain].target) for domain in features]
    sizes = torch.tensor([len(f) for f in features.values()])
    labels = torch.tensor(is_target).repeat_interleave(sizes).to(logits.device)
    if reduction == "mean":
        return F.binary_cross_entropy_with_logits(logits, labels)
    losses = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    sides = [losses[labels == side] for side in (0, 1)]
    return torch.stack([side.mean() for side in sides if len(side)]).sum()


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
