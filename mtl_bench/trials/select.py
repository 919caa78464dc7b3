"""Select: which checkpoint of a run a named rule takes. Nothing here reads a label of the target."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.measures import validators
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.shallow import FitShallow

Array = np.ndarray[Any, Any]
Rule = Literal["last", "source validation", "entropy", "SND"]
WeightedRule = Literal["importance-weighted", "DEV"]


@dataclass(frozen=True)
class Select(Trial):
    """The step of the checkpoint with the best score under a rule; of equals, the earliest."""

    adaptation: Adapt | FitShallow
    rule: Rule = "last"

    def run(self, work: Work) -> Mapping[str, float]:
        folder = work.folder_of(self.adaptation)
        return best({row["step"]: self._score(row, folder) for row in read_history(folder)})

    def _score(self, row: Mapping[str, float], folder: Path) -> float:
        """Higher is better."""
        if self.rule == "last":
            return row["step"]
        if self.rule == "source validation":  # the loss, because accuracies near 100 % are all ties
            return -row["source_validation_loss"]
        logits = read_checkpoint(folder, row["step"])["target train logits"]
        if self.rule == "entropy":
            return -validators.entropy(logits)
        return validators.soft_neighbourhood_density(logits)


@dataclass(frozen=True)
class ImportanceWeights(Trial):
    """How much more likely each source validation image is on the target, by each checkpoint's features.

    Leaves `weights.npz`: an array (n,) per step.
    """

    adaptation: Adapt

    def run(self, work: Work) -> Mapping[str, float]:
        folder = work.folder_of(self.adaptation)
        history, weights = read_history(folder), {}
        for i, row in enumerate(history):
            checkpoint = read_checkpoint(folder, row["step"])
            names = ("source train", "target train", "source validation")
            weights[f"{row['step']:.0f}"] = validators.importance_weights(*(checkpoint[f"{n} features"] for n in names))
            work.progress((i + 1) / len(history), f"checkpoint {i + 1}/{len(history)}")
        np.savez(work.folder / "weights.npz", allow_pickle=False, **weights)
        return {"largest": float(max(w.max() for w in weights.values()))}


@dataclass(frozen=True)
class SelectWeighted(Trial):
    """The step of the checkpoint with the smallest risk on source validation images weighted towards the target."""

    weights: ImportanceWeights
    rule: WeightedRule

    @property
    def adaptation(self) -> Adapt:
        return self.weights.adaptation

    def run(self, work: Work) -> Mapping[str, float]:
        folder = work.folder_of(self.adaptation)
        risk = {
            "importance-weighted": validators.importance_weighted_risk,
            "DEV": validators.deep_embedded_validation,
        }[self.rule]
        with np.load(folder / "source_labels.npz", allow_pickle=False) as arrays:
            labels = arrays["validation"]
        scores = {}
        with np.load(work.folder_of(self.weights) / "weights.npz", allow_pickle=False) as weights:
            for row in read_history(folder):
                logits = read_checkpoint(folder, row["step"])["source validation logits"]
                losses = -validators.log_probabilities(logits)[np.arange(len(logits)), labels]
                scores[row["step"]] = -risk(weights[f"{row['step']:.0f}"], losses)
        return best(scores)


def best(scores: Mapping[float, float]) -> dict[str, float]:
    """The first step with the highest score, and that score."""
    step = max(scores, key=lambda s: scores[s] if scores[s] == scores[s] else float("-inf"))  # a diverged one is last
    return {"step": step, "score": scores[step]}


def read_history(folder: Path) -> list[dict[str, float]]:
    """A run's checkpoints in order: step, source validation accuracy and loss, mean training losses."""
    with (folder / "history.csv").open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def read_checkpoint(folder: Path, step: float) -> dict[str, Array]:
    """A checkpoint's logits and features by name, for example "target test logits"."""
    with np.load(folder / f"checkpoint-{int(step)}.npz", allow_pickle=False) as arrays:
        return dict(arrays)
