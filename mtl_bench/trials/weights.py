"""Weights: the network that a trial trained, at the end, at a step along the way, or as it started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from mtl_bench.core.trial import Work
from mtl_bench.training.learner import Learner
from mtl_bench.trials.contracts import Trained


def file_of(step: int) -> str:
    """Where a trial keeps its learner's state after a step."""
    return f"weights-{step}.pt"


@dataclass(frozen=True)
class Weights:
    """The learner of a trained trial: after its last step, or after `step`, of which 0 is where it started."""

    of: Trained
    step: int | None = None

    def learner(self, work: Work) -> Learner:
        """A learner with these weights, in evaluation mode."""
        if self.step == 0:
            return self.of.start(work).eval()
        learner = self.of.build()
        learner.load_state_dict(self.state(work))
        return learner.eval()

    def state(self, work: Work) -> dict[str, Any]:
        """The learner's state by name: `net.stages.<layer>.…`, `classifier.…` and what else a method has."""
        if self.step == 0:
            return self.of.start(work).state_dict()
        step = self.of.recipe.steps if self.step is None else self.step
        path = work.artifact_of(self.of, file_of(step))  # type: ignore[arg-type]  # every trained thing is a trial
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        return state
