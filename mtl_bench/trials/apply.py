"""Apply: a trained network on the test rows of a data set that it may never have seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.training.loop import outputs_of
from mtl_bench.trials.contracts import DataSet, read_labels, read_rows
from mtl_bench.trials.history import array
from mtl_bench.trials.weights import Weights

RIGHT = "right.npy"


@dataclass(frozen=True)
class Apply(Trial):
    """The metric "accuracy": the percentage of all test rows that a network names correctly, none weighted.

    The network may have learnt these classes from another data set. Leaves `right.npy` (bool, rows). Raises ValueError
    where it has not as many classes.
    """

    weights: Weights
    data: DataSet

    def run(self, work: Work) -> Mapping[str, float]:
        rows = read_rows(self.data, "test", work)
        labels = read_labels(self.data, "test", work, len(rows))
        logits, _ = outputs_of(self.weights.learner(work).to(work.device), rows, self.data.name)
        if logits.shape[1] != len(self.data.classes):
            raise ValueError(
                f"a network of {logits.shape[1]} classes can't name the {len(self.data.classes)} of {self.data.name}; "
                "give it a classifier of its own"
            )
        right = logits.argmax(1) == labels
        write_atomically(work.folder / RIGHT, array(right))
        return {"accuracy": 100 * float(np.mean(right))}
