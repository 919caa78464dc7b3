"""MeanOver: the mean of trials, over pairs of domains, say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.trials.fit_shallow import FitShallow


@dataclass(frozen=True)
class Group:
    """Trials that are averaged, under a name for those who watch them run."""

    trials: tuple[FitShallow, ...]

    @property
    def name(self) -> str:
        return f"{len(self.trials)} × {type(self.trials[0].method).__name__}"


@dataclass(frozen=True)
class MeanOver(Trial):
    """The mean of each metric that all of these trials have, over the trials: over pairs of domains, say."""

    group: Group

    def uses_of_target(self) -> tuple[str, ...]:
        """What any of the trials uses of its target."""
        return tuple(dict.fromkeys(use for trial in self.group.trials for use in trial.uses_of_target()))

    def run(self, work: Work) -> Mapping[str, float]:
        metrics = [work.metrics_of(trial) for trial in self.group.trials]
        shared = [name for name in metrics[0] if all(name in other for other in metrics)]
        return {name: float(np.mean([one[name] for one in metrics])) for name in shared}
