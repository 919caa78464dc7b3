"""Mean matching: the domains' mean features are pulled together (the linear MMD)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner, sources, targets


@dataclass(frozen=True)
class MeanMatching:
    """Cross-entropy on the sources plus `weight` times the squared distance between the domains' mean features."""

    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    weight: float = 0.1

    def build(self, net: Network, classes: int) -> Learner:
        return MeanMatchingLearner(net, classes, self.weight)


class MeanMatchingLearner(Learner):
    def __init__(self, net: Network, classes: int, weight: float) -> None:
        super().__init__(net, classes)
        self.weight = weight

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        source = torch.cat([features[domain] for domain in sources(batches)]).mean(0)
        target = torch.cat([features[domain] for domain in targets(batches)]).mean(0)
        distance = (source - target).square().sum()
        return {"classification": self.classification(features, batches), "distance": self.weight * distance}
