"""AMN: an adversarial memory network, whose attention finds pivots (Li et al., IJCAI 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.dann import domain_confusion
from mtl_bench.methods.deep.ramp import ramp
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner


@dataclass(frozen=True)
class AMN:
    """Classification plus a linear domain classifier behind a gradient that is reversed, at `most` by this factor.

    Two memory networks that share all parameters, one for each classifier, are one network with two heads. Above
    `MemoryNetwork` it is the paper's; above another network it is DANN with a weak adversary. Of the paper no code is
    published: factor, loss and regulariser are those of the network of its authors that extends it (hsqmlzno1/HATN,
    P-net). Both heads have their squared norm, halved and times `regulariser`, in the objective.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Li et al., IJCAI 2017",
        code="of the paper none; hsqmlzno1/HATN, P-net, which extends it",
        layer=(
            "what a memory network of words reads",
            "what attention over words, then over sentences reads",
            "the network's features",
        ),
        reduction=("not read", "domains: one mean over all texts of both", "the same as the code"),
        weight=("not read", "reversed at most by 0.1; 0.005 times half the squared norm of both heads", "the code's"),
        schedule=("not read", "min(2 / (1 + exp(-10 p)) - 1, 0.1), p by epochs", "the code's, p by steps"),
    )

    most: float = 0.1
    regulariser: float = 0.005

    def build(self, net: Network, classes: int) -> Learner:
        return AMNLearner(net, classes, self)


class AMNLearner(Learner):
    def __init__(self, net: Network, classes: int, method: AMN) -> None:
        super().__init__(net, classes)
        self.method = method
        self.domain_classifier = nn.Linear(net.width, 1)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        factor = min(ramp(progress, 10.0), self.method.most)
        heads = (*self.classifier.parameters(), *self.domain_classifier.parameters())
        return {
            "classification": self.classification(features, batches),
            "domain": domain_confusion(self.domain_classifier, features, batches, factor, "mean"),
            "norm": self.method.regulariser / 2 * torch.stack([part.square().sum() for part in heads]).sum(),
        }
