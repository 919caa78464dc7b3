"""CMD: a bounded hidden layer whose central moments agree (Zellinger et al., ICLR 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from torch import Tensor, nn

from mtl_bench.measures.cmd import central_moment_discrepancy
from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.heads import layers_of
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner

Bound = Literal["tanh", "sigmoid"]
LENGTH: dict[Bound, float] = {"tanh": 2.0, "sigmoid": 1.0}  # |b - a|
BOUNDED: dict[Bound, type[nn.Module]] = {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


@dataclass(frozen=True)
class CMD:
    """Classification plus `weight` (lambda) times the CMD of the last hidden layer, with the paper's lambda and K.

    CMD is defined on a bounded interval: a tanh (|b - a| = 2) or, as the authors have on fixed features, a sigmoid
    (|b - a| = 1) takes the place of that layer's ReLU. (Above features that are learnt from scratch, lambda = 1 holds
    a sigmoid's units at 1/2 and not even the source is learnt.) The layer is the head's last hidden one or, where the
    head has none, the end of the network's last stage, such as a bottleneck, which may be bounded so already.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Zellinger et al., ICLR 2017",
        code="wzell/cmd",
        layer=(
            "the last hidden layer, bounded",
            "a sigmoid layer of 256 on fixed features",
            "the last hidden layer, bounded by a tanh; `bounded`: the code's sigmoid",
        ),
        reduction=(
            "the sum of norms of differences of moments, K = 5 (definition 2)",
            "the same, K = 5, an interval of length 1",
            "as the paper, an interval of length 2; of a sigmoid, 1",
        ),
        weight=("lambda = 1", "1", "1"),
        schedule=("constant", "constant", "constant"),
    )

    weight: float = 1.0
    moments: int = 5  # K
    bounded: Bound = field(default="tanh", metadata={"omit_when": "tanh"})

    def __post_init__(self) -> None:
        if self.bounded not in get_args(Bound):
            raise ValueError(f"CMD bounds no layer by {self.bounded!r}; choose {' or '.join(get_args(Bound))}")

    def build(self, net: Network, classes: int) -> Learner:
        return CMDLearner(net, classes, self)


class CMDLearner(Learner):
    def __init__(self, net: Network, classes: int, method: CMD) -> None:
        super().__init__(net, classes)
        self.method = method
        self.in_head = any(isinstance(module, nn.ReLU) for module in self.classifier.children())
        if self.in_head:
            self.classifier = with_bounded_layer(self.classifier, method.bounded)
        else:
            last = net.layers[-1]
            net.stages[last] = with_bounded_layer(net.stages[last], method.bounded, at_the_end=True)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = bounded = self.features(batches)
        if self.in_head:
            bounded = {domain: layers_of(self.classifier, f)[-2] for domain, f in features.items()}
        source, target = sources_and_target(bounded, batches)
        discrepancy = central_moment_discrepancy(source, target, self.method.moments, width=LENGTH[self.method.bounded])
        return {
            "classification": self.classification(features, batches),
            "discrepancy": self.method.weight * discrepancy,
        }


def with_bounded_layer(part: nn.Module, bounded: Bound, at_the_end: bool = False) -> nn.Module:
    """A head or a stage with a bounded activation in place of its last ReLU, which may have to stand at its end."""
    modules = list(part.children())
    if at_the_end and isinstance(modules[-1], BOUNDED[bounded]):
        return part
    places = [i for i, module in enumerate(modules) if isinstance(module, nn.ReLU)]
    if not places or (at_the_end and places[-1] < len(modules) - 1):
        raise ValueError(
            "CMD needs a hidden layer to bound; choose a backbone whose head has one with a ReLU, or whose last stage "
            "ends with a ReLU, such as Bottleneck()"
        )
    modules[places[-1]] = BOUNDED[bounded]()
    return nn.Sequential(*modules)
