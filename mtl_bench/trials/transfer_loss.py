"""TransferLoss: what a classifier loses on its way from one domain to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mtl_bench.core.trial import Trial, Work
from mtl_bench.trials.checkpoints import history_of
from mtl_bench.trials.evaluate import Evaluate


@dataclass(frozen=True)
class TransferLoss(Trial):
    """The accuracy on source images that were held out, minus that on the target, of one checkpoint, in points.

    It is the difference that a distance of domains bounds, up to the best joint error (Ben-David et al., Machine
    Learning 79, 2010, theorem 2). Metrics: "loss", "within" (of the held-out source images) and "accuracy".
    """

    evaluation: Evaluate

    def uses_of_target(self) -> tuple[str, ...]:
        return self.evaluation.uses_of_target()

    def run(self, work: Work) -> Mapping[str, float]:
        reached = work.metrics_of(self.evaluation)
        rows = history_of(self.evaluation.selection.adaptation, work)
        [within] = [row["source_validation"] for row in rows if row["step"] == reached["step"]]
        return {"loss": within - reached["accuracy"], "within": within, "accuracy": reached["accuracy"]}
