"""Evaluate: join a selected checkpoint's predictions with the target's labels. Only this file reads them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.measures.validators import accuracy
from mtl_bench.trials.adapt import Adapt, digest
from mtl_bench.trials.reverse import ReverseValidate
from mtl_bench.trials.select import Select, SelectWeighted, best, read_checkpoint, read_history


@dataclass(frozen=True)
class Oracle(Trial):
    """The checkpoint with the best accuracy on the watched target training images: an upper bound, not a rule to use.

    It reads labels of the target's training images, which is its point; never those of the test.
    """

    adaptation: Adapt

    def run(self, work: Work) -> Mapping[str, float]:
        folder = work.folder_of(self.adaptation)
        labels = self.adaptation.target.labels("train")
        steps = [row["step"] for row in read_history(folder)]
        watched = {step: read_checkpoint(folder, step)["target train logits"] for step in steps}
        return best({step: accuracy(logits, labels[: len(logits)]) for step, logits in watched.items()})


Selection = Select | SelectWeighted | ReverseValidate | Oracle


@dataclass(frozen=True)
class Evaluate(Trial):
    """The accuracy on the target's test images, in percent, of the selected checkpoint.

    Leaves `curve.csv` (every checkpoint's step, accuracy, source validation and losses) and `correct.npy` (which test
    items the selected checkpoint gets right).
    """

    keep: ClassVar[tuple[str, ...]] = ("curve.csv", "correct.npy")

    selection: Selection

    def run(self, work: Work) -> Mapping[str, float]:
        run = self.selection.adaptation
        folder = work.folder_of(run)
        labels = run.target.labels("test")
        work.data[f"{run.target.name} test labels"] = digest(labels)
        chosen = work.metrics_of(self.selection)["step"]
        curve: list[dict[str, Any]] = []
        for row in read_history(folder):
            predictions = read_checkpoint(folder, row["step"])["target test logits"].argmax(1)
            correct = predictions == labels
            curve.append({"step": row["step"], "accuracy": 100 * correct.mean(), **row})
            if row["step"] == chosen:
                np.save(work.folder / "correct.npy", correct)
        with (work.folder / "curve.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(name for row in curve for name in row)), restval="")
            writer.writeheader()
            writer.writerows({name: f"{value:.6g}" for name, value in row.items()} for row in curve)
        reached = {row["step"]: row["accuracy"] for row in curve}
        return {"accuracy": reached[chosen], "step": chosen}
