"""MCD: two classifiers that disagree on the target, and features on which they can't (Saito et al., CVPR 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from mtl_bench.methods.as_published import AsPublished
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner, descend, labelled, targets
from mtl_bench.training.recipe import Recipe


@dataclass(frozen=True)
class MCD:
    """Steps A, B and C of section 3.3, with `generator_steps` (the paper's n) of step C for each mini-batch."""

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Saito et al., CVPR 2018",
        code="mil-tokyo/MCD_DA, classification/",
        layer=("the probabilities of two classifiers", "the probabilities of two classifiers", "the same"),
        reduction=("mean absolute difference over classes and images (equation 2)", "the same", "the same"),
        weight=("1", "1", "1"),
        schedule=(
            "steps A, B and n of C for each mini-batch, n from 2 to 4",
            "n = 4; Adam, 2e-4, weight decay 5e-4, batches of 128",
            "n = 4; the study's optimiser",
        ),
    )

    generator_steps: int = 4

    def build(self, net: Network, classes: int) -> Learner:
        return MCDLearner(net, classes, self.generator_steps)


class MCDLearner(Learner):
    def __init__(self, net: Network, classes: int, generator_steps: int) -> None:
        super().__init__(net, classes)
        self.second_classifier = net.head(classes)
        self.generator_steps = generator_steps

    def optimizers(self, recipe: Recipe) -> dict[str, torch.optim.Optimizer]:
        return {
            "generator": recipe.optimizer_for(self.net),
            "classifiers": recipe.optimizer_for(self.classifier, self.second_classifier),
        }

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        """Both classifiers' cross-entropies and, with a target batch, their discrepancy on it."""
        return self._losses(self.features(batches), batches)

    def _losses(self, features: Mapping[str, Tensor], batches: Mapping[str, Batch]) -> dict[str, Tensor]:
        losses = {
            "classification": self.classification(features, batches),
            "second classification": self.classification(features, batches, self.second_classifier),
        }
        for domain in targets(batches):
            losses["discrepancy"] = self.discrepancy(features[domain])
        return losses

    def discrepancy(self, features: Tensor) -> Tensor:
        """The mean absolute difference of the two classifiers' probabilities (equation 2)."""
        first = F.softmax(self.classifier(features), dim=1)
        second = F.softmax(self.second_classifier(features), dim=1)
        return (first - second).abs().mean()

    def scores(self, features: Tensor, domain: str) -> Tensor:
        """The sum of the two classifiers' logits."""
        logits: Tensor = self.classifier(features) + self.second_classifier(features)
        return logits

    def step(
        self, batches: Mapping[str, Batch], optimizers: Mapping[str, torch.optim.Optimizer], progress: float
    ) -> dict[str, Tensor]:
        known, unknown = labelled(batches), targets(batches)
        generator, classifiers = optimizers["generator"], optimizers["classifiers"]
        # Step A: everything learns the sources.
        source_losses = self.losses(known, progress)
        descend(sum(source_losses.values(), torch.zeros(())), generator, classifiers)
        reported = {name: loss.detach() for name, loss in source_losses.items()}
        if not unknown:
            return reported
        # Step B: the classifiers alone keep the sources and disagree on the target.
        with torch.no_grad():
            standing = self.features(batches)
        losses = self._losses(standing, batches)
        descend(losses["classification"] + losses["second classification"] - losses["discrepancy"], classifiers)
        discrepancy = losses["discrepancy"]
        # Step C: the features alone make them agree again.
        for _ in range(self.generator_steps):
            features = self.features(unknown)
            discrepancy = sum((self.discrepancy(f) for f in features.values()), torch.zeros(()))
            descend(discrepancy, generator)
        return {**reported, "discrepancy": discrepancy.detach()}
