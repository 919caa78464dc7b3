"""RTN: a source classifier that differs from the target's by a residual function (Long et al., NIPS 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.measures.mmd_estimators import median_kernel_mmd
from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.methods.deep.ramp import ramp
from mtl_bench.models.caffenet import drawn
from mtl_bench.models.last_hidden import below_and_above
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner, targets


@dataclass(frozen=True)
class RTN:
    """Classification by f_S + `entropy_weight` (gamma) H(f_T on the target) + `weight` (lambda) tensor MMD.

    f_S(x) = f_T(x) + df(f_T(x)), where df has two layers of as many units as there are classes: sources are classified
    by f_S and the target by f_T. The tensor MMD is that of the outer products of the last hidden layer and f_T's
    logits, as in the paper biased and with one Gaussian kernel, whose bandwidth, the median squared distance, is a
    batch's here. Without `residual` f_S is f_T: the paper's row "mmd+ent", and "mmd" with `entropy_weight` 0. The paper
    selects its parameters with one labelled image per class of the target of one task.

    With a `horizon` the entropy's weight grows as 2 / (1 + exp(-10 p / horizon)) - 1, as in the released code over
    2,000 of 20,000 steps: from the first step on, entropy makes a classifier that has learnt nothing yet sure of it.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Long et al., NIPS 2016",
        code="thuml/Xlearn, caffe/models/RTN, whose layers GradientScaler and OuterProduct were not read",
        layer=(
            "the outer product of a bottleneck above fc7 of AlexNet and the logits; df of two layers on the logits",
            "the same, a bottleneck of 128; the outer products are halved by maximum pooling",
            "the head's last hidden layer, or features where it has none, and the logits, without pooling",
        ),
        reduction=(
            "one Gaussian kernel around the median distance, biased; entropy and classification: means",
            "the sum of five around the mean distance, over random quadruples",
            "as the paper, with each batch's median",
        ),
        weight=(
            "lambda = gamma = 0.3",
            "MMD 1; entropy -0.1 above a GradientScaler; new layers learn at 10 times the rate",
            "0.3 and 0.3",
        ),
        schedule=(
            "constant",
            "that of the entropy's scaler, from 0 to 1 with alpha 10 and max_iter 2000",
            "constant; `horizon` 0.1 is the code's",
        ),
    )

    weight: float = 0.3  # lambda
    entropy_weight: float = 0.3  # gamma
    residual: bool = True
    horizon: float | None = None  # the share of the run after which p is 1

    def __post_init__(self) -> None:
        if self.horizon is not None and not self.horizon > 0:
            raise ValueError(f"a horizon of {self.horizon} of the run is over at its start; give one above 0, or None")

    def build(self, net: Network, classes: int) -> Learner:
        return RTNLearner(net, classes, self)


class RTNLearner(Learner):
    def __init__(self, net: Network, classes: int, method: RTN) -> None:
        super().__init__(net, classes)
        self.method = method
        self.target = net.domains[-1]
        self.residual = Residual(classes) if method.residual else nn.Identity()

    def classifier_of(self, domain: str) -> nn.Module:
        """f_T for the target, f_S for a source."""
        return self.classifier if domain == self.target else nn.Sequential(self.classifier, self.residual)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        below, above = below_and_above(self.classifier)
        hidden = {domain: below(features) for domain, features in self.features(batches).items()}
        logits = {domain: above(h) for domain, h in hidden.items()}
        own = {domain: logits[domain] if batches[domain].target else self.residual(logits[domain]) for domain in logits}
        fused = {domain: outer_products(hidden[domain], logits[domain]) for domain in logits}
        discrepancy = median_kernel_mmd(*sources_and_target(fused, batches))
        unknown = torch.cat([logits[domain] for domain in targets(batches)])
        grown = 1.0 if self.method.horizon is None else ramp(progress / self.method.horizon, 10.0)
        return {
            "classification": self.classification(own, batches, nn.Identity()),
            "entropy": self.method.entropy_weight * grown * mean_entropy(unknown),
            "discrepancy": self.method.weight * discrepancy,
        }


class Residual(nn.Module):
    """f_T's logits (n, classes) to f_S's: z + df(z), df close to zero at first as in the released code."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        first, second = (drawn(nn.Linear(classes, classes), 0.01, bias=0) for _ in range(2))
        self.layers = nn.Sequential(first, nn.ReLU(), second)

    def forward(self, logits: Tensor) -> Tensor:
        changed: Tensor = logits + self.layers(logits)
        return changed


def outer_products(features: Tensor, logits: Tensor) -> Tensor:
    """Of each row's features (n, d) and logits (n, c), flattened to (n, d c): the fusion of layers."""
    return torch.einsum("nd,nc->ndc", features, logits).flatten(1)


def mean_entropy(logits: Tensor) -> Tensor:
    """The mean over rows of -sum p log p of the softmax p of logits (n, c), a scalar in nats."""
    return -(F.softmax(logits, 1) * F.log_softmax(logits, 1)).sum(1).mean()
