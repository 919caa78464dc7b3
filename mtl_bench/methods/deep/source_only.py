"""No adaptation: the baseline of every table and, with the target as its source, the ceiling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner, labelled


@dataclass(frozen=True)
class SourceOnly:
    """Cross-entropy on the sources and on what is known of the target's labels."""

    uses: ClassVar[tuple[str, ...]] = ()

    def build(self, net: Network, classes: int) -> Learner:
        if net.backbone.batch_norm == "per domain":
            raise ValueError('source only has no statistics of the target; choose batch_norm="together" or AdaBN')
        return SourceOnlyLearner(net, classes)


class SourceOnlyLearner(Learner):
    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        known = labelled(batches)
        return {"classification": self.classification(self.features(known), known)}
