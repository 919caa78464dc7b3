"""Select: which candidate of a run a named rule takes. Nothing here reads a label of the target."""

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
Rule = Literal["last", "source validation", "entropy", "importance-weighted", "DEV", "SND"]


@dataclass(frozen=True)
class Select(Trial):
    """The step of the candidate with the best score under a rule; of equals, the earliest."""

    adaptation: Adapt | FitShallow
    rule: Rule = "last"

    def run(self, work: Work) -> Mapping[str, float]:
        folder = work.folder_of(self.adaptation)
        steps = [row["step"] for row in read_history(folder)]
        scores = [score(self.rule, row, folder) for row in read_history(folder)]
        best = int(np.argmax(scores))
        return {"step": steps[best], "score": scores[best]}


def score(rule: Rule, row: Mapping[str, float], folder: Path) -> float:
    """A candidate's score under a rule: higher is better."""
    if rule == "last":
        return row["step"]
    if rule == "source validation":  # the loss, because accuracies near 100 % are all ties
        return -row["source_validation_loss"]
    candidate = read_candidate(folder, row["step"])
    if rule == "entropy":
        return -validators.entropy(candidate["target train logits"])
    if rule == "SND":
        return validators.soft_neighbourhood_density(candidate["target train logits"])
    features = (candidate[f"{name} features"] for name in ("source train", "target train", "source validation"))
    weights = validators.importance_weights(*features)
    logits = candidate["source validation logits"]
    with np.load(folder / "source_labels.npz", allow_pickle=False) as labels:
        losses = -validators.log_probabilities(logits)[np.arange(len(logits)), labels["validation"]]
    if rule == "DEV":
        return -validators.deep_embedded_validation(weights, losses)
    return -validators.importance_weighted_risk(weights, losses)


def read_history(folder: Path) -> list[dict[str, float]]:
    """A run's candidates in order: step, source validation accuracy and loss, mean training losses."""
    with (folder / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def read_candidate(folder: Path, step: float) -> dict[str, Array]:
    """A candidate's logits and features by name, for example "target test logits"."""
    with np.load(folder / f"candidate-{int(step)}.npz", allow_pickle=False) as arrays:
        return dict(arrays)
