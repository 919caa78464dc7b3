"""MDD: a second classifier that disagrees on the target, and features on which it can't (Zhang et al., ICML 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.dann import reverse_gradient
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.methods.deep.ramp import ramp
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner


@dataclass(frozen=True)
class MDD:
    """Classification plus what the auxiliary classifier f' minimises, its gradient reversed on the features alone.

    With the classifier's own predictions h(x) as labels and p' as its softmax, f' has the loss -log p'_h(x) on the
    sources, times the margin's factor `gamma` = exp(rho), and -log(1 - p'_h(x)) on the target. f' has the classifier's
    shape and learns at full rate; h passes no gradient on. The gradient that reaches the features is multiplied by
    -eta (2 / (1 + exp(-alpha p / horizon)) - 1), p being the share of the run; a `horizon` of 0.01 is that of the code,
    1,000 of 100,000 steps. log(1 - p') is computed from the logits: it stays finite, with a bounded gradient, where the
    code's becomes infinite.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Zhang et al., ICML 2019",
        code="thuml/MDD",
        layer=(
            "the scores of an auxiliary classifier on the features",
            "the same, with a hidden layer of 1024 on a bottleneck of 1024",
            "an auxiliary classifier of the head's shape on the network's features",
        ),
        reduction=("mean over each domain", "mean over each domain", "the same, over all sources together"),
        weight=(
            "eta on the discrepancy, gamma on the source's mean, 4 on Office-31",
            "gamma 4 on Office-31, 2 on Office-Home; at most 0.1 on the gradient that reaches the features",
            "gamma 4, eta 0.1",
        ),
        schedule=(
            "not found",
            "0.1 (2 / (1 + exp(-s / 1000)) - 1) at step s of 100,000",
            "the same as the code, in shares of the run",
        ),
    )

    gamma: float = 4.0
    eta: float = 0.1
    alpha: float = 1.0
    horizon: float = 0.01  # the share of the run after which p is 1

    def __post_init__(self) -> None:
        if not self.horizon > 0:
            raise ValueError(f"a horizon of {self.horizon} of the run is over at its start; give one above 0")

    def build(self, net: Network, classes: int) -> Learner:
        return MDDLearner(net, classes, self)


class MDDLearner(Learner):
    def __init__(self, net: Network, classes: int, method: MDD) -> None:
        super().__init__(net, classes)
        self.method = method
        self.auxiliary_classifier = net.head(classes)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        method, features = self.method, self.features(batches)
        factor = method.eta * ramp(progress / method.horizon, method.alpha)
        on_source, on_target = self.disparities(*sources_and_target(features, batches), factor)
        return {
            "classification": self.classification(features, batches),
            "source disparity": method.gamma * on_source,
            "target disparity": on_target,
        }

    def disparities(self, source: Tensor, target: Tensor, factor: float) -> tuple[Tensor, Tensor]:
        """The means of -log p'_h on features (n, d) and of -log(1 - p'_h) on (m, d), reversed and scaled below f'."""
        features = torch.cat([source, target])
        predicted = self.classifier(features).argmax(1)
        logits = self.auxiliary_classifier(reverse_gradient(features, factor))
        known = len(source)
        on_source = F.cross_entropy(logits[:known], predicted[:known])
        return on_source, -log_of_the_others(logits[known:], predicted[known:]).mean()


def log_of_the_others(logits: Tensor, labels: Tensor) -> Tensor:
    """log(1 - softmax(logits)_label) of each row (n, c), without cancellation where the label is certain."""
    others = logits.masked_fill(F.one_hot(labels, logits.shape[1]).bool(), -torch.inf)
    return others.logsumexp(1) - logits.logsumexp(1)
