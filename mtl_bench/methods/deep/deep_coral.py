"""Deep CORAL: logits whose covariances agree (Sun and Saenko, ECCV workshops 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from mtl_bench.measures.coral import coral
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner


@dataclass(frozen=True)
class DeepCORAL:
    """Classification plus `weight` (lambda) times the CORAL loss of the logits (equation 6).

    The paper sets lambda so that both losses are about equal at the end of training, a rule that needs no label of the
    target, and prints no number.
    """

    weight: float = 1.0

    def build(self, net: Network, classes: int) -> Learner:
        return DeepCORALLearner(net, classes, self.weight)


class DeepCORALLearner(Learner):
    def __init__(self, net: Network, classes: int, weight: float) -> None:
        super().__init__(net, classes)
        self.weight = weight

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        logits = {domain: self.classifier(f) for domain, f in features.items()}
        return {
            "classification": self.classification(features, batches),
            "correlation": self.weight * coral(*sources_and_target(logits, batches)),
        }
