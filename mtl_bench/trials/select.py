"""Select: which candidate of a run a named rule takes. Nothing here reads a label of the target."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.trials.adapt import Adapt

Rule = Literal["last", "source validation"]


@dataclass(frozen=True)
class Select(Trial):
    """The step of the candidate with the best score; of equals, the earliest.

    Source validation takes the smallest loss, not the highest accuracy, which is a tie near 100 %.
    """

    adaptation: Adapt
    rule: Rule = "last"

    def run(self, work: Work) -> Mapping[str, float]:
        folder = work.folder_of(self.adaptation)
        history = read_history(folder)
        scores = [score(self.rule, row, folder) for row in history]
        best = int(np.argmax(scores))
        return {"step": history[best]["step"], "score": scores[best]}


def score(rule: Rule, row: Mapping[str, float], folder: Path) -> float:
    """A candidate's score under a rule: higher is better."""
    if rule == "last":
        return row["step"]
    return -row["source_validation_loss"]


def read_history(folder: Path) -> list[dict[str, float]]:
    """A run's candidates in order: step, source validation accuracy and loss, mean training losses."""
    with (folder / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def read_candidate(folder: Path, step: float) -> dict[str, np.ndarray[Any, Any]]:
    """A candidate's logits and features by name, for example "target test logits"."""
    with np.load(folder / f"candidate-{int(step)}.npz", allow_pickle=False) as arrays:
        return dict(arrays)
