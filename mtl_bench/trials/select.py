"""Select: which checkpoint of a run a named rule takes. Nothing here reads a label of the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.measures import validators
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.checkpoints import checkpoint_of, history_of, source_labels_of
from mtl_bench.trials.contracts import FEATURES, in_order
from mtl_bench.trials.history import arrays, read_arrays

Rule = Literal["last", "source validation", "entropy", "SND"]
WeightedRule = Literal["importance-weighted", "DEV"]


@dataclass(frozen=True)
class Select(Trial):
    """The step of the checkpoint with the best score under a rule; of equals, the earliest."""

    adaptation: Adapt
    rule: Rule = "last"

    def uses_of_target(self) -> tuple[str, ...]:
        looked_at = (FEATURES,) if self.rule in ("entropy", "SND") else ()
        return in_order((*self.adaptation.uses_of_target(), *looked_at))

    def run(self, work: Work) -> Mapping[str, float]:
        return best({row["step"]: self._score(row, work) for row in history_of(self.adaptation, work)})

    def _score(self, row: Mapping[str, float], work: Work) -> float:
        """Higher is better."""
        if self.rule == "last":
            return row["step"]
        if self.rule == "source validation":  # the loss, because accuracies near 100 % are all ties
            if "source_validation_loss" not in row:
                raise ValueError(f'a run without a source has no validation; choose another rule than "{self.rule}"')
            return -row["source_validation_loss"]
        logits = checkpoint_of(self.adaptation, row["step"], work)["target train logits"]
        if self.rule == "entropy":
            return -validators.entropy(logits)
        return validators.soft_neighbourhood_density(logits)


@dataclass(frozen=True)
class ImportanceWeights(Trial):
    """How much more likely each source validation image is on the target, by each checkpoint's features.

    Leaves `weights.npz`: an array (n,) per step.
    """

    adaptation: Adapt

    def uses_of_target(self) -> tuple[str, ...]:
        return in_order((*self.adaptation.uses_of_target(), FEATURES))

    def run(self, work: Work) -> Mapping[str, float]:
        history, weights = history_of(self.adaptation, work), {}
        for i, row in enumerate(history):
            checkpoint = checkpoint_of(self.adaptation, row["step"], work)
            names = ("source train", "target train", "source validation")
            weights[f"{row['step']:.0f}"] = validators.importance_weights(*(checkpoint[f"{n} features"] for n in names))
            work.progress((i + 1) / len(history), f"checkpoint {i + 1}/{len(history)}")
        write_atomically(work.folder / "weights.npz", arrays(weights))
        return {"largest": float(max(w.max() for w in weights.values()))}


@dataclass(frozen=True)
class SelectWeighted(Trial):
    """The step of the checkpoint with the smallest risk on source validation images weighted towards the target."""

    weights: ImportanceWeights
    rule: WeightedRule

    @property
    def adaptation(self) -> Adapt:
        return self.weights.adaptation

    def uses_of_target(self) -> tuple[str, ...]:
        return self.weights.uses_of_target()

    def run(self, work: Work) -> Mapping[str, float]:
        risk = {
            "importance-weighted": validators.importance_weighted_risk,
            "DEV": validators.deep_embedded_validation,
        }[self.rule]
        labels, scores = source_labels_of(self.adaptation, work)["validation"], {}
        weights = read_arrays(work.artifact_of(self.weights, "weights.npz"))
        for row in history_of(self.adaptation, work):
            logits = checkpoint_of(self.adaptation, row["step"], work)["source validation logits"]
            losses = -validators.log_probabilities(logits)[np.arange(len(logits)), labels]
            scores[row["step"]] = -risk(weights[f"{row['step']:.0f}"], losses)
        return best(scores)


def best(scores: Mapping[float, float]) -> dict[str, float]:
    """The first step with the highest score, and that score."""
    step = max(scores, key=lambda s: scores[s] if scores[s] == scores[s] else float("-inf"))  # a diverged one is last
    return {"step": step, "score": scores[step]}
