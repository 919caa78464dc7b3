"""ReverseScore: how good a deep method's settings look to reverse validation, which no label of a target reaches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import read_with_checksum, write_with_checksum
from mtl_bench.inputs.rows import Array, choose
from mtl_bench.measures.validators import accuracy, log_probabilities
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.loop import fit, outputs_of
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import generator
from mtl_bench.trials.adapt import VALIDATION
from mtl_bench.trials.checkpoints import checkpoint_of
from mtl_bench.trials.contracts import FEATURES, Method, in_order, rows_of
from mtl_bench.trials.inits import Whole, apply_init
from mtl_bench.trials.select import Select
from mtl_bench.trials.weights import Weights


@dataclass(frozen=True)
class ReverseScore(Trial):
    """The accuracy on source validation of a run back from the target's predicted labels: the metric "score".

    Ganin et al., JMLR 2016, section 5.1.2: the same method learns from the target's training rows with the labels that
    the selected checkpoint predicts, towards the unlabelled source, from that checkpoint's weights on; a tenth of the
    target's rows is held out, and the run back stops early where its loss on their predicted labels is least.
    `ReverseValidate` chooses among the checkpoints of one run; this scores one, for a choice among runs of other
    settings. Raises ValueError for a run with several sources.
    """

    selection: Select
    recipe: Recipe  # of the run back

    @property
    def method(self) -> Method:
        """Whose settings are scored."""
        return self.selection.adaptation.method

    def uses_of_target(self) -> tuple[str, ...]:
        return in_order((*self.selection.uses_of_target(), FEATURES))

    def run(self, work: Work) -> Mapping[str, float]:
        forward, step = self.selection.adaptation, int(work.metrics_of(self.selection)["step"])
        if len(forward.sources) != 1:
            raise ValueError(f"reverse validation needs one source, not {len(forward.sources)}; choose another rule")
        predicted = checkpoint_of(forward, step, work)["target train logits"].argmax(1)
        rows = rows_of(forward.target, "train", work)
        held_out, kept = _cut(len(predicted), forward.seed, forward.target.name)
        training, validation = forward.cut(work)
        ((source, true),) = validation.items()
        own_labels = true.labels
        assert own_labels is not None
        data = {forward.target.name: DomainData(choose(rows, kept), predicted[kept])}
        data[source] = DomainData(training[source].inputs, None, target=True)
        learner = forward.started_on(data, work)
        apply_init(Whole(Weights(forward, step), head=True), learner, work)
        notes = work.folder / "scores.json"

        def seen() -> dict[str, list[float]]:
            return dict(json.loads(read_with_checksum(notes) or b"{}"))

        def checkpoint(step: int, losses: dict[str, float]) -> None:
            own = outputs_of(learner, choose(rows, held_out), forward.target.name)[0]
            loss = -float(log_probabilities(own)[np.arange(len(own)), predicted[held_out]].mean())
            right = accuracy(outputs_of(learner, true.inputs, source)[0], own_labels)
            write_with_checksum(notes, json.dumps({**seen(), f"{step}": [loss, right]}).encode())

        fit(
            learner,
            self.recipe,
            data,
            forward.seed,
            work.device,
            work.folder / "resume_state.pt",
            checkpoint,
            work.progress,
            intact=lambda step: all(f"{one}" in seen() for one in self.recipe.checkpoint_steps() if one <= step),
        )
        best, (_, score) = min(seen().items(), key=lambda item: (item[1][0], int(item[0])))
        notes.unlink()
        return {"score": score, "step": float(best)}


def _cut(count: int, seed: int, target: str) -> tuple[Array, Array]:
    """Sorted indices of the target's rows that are held out, and of those that the run back learns from."""
    shuffled, few = generator(seed, "reverse validation", target).permutation(count), round(VALIDATION * count)
    return np.sort(shuffled[:few]), np.sort(shuffled[few:])
