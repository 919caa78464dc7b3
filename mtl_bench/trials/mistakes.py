"""Mistakes: whether two trained networks fail on the same rows, over all and class by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.measures.mistakes import error_consistency
from mtl_bench.trials.contracts import DataSet, read_labels, read_rows
from mtl_bench.trials.history import array, table
from mtl_bench.trials.interpolation import logits_of
from mtl_bench.trials.weights import Weights

BY_CLASS = "by_class.csv"


@dataclass(frozen=True)
class Mistakes(Trial):
    """Which test rows each of two networks, which learnt one data set, classifies correctly.

    Metrics: "kappa", error consistency (see `error_consistency`); in percent of the rows, "common" (both wrong), "only
    a" and "only b" (wrong by that one alone). Leaves `by_class.csv` (class number, rows, and these three as counts) and
    `right.npy` (bool, 2 × rows), from which difficulties can be had. Raises ValueError where neither ever fails.
    """

    keep: ClassVar[tuple[str, ...]] = (BY_CLASS,)

    a: Weights
    b: Weights
    data: DataSet

    def run(self, work: Work) -> Mapping[str, float]:
        rows = read_rows(self.data, "test", work)
        labels = read_labels(self.data, "test", work, len(rows))
        learners = [weights.learner(work).to(work.device) for weights in (self.a, self.b)]
        right = np.stack([logits_of(learner, rows, self.data.name).argmax(1) == labels for learner in learners])
        write_atomically(work.folder / "right.npy", array(right))
        wrong = {"common": ~right[0] & ~right[1], "only a": ~right[0] & right[1], "only b": right[0] & ~right[1]}
        lines = [
            {"class": float(one), "rows": float((labels == one).sum())}
            | {name: float((labels[which] == one).sum()) for name, which in wrong.items()}
            for one in range(len(self.data.classes))
        ]
        write_atomically(work.folder / BY_CLASS, table(lines))
        shares = {name: 100 * float(which.mean()) for name, which in wrong.items()}
        return {"kappa": error_consistency(right[0], right[1]), **shares}
