"""JAN: features and predictions whose joint distribution agrees between domains (Long et al., ICML 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from torch import Tensor
from torch.nn import functional as F

from mtl_bench.measures.joint_mmd import Gaussians, squared_joint_mmd
from mtl_bench.measures.mmd import OCTAVES
from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.methods.deep.ramp import ramp
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner

Kernels = Literal["mean", "sum"]
FEATURES = Gaussians(OCTAVES, relative=True)
PREDICTIONS = Gaussians((1.68,), relative=False)  # the released sigma, in the units of probabilities


@dataclass(frozen=True)
class JAN:
    """Classification plus `weight` (lambda) times the joint MMD of the network's features and the predictions.

    Of rows with features f and probabilities g = softmax(logits) the kernel is k_f(f, f') k_g(g, g'), where k_f is the
    mean of five Gaussians around the mean squared distance ("sum" is the code's, five times as much) and
    k_g = exp(-||g - g'||^2 / 1.68); both pass a gradient on. Lambda is `weight` (2 / (1 + exp(-gamma p)) - 1) at the
    share p of the run; with `gamma` None it is constant, as released. The paper has Gaussians of the median distance
    and an estimate over pairs in a row, the code overlapping pairs in a row; this is the unbiased estimate over all
    pairs, with the same expectation and less variance. JAN-A, an adversary in front of the kernels, is left out.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Long et al., ICML 2017",
        code="thuml/Xlearn, pytorch/ and caffe/",
        layer=(
            "fc6, fc7 and softmax of AlexNet; pool5 and softmax of ResNet-50",
            "the bottleneck of 256 above ResNet-50, and the softmax",
            "the network's features and the softmax",
        ),
        reduction=(
            "a product of Gaussians; unbiased, over pairs in a row",
            "five Gaussians summed, times one of 1.68; over overlapping pairs in a row",
            '`kernels`: the mean of five, times one of 1.68; "sum" is the code\'s; unbiased, over all pairs',
        ),
        weight=("lambda = 1", "1 in pytorch/, 0.3 in caffe/", "1"),
        schedule=(
            "lambda times 2 / (1 + exp(-10 p)) - 1 over the whole run",
            "constant",
            "`gamma`: the paper's; None is the code's",
        ),
    )

    weight: float = 1.0
    gamma: float | None = 10.0
    kernels: Kernels = "mean"

    def __post_init__(self) -> None:
        if self.kernels not in get_args(Kernels):
            raise ValueError(f"kernels can't be combined by {self.kernels!r}; choose {' or '.join(get_args(Kernels))}")

    def build(self, net: Network, classes: int) -> Learner:
        return JANLearner(net, classes, self)


class JANLearner(Learner):
    def __init__(self, net: Network, classes: int, method: JAN) -> None:
        super().__init__(net, classes)
        self.gamma = method.gamma
        self.weight = method.weight * (len(OCTAVES) if method.kernels == "sum" else 1)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        weight = self.weight * (1 if self.gamma is None else ramp(progress, self.gamma))
        return {
            "classification": self.classification(features, batches),
            "joint discrepancy": weight * self.joint_discrepancy(features, batches),
        }

    def joint_discrepancy(self, features: Mapping[str, Tensor], batches: Mapping[str, Batch]) -> Tensor:
        """The squared joint MMD between sources and target, under the mean of the five kernels."""
        sides = sources_and_target(features, batches)
        source, target = ([side, F.softmax(self.classifier(side), dim=1)] for side in sides)
        return squared_joint_mmd(source, target, (FEATURES, PREDICTIONS))
