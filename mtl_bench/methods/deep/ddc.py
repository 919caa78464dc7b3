"""DDC: one adaptation layer whose mean is the same in both domains (Tzeng et al., arXiv:1412.3474, 2014)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from mtl_bench.measures.mmd_estimators import squared_distance_of_means
from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.last_hidden import below_and_above
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner


@dataclass(frozen=True)
class DDC:
    """Classification plus `weight` (lambda) times MMD^2 of the adaptation layer (section 3).

    MMD = ||mean phi(x_s) - mean phi(x_t)|| with the layer's activations as phi: the linear kernel, and so
    the biased estimate over all pairs. `MMD`, DSN's baseline, has Gaussian kernels, the first hidden layer and a later
    start. The paper puts a layer of 256 between fc7 and fc8 of AlexNet, where and as wide as MMD is least; here it is
    the head's last hidden layer, or the features where the head has none (a backbone's bottleneck).
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Tzeng et al., arXiv:1412.3474, 2014",
        code="not read",
        layer=(
            "a layer of 256 between fc7 and fc8 of AlexNet",
            "not read",
            "the head's last hidden layer, or features",
        ),
        reduction=("the squared distance of the means: the linear kernel, biased", "not read", "the same as the paper"),
        weight=("lambda = 0.25", "not read", "0.25"),
        schedule=("constant", "not read", "constant"),
    )

    weight: float = 0.25

    def build(self, net: Network, classes: int) -> Learner:
        return DDCLearner(net, classes, self.weight)


class DDCLearner(Learner):
    def __init__(self, net: Network, classes: int, weight: float) -> None:
        super().__init__(net, classes)
        self.weight = weight

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        below, above = below_and_above(self.classifier)
        hidden = {domain: below(features) for domain, features in self.features(batches).items()}
        return {
            "classification": self.classification(hidden, batches, above),
            "discrepancy": self.weight * squared_distance_of_means(*sources_and_target(hidden, batches)),
        }
