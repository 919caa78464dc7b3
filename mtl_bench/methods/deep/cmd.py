"""CMD: a bounded hidden layer whose central moments agree (Zellinger et al., ICLR 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from mtl_bench.measures.cmd import central_moment_discrepancy
from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.heads import layers_of
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner


@dataclass(frozen=True)
class CMD:
    """Classification plus `weight` (lambda) times the CMD of the last hidden layer, with the paper's lambda and K.

    CMD is defined on a bounded interval: a tanh (|b - a| = 2) takes the place of the ReLU of the head's last hidden
    layer. (The authors have a sigmoid on fixed features. Above features that are learnt from scratch, lambda = 1 holds
    its units at 1/2 and not even the source is learnt.)
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Zellinger et al., ICLR 2017",
        code="wzell/cmd",
        layer=(
            "the last hidden layer, bounded",
            "a sigmoid layer of 256 on fixed features",
            "the head's last hidden layer, bounded by a tanh",
        ),
        reduction=(
            "the sum of norms of differences of moments, K = 5 (definition 2)",
            "the same, K = 5, |b - a| = 1",
            "as the paper, |b - a| = 2",
        ),
        weight=("lambda = 1", "1", "1"),
        schedule=("constant", "constant", "constant"),
    )

    weight: float = 1.0
    moments: int = 5  # K

    def build(self, net: Network, classes: int) -> Learner:
        return CMDLearner(net, classes, self)


class CMDLearner(Learner):
    def __init__(self, net: Network, classes: int, method: CMD) -> None:
        super().__init__(net, classes)
        self.method = method
        self.classifier = with_bounded_layer(self.classifier)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        bounded = {domain: layers_of(self.classifier, f)[-2] for domain, f in features.items()}
        source, target = sources_and_target(bounded, batches)
        discrepancy = central_moment_discrepancy(source, target, self.method.moments, width=2.0)
        return {
            "classification": self.classification(features, batches),
            "discrepancy": self.method.weight * discrepancy,
        }


def with_bounded_layer(head: nn.Module) -> nn.Module:
    """The head with a tanh in place of its last ReLU."""
    modules = list(head.children())
    places = [i for i, module in enumerate(modules) if isinstance(module, nn.ReLU)]
    if not places:
        raise ValueError("CMD needs a hidden layer to bound; choose a backbone whose head has one with a ReLU")
    modules[places[-1]] = nn.Tanh()
    return nn.Sequential(*modules)
