"""Evaluate: join a selected checkpoint's predictions with the target's labels. Only this file reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.measures.validators import accuracy
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.checkpoints import checkpoint_of, history_of
from mtl_bench.trials.contracts import LABELS, in_order, read_labels
from mtl_bench.trials.history import Row, array, table
from mtl_bench.trials.reverse import ReverseValidate
from mtl_bench.trials.select import Select, SelectWeighted, best

DIGITS = 6  # of the curve, which a page draws


@dataclass(frozen=True)
class Oracle(Trial):
    """The checkpoint with the best accuracy on the watched target training rows: an upper bound, not a rule to use.

    It reads labels of the target's training rows, which is its point. Where the target is transductive, these are the
    rows that are tested, as in papers that report the best epoch; else the test's labels are never read.
    """

    adaptation: Adapt

    def uses_of_target(self) -> tuple[str, ...]:
        return in_order((*self.adaptation.uses_of_target(), LABELS))

    def run(self, work: Work) -> Mapping[str, float]:
        labels = read_labels(self.adaptation.target, "train", work)
        steps = [row["step"] for row in history_of(self.adaptation, work)]
        watched = {step: checkpoint_of(self.adaptation, step, work)["target train logits"] for step in steps}
        return best({step: accuracy(logits, labels[: len(logits)]) for step, logits in watched.items()})


Selection = Select | SelectWeighted | ReverseValidate | Oracle


@dataclass(frozen=True)
class Evaluate(Trial):
    """The accuracy on the target's test rows, in percent, of the selected checkpoint.

    Leaves `curve.csv` (every checkpoint's step, accuracy, source validation and losses) and `correct.npy` (which test
    items the selected checkpoint gets right).
    """

    keep: ClassVar[tuple[str, ...]] = ("curve.csv", "correct.npy")

    selection: Selection

    def uses_of_target(self) -> tuple[str, ...]:
        return self.selection.uses_of_target()

    def run(self, work: Work) -> Mapping[str, float]:
        run = self.selection.adaptation
        chosen = work.metrics_of(self.selection)["step"]
        predicted = {
            row["step"]: checkpoint_of(run, row["step"], work)["target test logits"].argmax(1)
            for row in history_of(run, work)
        }
        labels = read_labels(run.target, "test", work, len(predicted[chosen]))
        curve: list[Row] = []
        for row in history_of(run, work):
            correct = predicted[row["step"]] == labels
            curve.append({"step": row["step"], "accuracy": 100 * float(correct.mean()), **row})
            if row["step"] == chosen:
                write_atomically(work.folder / "correct.npy", array(correct))
        write_atomically(work.folder / "curve.csv", table(curve, DIGITS))
        reached = {row["step"]: row["accuracy"] for row in curve}
        return {"accuracy": reached[chosen], "step": chosen}
