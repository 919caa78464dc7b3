"""DANN with one hidden layer: its domain classifier is a logistic regression (Ganin et al., JMLR 2016, section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.dann import domain_confusion
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner


@dataclass(frozen=True)
class DANNOfOneLayer:
    """The saddle point of classification less `weight` (lambda) times domain classification (equations 9 to 11).

    lambda is constant and multiplies all of the domain loss: the gradient that reaches the features reversed, and the
    domain classifier's own. `DANN` is the paper's later form, whose lambda grows and whose domain classifier has a
    hidden layer and learns at full rate. The paper chooses lambda by reverse validation; 1 is the code's default. The
    domain classifier starts at zero (algorithm 1): one that starts anywhere drives features to its other side before it
    has seen any, which sets the domains apart.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Ganin et al., JMLR 2016, section 4.1",
        code="GRAAL-Research/domain_adversarial_neural_network",
        layer=("the hidden layer", "the hidden layer of sigmoids", "the network's features"),
        reduction=(
            "the sum of the source's mean and the target's mean (equation 9)",
            "one example of each domain at a time",
            "the same as the paper, over a batch of each domain",
        ),
        weight=(
            "lambda, chosen by reverse validation, on all of the domain loss",
            "lambda, 1 by default, on all of the domain loss",
            "1 by default, on all of the domain loss",
        ),
        schedule=("constant", "constant", "constant"),
    )

    weight: float = 1.0

    def build(self, net: Network, classes: int) -> Learner:
        return DANNOfOneLayerLearner(net, classes, self.weight)


class DANNOfOneLayerLearner(Learner):
    def __init__(self, net: Network, classes: int, weight: float) -> None:
        super().__init__(net, classes)
        self.weight = weight
        self.domain_classifier = nn.Linear(net.width, 1)
        nn.init.zeros_(self.domain_classifier.weight)
        nn.init.zeros_(self.domain_classifier.bias)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        confusion = domain_confusion(self.domain_classifier, features, batches, 1.0, "sum of means")
        return {"classification": self.classification(features, batches), "domain": self.weight * confusion}
