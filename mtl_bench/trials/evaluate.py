"""Evaluate: join a selected candidate's predictions with the target's labels. Only this file reads them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.trials.adapt import digest
from mtl_bench.trials.select import Select, read_candidate, read_history


@dataclass(frozen=True)
class Evaluate(Trial):
    """The accuracy on the target's test images, in percent, of the selected candidate.

    Leaves `curve.csv` (every candidate's step, accuracy, source validation and losses) and `correct.npy` (which test
    items the selected candidate gets right).
    """

    keep: ClassVar[tuple[str, ...]] = ("curve.csv", "correct.npy")

    selection: Select

    def run(self, work: Work) -> Mapping[str, float]:
        adaptation = self.selection.adaptation
        folder = work.folder_of(adaptation)
        labels = adaptation.target.labels("test")
        work.data[f"{adaptation.target.name} test labels"] = digest(labels)
        chosen = work.metrics_of(self.selection)["step"]
        curve = []
        for row in read_history(folder):
            correct = read_candidate(folder, row["step"])["target test logits"].argmax(1) == labels
            curve.append({"step": row["step"], "accuracy": 100 * correct.mean(), **row})
            if row["step"] == chosen:
                np.save(work.folder / "correct.npy", correct)
                accuracy = curve[-1]["accuracy"]
        with (work.folder / "curve.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(name for row in curve for name in row)), restval="")
            writer.writeheader()
            writer.writerows({name: f"{value:.6g}" for name, value in row.items()} for row in curve)
        return {"accuracy": accuracy, "step": chosen}
