"""LearningCurve: how fast a run learnt, from what it noted along the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.inputs.rows import Array
from mtl_bench.measures.learning_curve import learning_curve_area, steps_to
from mtl_bench.trials.history import read_table
from mtl_bench.trials.train import CURVE, Train

LEARNT = 0.9  # of what the run beside it reads in the end


@dataclass(frozen=True)
class LearningCurve(Trial):
    """A training run's test accuracies at its recipe's checkpoints, in percent, as numbers that can be compared.

    Metrics: "start", the accuracy at the first checkpoint; "area", the mean accuracy from there to the last by
    trapezoids, which Neyshabur et al. (NeurIPS 2020, section 3.2) take for the speed of optimisation; "learnt after",
    the percentage of the run's steps after which it first reads nine tenths of what `beside` reads after its last step,
    100 if it never does; and of every checkpoint "accuracy after <step>".
    """

    version: ClassVar[int] = 2  # at checkpoints alone

    of: Train
    beside: Train

    def run(self, work: Work) -> Mapping[str, float]:
        steps, accuracies = curve_of(self.of, work)
        _, others = curve_of(self.beside, work)
        first = min(steps_to(LEARNT * float(others[-1]), steps, accuracies), float(steps[-1]))
        return {
            "start": float(accuracies[0]),
            "area": learning_curve_area(steps, accuracies),
            "learnt after": 100 * first / float(steps[-1]),
        } | {f"accuracy after {step:.0f}": float(value) for step, value in zip(steps, accuracies, strict=True)}


def curve_of(run: Train, work: Work) -> tuple[Array, Array]:
    """Steps and test accuracies, float64 (checkpoints,) each, in order; other steps whose weights are kept are none."""
    steps = set(run.recipe.checkpoint_steps())
    rows = [row for row in read_table(work.artifact_of(run, CURVE)) if row["step"] in steps]
    return np.array([row["step"] for row in rows]), np.array([row["accuracy"] for row in rows])
