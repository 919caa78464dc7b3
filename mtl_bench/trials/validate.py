"""Validate: how good the last weights of a run look to rules that see no label of the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.measures import validators
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.checkpoints import checkpoint_of, source_labels_of
from mtl_bench.trials.history import read_arrays
from mtl_bench.trials.select import ImportanceWeights

RULES = ("source validation", "entropy", "SND", "importance-weighted", "DEV")


@dataclass(frozen=True)
class Validate(Trial):
    """The scores by which `Select` compares checkpoints of a run, here of its last: higher is better.

    Metrics: one for each of `RULES`, of losses, risks and entropies the negative. They compare runs of several methods
    as they compare checkpoints of one.
    """

    weights: ImportanceWeights

    @property
    def adaptation(self) -> Adapt:
        return self.weights.adaptation

    def uses_of_target(self) -> tuple[str, ...]:
        return self.weights.uses_of_target()

    def run(self, work: Work) -> Mapping[str, float]:
        step = self.adaptation.recipe.checkpoint_steps()[-1]
        checkpoint = checkpoint_of(self.adaptation, step, work)
        labels = source_labels_of(self.adaptation, work)["validation"]
        logits, weights = (
            checkpoint["source validation logits"],
            read_arrays(work.artifact_of(self.weights, "weights.npz"))[f"{step:.0f}"],
        )
        losses = -validators.log_probabilities(logits)[np.arange(len(logits)), labels]
        target = checkpoint["target train logits"]
        return {
            "source validation": -float(losses.mean()),
            "entropy": -validators.entropy(target),
            "SND": validators.soft_neighbourhood_density(target),
            "importance-weighted": -validators.importance_weighted_risk(weights, losses),
            "DEV": -validators.deep_embedded_validation(weights, losses),
        }
