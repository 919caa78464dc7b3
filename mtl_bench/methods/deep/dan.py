"""DAN: every fully connected layer agrees in the mean embedding of many kernels (Long et al., ICML 2015)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from torch import Tensor

from mtl_bench.measures.mmd import OCTAVES, squared_mmd
from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.heads import layers_of
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner

Kernels = Literal["mean", "sum", "one", "33"]
OF_PAPER = tuple(2 ** (power / 2) for power in range(-16, 17))  # its bandwidths, over the middle one
Layers = Literal["head", "features", "features and head"]


@dataclass(frozen=True)
class DAN:
    """Classification plus `weight` (lambda) times the sum of MK-MMDs over all layers of the head (equation 5).

    The paper's layers are AlexNet's fc6 to fc8, its kernel is a convex combination of many, here the mean of five of
    equal weight; the released codes sum these five. Bandwidths around the mean squared distance and `weight` 1 are the
    released ones: the paper selects lambda. The estimate is the unbiased one over all pairs; theirs, over quadruples,
    has the same expectation and more variance.

    Above a bottleneck the head is one layer, and the bottleneck, the network's features, is one of the paper's layers:
    `layers` says whose embeddings agree. `kernels="one"` is the single kernel of the paper's DAN_SK, of bandwidth 1,
    and "33" the paper's own family, from 2^-8 to 2^8 times the middle one, here with equal weights around the mean
    squared distance where the paper solves for the weights and takes the median.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Long et al., ICML 2015",
        code="thuml/Xlearn, pytorch/",
        layer=(
            "fc6, fc7 and fc8 of AlexNet",
            "one, the bottleneck of 256 above ResNet-50",
            "`layers`: every layer of the head",
        ),
        reduction=(
            "a convex combination of kernels; unbiased, over quadruples in a row",
            "the sum of five kernels; over quadruples in a row",
            '`kernels`: the mean of five; "sum" is the code\'s, "one" DAN_SK\'s, "33" the paper\'s; '
            "unbiased, over all pairs",
        ),
        weight=("lambda, selected", "1", "1"),
        schedule=("constant", "constant", "constant"),
    )

    weight: float = 1.0
    kernels: Kernels = "mean"
    layers: Layers = field(default="head", metadata={"omit_when": "head"})

    def __post_init__(self) -> None:
        for name, known in (("kernels", get_args(Kernels)), ("layers", get_args(Layers))):
            if getattr(self, name) not in known:
                raise ValueError(f"DAN has no {name} {getattr(self, name)!r}; choose one of {' | '.join(known)}")

    def build(self, net: Network, classes: int) -> Learner:
        return DANLearner(net, classes, self)


class DANLearner(Learner):
    def __init__(self, net: Network, classes: int, method: DAN) -> None:
        super().__init__(net, classes)
        self.weight = method.weight * (len(OCTAVES) if method.kernels == "sum" else 1)
        self.bandwidths: tuple[float, ...] = {"one": (1.0,), "33": OF_PAPER}.get(method.kernels, OCTAVES)
        self.aligned = method.layers

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        losses = {"classification": self.classification(features, batches)}
        layers = {domain: self._aligned(f) for domain, f in features.items()}
        for i in range(len(next(iter(layers.values())))):
            source, target = sources_and_target({domain: layers[domain][i] for domain in batches}, batches)
            losses[f"discrepancy {i + 1}"] = self.weight * squared_mmd(source, target, self.bandwidths)
        return losses

    def _aligned(self, features: Tensor) -> list[Tensor]:
        own = [] if self.aligned == "head" else [features]
        return own if self.aligned == "features" else [*own, *layers_of(self.classifier, features)]
