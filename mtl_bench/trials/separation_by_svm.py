"""How far domains are apart to a linear SVM, as DANN's paper draws it: in given features, and in those of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.inputs.rows import Array
from mtl_bench.measures.a_distance_by_svm import a_distance_by_svm
from mtl_bench.training.seeding import generator
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.checkpoints import checkpoint_of
from mtl_bench.trials.contracts import FEATURES, DataSet, read_rows
from mtl_bench.trials.select import Select


@dataclass(frozen=True)
class SeparationOfDomains(Trial):
    """The metric "a_distance" between two data sets' features, whose halves to learn and to test go by the seed."""

    one: DataSet
    other: DataSet
    seed: int
    split: str = "train"

    def uses_of_target(self) -> tuple[str, ...]:
        return (FEATURES,)

    def run(self, work: Work) -> Mapping[str, float]:
        both = (np.asarray(read_rows(data, self.split, work)[:], np.float64) for data in (self.one, self.other))
        one, other = (shuffled(x, self.seed) for x in both)
        return {"a_distance": a_distance_by_svm(one, other)}


@dataclass(frozen=True)
class SeparationOfRun(Trial):
    """The metric "a_distance" between the features that a run's selected checkpoint has of its two domains."""

    selection: Select

    @property
    def adaptation(self) -> Adapt:
        return self.selection.adaptation

    def uses_of_target(self) -> tuple[str, ...]:
        return self.selection.uses_of_target()

    def run(self, work: Work) -> Mapping[str, float]:
        seen = checkpoint_of(self.adaptation, work.metrics_of(self.selection)["step"], work)
        both = (seen[f"{side} train features"].astype(np.float64) for side in ("source", "target"))
        source, target = (shuffled(x, self.adaptation.seed) for x in both)
        return {"a_distance": a_distance_by_svm(source, target)}


def shuffled(rows: Array, seed: int) -> Array:
    """Rows in a random order, the same for data sets of one size."""
    return rows[generator(seed, "halves of a domain").permutation(len(rows))]
