"""AdaBN: the target is normalised by its own statistics (Li et al., Pattern Recognition 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from mtl_bench.methods.as_published import AsPublished
from mtl_bench.models.domain_norm import DomainBatchNorm
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner, labelled, targets


@dataclass(frozen=True)
class AdaBN:
    """Source only, on a network with BatchNorm whose policy is "per domain".

    Without a source it re-estimates the statistics of the network that it starts from and moves no weight.
    The target's images move the target's running averages and no weight. The paper computes these statistics after
    training (algorithm 1); here they follow it, so that every candidate has them.
    """

    uses: ClassVar[tuple[str, ...]] = ("BatchNorm statistics",)
    as_published: ClassVar = AsPublished(
        paper="Li et al., Pattern Recognition 2018",
        code="not read",
        layer=("every BatchNorm", "not read", "every BatchNorm, statistics per domain"),
        reduction=("mean and variance over all target images", "not read", "running averages over target batches"),
        weight=("none: no weight moves", "not read", "none"),
        schedule=("after training (algorithm 1)", "not read", "along the training, so that every checkpoint has them"),
    )

    def build(self, net: Network, classes: int) -> Learner:
        if not any(isinstance(module, DomainBatchNorm) for module in net.modules()):
            raise ValueError(
                "AdaBN needs BatchNorm with statistics per domain; "
                'choose a backbone such as DigitCNNBatchNorm(batch_norm="per domain")'
            )
        return AdaBNLearner(net, classes)


class AdaBNLearner(Learner):
    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        with torch.no_grad():
            self.features(targets(batches))
        known = labelled(batches)
        return {"classification": self.classification(self.features(known), known)} if known else {}
