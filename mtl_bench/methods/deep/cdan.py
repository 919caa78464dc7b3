"""CDAN and CDAN+E: a domain classifier that sees features and predictions together (Long et al., NeurIPS 2018)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.dann import DomainLoss, domain_classifier, reverse_gradient
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.methods.deep.ramp import ramp
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner

HIDDEN_LAYERS = 2  # of the domain classifier


@dataclass(frozen=True)
class CDAN:
    """Classification plus domain classification of T(f, g) behind a reversed gradient; CDAN+E with `entropy`.

    f are the network's features, g = softmax(logits), a constant. T(f, g) is their outer product or, where that has
    more than `randomised_above` entries, (R_f f) * (R_g g) / sqrt(d) of d = `random_dimension` entries with fixed
    normal R; with None it is always the outer product, as in the code unless told. The gradient that reaches f is
    multiplied by -(2 / (1 + exp(-gamma p / horizon)) - 1), p being the share of the run; a `horizon` of 0.1 is that of
    the code, 10,000 of 100,004 steps. CDAN+E weighs rows by 1 + exp(-H(g)), divided by their sum over the sources or
    over the target; as released, H passes a gradient on, reversed too, and that sum does not. The paper sums both
    sides' means, the code takes half of that ("mean"). The code's H has log(g + 1e-5), this one log g; its domain
    classifier starts with Xavier's weights, this one with PyTorch's.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Long et al., NeurIPS 2018",
        code="thuml/CDAN, pytorch/",
        layer=(
            "features x softmax, at random above 4,096 entries",
            "the bottleneck of 256 x softmax as a constant; at random, 1,024 entries, if told; "
            "a domain classifier of 1024 and 1024 with dropout",
            "the network's features x softmax as a constant; `randomised_above`: the paper's; None is the code's; "
            "the same domain classifier",
        ),
        reduction=(
            "the sum of the source's mean and the target's mean",
            "CDAN: the mean over all images; CDAN+E: half the sum of weighted means",
            "`domain_loss`: the paper's; \"mean\" is the code's, half the sum of both means",
        ),
        weight=("lambda = 1", "1", "1"),
        schedule=(
            "2 / (1 + exp(-10 p)) - 1 over the whole run",
            "the same over 10,000 of 100,004 steps",
            "`horizon`: the paper's; 0.1 is the code's",
        ),
    )

    entropy: bool = False
    gamma: float = 10.0
    horizon: float = 1.0  # the share of the run after which p is 1
    domain_loss: DomainLoss = "sum of means"
    randomised_above: int | None = 4096
    random_dimension: int = 1024
    hidden: int = 1024  # in each of the domain classifier's hidden layers
    dropout: float = 0.5

    def __post_init__(self) -> None:
        if self.domain_loss not in get_args(DomainLoss):
            known = " | ".join(get_args(DomainLoss))
            raise ValueError(f"there is no domain loss {self.domain_loss!r}; choose one of {known}")
        if not self.horizon > 0:
            raise ValueError(f"a horizon of {self.horizon} of the run is over at its start; give one above 0")

    def build(self, net: Network, classes: int) -> Learner:
        return CDANLearner(net, classes, self)


class CDANLearner(Learner):
    def __init__(self, net: Network, classes: int, method: CDAN) -> None:
        super().__init__(net, classes)
        self.method = method
        entries = net.width * classes
        self.map: nn.Module = OuterProduct()
        if method.randomised_above is not None and entries > method.randomised_above:
            entries = method.random_dimension
            self.map = RandomMap(net.width, classes, entries)
        self.domain_classifier = domain_classifier(entries, method.hidden, HIDDEN_LAYERS, method.dropout)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        factor = ramp(progress / self.method.horizon, self.method.gamma)
        return {
            "classification": self.classification(features, batches),
            "domain": self.domain_confusion(*sources_and_target(features, batches), factor),
        }

    def domain_confusion(self, source: Tensor, target: Tensor, factor: float) -> Tensor:
        """The domain classifier's cross-entropy on features (n, d) and (m, d), reversed and scaled below it."""
        features = torch.cat([source, target])
        is_target = torch.cat([source.new_zeros(len(source)), target.new_ones(len(target))])
        logits = self.classifier(features)
        mapped = self.map(features, F.softmax(logits, dim=1).detach())
        scores = self.domain_classifier(reverse_gradient(mapped, factor)).squeeze(1)
        losses = F.binary_cross_entropy_with_logits(scores, is_target, reduction="none")
        weights = certainty(reverse_gradient(logits, factor)) if self.method.entropy else torch.ones_like(losses)
        means = [
            (weights[side] * losses[side]).sum() / weights[side].sum().detach()
            for side in (is_target == 0, is_target == 1)
        ]
        return torch.stack(means).sum() / (2 if self.method.domain_loss == "mean" else 1)


class OuterProduct(nn.Module):
    """Features (n, d) and probabilities (n, c) to all their products (n, c d)."""

    def forward(self, features: Tensor, probabilities: Tensor) -> Tensor:
        return (probabilities[:, :, None] * features[:, None, :]).flatten(1)


class RandomMap(nn.Module):
    """Features (n, d) and probabilities (n, c) to (n, dimension), with the outer products' inner products on average.

    The matrices are drawn with the other fresh weights and saved with them.
    """

    of_features: Tensor
    of_probabilities: Tensor

    def __init__(self, width: int, classes: int, dimension: int) -> None:
        super().__init__()
        self.register_buffer("of_features", torch.randn(width, dimension))
        self.register_buffer("of_probabilities", torch.randn(classes, dimension))

    def forward(self, features: Tensor, probabilities: Tensor) -> Tensor:
        product = (features @ self.of_features) * (probabilities @ self.of_probabilities)
        return product / math.sqrt(product.shape[1])


def certainty(logits: Tensor) -> Tensor:
    """1 + exp(-H) of each row (n, c): 2 where the prediction is certain, 1 + 1/c where it says nothing."""
    log_probabilities = F.log_softmax(logits, dim=1)
    return 1 + torch.exp((log_probabilities.exp() * log_probabilities).sum(1))
