"""Mistakes: whether two trained networks fail on the same rows, over all and class by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array, Rows, chunks
from mtl_bench.measures.mistakes import error_consistency
from mtl_bench.trials.contracts import DataSet, read_labels, read_rows, rows_of
from mtl_bench.trials.history import array, table
from mtl_bench.trials.interpolation import logits_of
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights

BY_CLASS, RIGHT = "by_class.csv", "right.npy"


@dataclass(frozen=True)
class Mistakes(Trial):
    """Which test rows each of two networks, which learnt one data set, classifies correctly.

    Metrics: "kappa", error consistency (see `error_consistency`); in percent of the rows, "common" (both wrong), "only
    a" and "only b" (wrong by that one alone); the same of each class's rows, "common <class>". With `judges`, other
    networks that learnt the same classes, "difficulty common", "difficulty only a" and "difficulty only b": the
    percentage of the judges' answers on those rows that are wrong, or on all rows where there are none of a kind. Who
    learnt a row does not judge it, and "judged" is the percentage of rows that anyone judges. Leaves `by_class.csv`
    (class number, rows, and the three kinds as counts) and `right.npy` (bool, 2 × rows). Raises ValueError where
    neither ever fails, or nobody judges.
    """

    version: ClassVar[int] = 2  # who learnt a row does not judge it
    keep: ClassVar[tuple[str, ...]] = (BY_CLASS,)

    a: Weights
    b: Weights
    data: DataSet
    judges: tuple[Weights, ...] = ()  # of runs of Train

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
            found |= self._difficulty(wrong, rows, labels, work)
        return found

    def _difficulty(self, wrong: Mapping[str, Array], rows: Rows, labels: Array, work: Work) -> dict[str, float]:
        failed = np.stack([~self._right(judge, rows, labels, work) for judge in self.judges])
        judging = np.stack([~self._learnt(judge, rows, work) for judge in self.judges])
        judged = judging.any(0)
        if not judged.any():
            raise ValueError(f"all judges learnt the test rows of {self.data.name}; give judges that did not")
        share = (failed & judging).sum(0) / np.maximum(judging.sum(0), 1)
        found = {"judged": 100 * float(judged.mean())}
        for name, which in wrong.items():
            own = which & judged
            found[f"difficulty {name}"] = 100 * float(share[own if own.any() else judged].mean())
        return found

    def _learnt(self, judge: Weights, rows: Rows, work: Work) -> Array:
        """bool (rows,): which rows are, number by number, among those that a judge was trained on."""
        if not isinstance(judge.of, Train):
            raise ValueError(f"a judge is a {type(judge.of).__name__}, whose training rows are not known; give a Train")
        own = rows_of(judge.of.data, "train", work)
        learnt = {row.tobytes() for chunk in chunks(own) for row in np.asarray(chunk)}
        return np.array([row.tobytes() in learnt for chunk in chunks(rows) for row in np.asarray(chunk)])

    def _right(self, weights: Weights, rows: Rows, labels: Array, work: Work) -> Array:
        """bool (rows,): which a network classifies correctly."""
        right: Array = logits_of(weights.learner(work).to(work.device), rows, self.data.name).argmax(1) == labels
        return right
