"""Mistakes: whether two trained networks fail on the same rows, over all and class by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array, Rows
from mtl_bench.measures.mistakes import error_consistency
from mtl_bench.trials.contracts import DataSet, read_labels, read_rows
from mtl_bench.trials.history import array, table
from mtl_bench.trials.interpolation import logits_of
from mtl_bench.trials.weights import Weights

BY_CLASS, RIGHT = "by_class.csv", "right.npy"


@dataclass(frozen=True)
class Mistakes(Trial):
    """Which test rows each of two networks, which learnt one data set, classifies correctly.

    Metrics: "kappa", error consistency (see `error_consistency`); in percent of the rows, "common" (both wrong), "only
    a" and "only b" (wrong by that one alone); the same of each class's rows, "common <class>". With `judges`, other
    networks that learnt the same, "difficulty common", "difficulty only a" and "difficulty only b": the percentage of
    the judges' answers on those rows that are wrong, or on all rows where there are none of a kind. Leaves
    `by_class.csv` (class number, rows, and the three kinds as counts) and `right.npy` (bool, 2 × rows). Raises
    ValueError where neither ever fails.
    """

    keep: ClassVar[tuple[str, ...]] = (BY_CLASS,)

    a: Weights
    b: Weights
    data: DataSet
    judges: tuple[Weights, ...] = ()

    def run(self, work: Work) -> Mapping[str, float]:
        rows = read_rows(self.data, "test", work)
        labels = read_labels(self.data, "test", work, len(rows))
        right = np.stack([self._right(weights, rows, labels, work) for weights in (self.a, self.b)])
        write_atomically(work.folder / RIGHT, array(right))
        wrong = {"common": ~right[0] & ~right[1], "only a": ~right[0] & right[1], "only b": right[0] & ~right[1]}
        lines = [
            {"class": float(one), "rows": float((labels == one).sum())}
            | {name: float((labels[which] == one).sum()) for name, which in wrong.items()}
            for one in range(len(self.data.classes))
        ]
        write_atomically(work.folder / BY_CLASS, table(lines))
        found = {"kappa": error_consistency(right[0], right[1])}
        found |= {name: 100 * float(which.mean()) for name, which in wrong.items()}
        for line, of_class in zip(lines, self.data.classes, strict=True):
            if line["rows"]:
                found |= {f"{name} {of_class}": 100 * line[name] / line["rows"] for name in wrong}
        if self.judges:
            failed = np.mean([~self._right(judge, rows, labels, work) for judge in self.judges], axis=0)
            found |= {
                f"difficulty {name}": 100 * float((failed[which] if which.any() else failed).mean())
                for name, which in wrong.items()
            }
        return found

    def _right(self, weights: Weights, rows: Rows, labels: Array, work: Work) -> Array:
        """bool (rows,): which a network classifies correctly."""
        right: Array = logits_of(weights.learner(work).to(work.device), rows, self.data.name).argmax(1) == labels
        return right
