"""DAN: every fully connected layer agrees in the mean embedding of many kernels (Long et al., ICML 2015)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from mtl_bench.measures.mmd import squared_mmd
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.heads import layers_of
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner


@dataclass(frozen=True)
class DAN:
    """Classification plus `weight` (lambda) times the sum of MK-MMDs over all layers of the head (equation 5).

    The paper's layers are AlexNet's fc6 to fc8. As the authors released it: five kernels of equal weight, bandwidths
    around the mean squared distance, `weight` 1. The estimate is the unbiased one over all pairs; theirs, over
    quadruples, has the same expectation and more variance.
    """

    weight: float = 1.0

    def build(self, net: Network, classes: int) -> Learner:
        return DANLearner(net, classes, self.weight)


class DANLearner(Learner):
    def __init__(self, net: Network, classes: int, weight: float) -> None:
        super().__init__(net, classes)
        self.weight = weight

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        losses = {"classification": self.classification(features, batches)}
        layers = {domain: layers_of(self.classifier, f) for domain, f in features.items()}
        for i in range(len(next(iter(layers.values())))):
            source, target = sources_and_target({domain: layers[domain][i] for domain in batches}, batches)
            losses[f"discrepancy {i + 1}"] = self.weight * squared_mmd(source, target)
        return losses
