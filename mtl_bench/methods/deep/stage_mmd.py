"""MMD of chosen stages of a network: at which layer should domains agree? (after Long et al., ICML 2015, and DDC)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from mtl_bench.measures.mmd import squared_mmd
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner

LOGITS = "logits"


@dataclass(frozen=True)
class StageMMD:
    """Classification plus `weight` times the sum of MK-MMDs over the outputs of these stages, flattened.

    Stages go by the backbone's names; "logits" are the classifier's. Kernels and estimate are DAN's: with the last
    stage and the logits it is DAN on both. Nobody's method: it asks which of DAN's layers do the work, as the paper's
    DAN7 and DAN8 do for two of them (Table 1).
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)

    stages: tuple[str, ...] = (LOGITS,)
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.stages or len(set(self.stages)) < len(self.stages):
            raise ValueError(f"StageMMD aligns each stage once, not {list(self.stages)}; name one stage or more")

    def build(self, net: Network, classes: int) -> Learner:
        """Raises ValueError for a stage that the network lacks."""
        known = (*net.layers, LOGITS)
        if unknown := [stage for stage in self.stages if stage not in known]:
            raise ValueError(f"the network has no stage {unknown[0]} to align; it has {', '.join(known)}")
        return StageMMDLearner(net, classes, self)


class StageMMDLearner(Learner):
    def __init__(self, net: Network, classes: int, method: StageMMD) -> None:
        super().__init__(net, classes)
        self.method = method

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        layers = self.net({domain: batch.inputs for domain, batch in batches.items()})
        features = {domain: layers[domain][self.net.layers[-1]].flatten(1) for domain in batches}
        losses = {"classification": self.classification(features, batches)}
        for stage in self.method.stages:
            outputs = {
                domain: self.classifier(features[domain]) if stage == LOGITS else layers[domain][stage].flatten(1)
                for domain in batches
            }
            source, target = sources_and_target(outputs, batches)
            losses[f"discrepancy of {stage}"] = self.method.weight * squared_mmd(source, target)
        return losses
