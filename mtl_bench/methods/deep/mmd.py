"""MMD: one hidden layer whose distributions agree, the baseline of DSN (Bousmalis et al., NIPS 2016, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from mtl_bench.measures.mmd import squared_mmd
from mtl_bench.methods.as_published import AsPublished
from mtl_bench.models.heads import layers_of
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner, sources, targets

# The 19 kernels exp(-d^2 / (2 w)) of DSN, in the units of the features.
WIDTHS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 5, 10, 15, 20, 25, 30, 35, 100, 1e3, 1e4, 1e5, 1e6)


@dataclass(frozen=True)
class MMD:
    """Classification plus gamma times the biased squared MMD on the head's first hidden layer (DSN's fc3).

    Kernels and estimator are those of the authors' code. They print no gamma for MMD: 0.25 is the weight of their
    command for DANN on MNIST to MNIST-M. The discrepancy starts after the fraction `start` of the run, as in DSN.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Bousmalis et al., NIPS 2016, the baseline MMD",
        code="tensorflow/models, research/domain_adaptation",
        layer=("fc3, the first hidden layer of 100", "fc3", "the first layer of the head"),
        reduction=(
            "19 kernels, biased estimate",
            "19 kernels summed, biased, at least 1e-4",
            "the same as the code, without the bound",
        ),
        weight=("gamma, tuned on labelled target images", "0.251175 in the one command, which is for DANN", "0.25"),
        schedule=("from step 10,000", "from a step that is given", "after the fraction `start` of the run"),
    )

    gamma: float = 0.25
    start: float = 0.05

    def build(self, net: Network, classes: int) -> Learner:
        return MMDLearner(net, classes, self)


class MMDLearner(Learner):
    def __init__(self, net: Network, classes: int, method: MMD) -> None:
        super().__init__(net, classes)
        self.method = method

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        features = self.features(batches)
        losses = {"classification": self.classification(features, batches)}
        if progress >= self.method.start:
            hidden = {domain: layers_of(self.classifier, f)[0] for domain, f in features.items()}
            losses["discrepancy"] = self.method.gamma * domain_discrepancy(hidden, batches)
        return losses


def domain_discrepancy(features: Mapping[str, Tensor], batches: Mapping[str, Batch]) -> Tensor:
    """The biased squared MMD between the sources' and the target's features under the sum of DSN's kernels."""
    bandwidths = [2.0 * width for width in WIDTHS]
    source, target = sources_and_target(features, batches)
    return len(WIDTHS) * squared_mmd(source, target, bandwidths, relative=False, biased=True)


def sources_and_target(features: Mapping[str, Tensor], batches: Mapping[str, Batch]) -> tuple[Tensor, Tensor]:
    """The features (n, d) of all labelled domains together and those (m, d) of the unlabelled one."""
    known, unknown = sources(batches), targets(batches)
    if not known or not unknown:
        raise ValueError("aligning domains needs a labelled and an unlabelled one; without a target use SourceOnly")
    return torch.cat([features[domain] for domain in known]), torch.cat([features[domain] for domain in unknown])
