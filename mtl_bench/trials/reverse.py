"""Reverse validation: train back from the target's predicted labels, and see what is left of the source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import read_with_checksum, write_with_checksum
from mtl_bench.inputs.rows import Array
from mtl_bench.measures.validators import accuracy
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.loop import fit, outputs_of
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.checkpoints import checkpoint_of, history_of
from mtl_bench.trials.contracts import FEATURES, in_order, rows_of
from mtl_bench.trials.select import best


@dataclass(frozen=True)
class ReverseValidate(Trial):
    """The checkpoint whose labels for the target teach the most about the source.

    For each checkpoint the same method learns from the watched target images with the labels that the checkpoint
    predicts, towards the unlabelled sources; the score is its accuracy on source validation (Ganin et al., JMLR 2016,
    section 5.1.2). Each starts from new weights, by a `recipe` of its own: ten reverse runs as long as the forward one
    would be ten times its price.
    """

    adaptation: Adapt
    recipe: Recipe

    def uses_of_target(self) -> tuple[str, ...]:
        return in_order((*self.adaptation.uses_of_target(), FEATURES))

    def run(self, work: Work) -> Mapping[str, float]:
        notes = work.folder / "scores.json"
        scores: dict[str, float] = json.loads(read_with_checksum(notes) or b"{}")
        history = history_of(self.adaptation, work)
        for i, row in enumerate(history):
            name = f"{row['step']:.0f}"
            if name not in scores:
                predicted = checkpoint_of(self.adaptation, row["step"], work)["target train logits"].argmax(1)
                scores[name] = self._score(predicted, work, name, i / len(history), len(history))
                write_with_checksum(notes, json.dumps(scores).encode())
        notes.unlink()
        return best({row["step"]: scores[f"{row['step']:.0f}"] for row in history})

    def _score(self, predicted: Array, work: Work, name: str, done: float, runs: int) -> float:
        forward = self.adaptation
        if len(forward.sources) != 1:
            raise ValueError(f"reverse validation needs one source, not {len(forward.sources)}; choose another rule")
        training, validation = forward.cut(work)
        rows = rows_of(forward.target, "train", work)[: len(predicted)]
        data = {forward.target.name: DomainData(rows, predicted)}
        data |= {source: DomainData(domain.inputs, None, target=True) for source, domain in training.items()}
        learner = forward.started_on(data, work)

        def progress(fraction: float, text: str) -> None:
            work.progress(done + fraction / runs, f"checkpoint {name}: {text}")

        resume_state = work.folder / f"reverse-{name}.pt"
        fit(learner, self.recipe, data, forward.seed, work.device, resume_state, lambda step, losses: None, progress)
        right = []
        for source, domain in validation.items():
            assert domain.labels is not None
            right.append(accuracy(outputs_of(learner, domain.inputs, source)[0], domain.labels))
        return float(np.mean(right))
