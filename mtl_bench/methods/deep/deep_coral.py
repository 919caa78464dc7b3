"""Deep CORAL: logits whose covariances agree (Sun and Saenko, ECCV workshops 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from mtl_bench.measures.coral import coral
from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner

GAIN = 0.01  # of the balance: in 100 steps a weight can change by a factor of e
SMALLEST = 1e-12  # keeps two losses of zero from dividing by zero


@dataclass(frozen=True)
class DeepCORAL:
    """Classification plus `weight` (lambda) times the CORAL loss of the logits (equation 6).

    The paper prints no lambda but a rule, which needs no label of the target: at the end of training the classification
    loss and the CORAL loss are about equal. "balanced" is that rule as a control: lambda starts at 1 and its logarithm
    moves by `GAIN` times (CORAL - classification) / (CORAL + classification) at each step, so that it comes to rest
    where both are equal. The paper's lambda is a constant found by trying; a number is one.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Sun and Saenko, ECCV workshops 2016",
        code="not read",
        layer=("fc8, the logits", "not read", "the logits"),
        reduction=("squared Frobenius norm / (4 d^2), covariances over n - 1", "not read", "the same as the paper"),
        weight=(
            "a constant for which both losses are about equal at the end; no number",
            "not read",
            '`weight`: "balanced", led to where both losses are equal; a number is a constant',
        ),
        schedule=("constant", "not read", "from the first step, lambda moves by at most 1 % a step"),
    )

    weight: float | Literal["balanced"] = "balanced"

    def build(self, net: Network, classes: int) -> Learner:
        return DeepCORALLearner(net, classes, self)


class DeepCORALLearner(Learner):
    weight: Tensor  # a buffer, so that a resumed run goes on with it

    def __init__(self, net: Network, classes: int, method: DeepCORAL) -> None:
        super().__init__(net, classes)
        self.balanced = method.weight == "balanced"
        self.register_buffer("weight", torch.tensor(1.0 if method.weight == "balanced" else method.weight))

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        logits = {domain: self.classifier(f) for domain, f in features.items()}
        return {
            "classification": self.classification(features, batches),
            "correlation": self.weight.clone() * coral(*sources_and_target(logits, batches)),
        }

    def step(
        self, batches: Mapping[str, Batch], optimizers: Mapping[str, torch.optim.Optimizer], progress: float
    ) -> dict[str, Tensor]:
        losses = super().step(batches, optimizers, progress)
        if self.balanced:
            classification, correlation = losses["classification"], losses["correlation"] / self.weight
            total = (classification + correlation).clamp_min(SMALLEST)
            self.weight.mul_(torch.exp(GAIN * (correlation - classification) / total))
        return losses
