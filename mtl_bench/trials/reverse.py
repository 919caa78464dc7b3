"""Reverse validation: train back from the target's predicted labels, and see what is left of the source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.measures.validators import accuracy
from mtl_bench.training.loop import DomainData, fit, outputs_of
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.select import best, read_checkpoint, read_history


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

    def run(self, work: Work) -> Mapping[str, float]:
        folder, notes = work.folder_of(self.adaptation), work.folder / "scores.json"
        scores: dict[str, float] = json.loads(notes.read_text(encoding="utf-8")) if notes.exists() else {}
        history = read_history(folder)
        for i, row in enumerate(history):
            name = f"{row['step']:.0f}"
            if name not in scores:
                predicted = read_checkpoint(folder, row["step"])["target train logits"].argmax(1)
                scores[name] = self._score(predicted, work, name, i / len(history), len(history))
                part = notes.with_suffix(".writing")
                part.write_text(json.dumps(scores), encoding="utf-8")
                part.replace(notes)
        return best({row["step"]: scores[f"{row['step']:.0f}"] for row in history})

    def _score(self, predicted: np.ndarray[Any, Any], work: Work, name: str, done: float, runs: int) -> float:
        forward = self.adaptation
        if len(forward.sources) > 1:
            raise ValueError(f"reverse validation needs one source, not {len(forward.sources)}; choose another rule")
        training, validation = forward.cut(work)
        images = forward.target.inputs("train")[: len(predicted)]
        streams = {forward.target.name: DomainData(images, predicted)}
        streams |= {source: DomainData(stream.inputs, None) for source, stream in training.items()}
        learner = forward.learner(streams)

        def progress(fraction: float, text: str) -> None:
            work.progress(done + fraction / runs, f"checkpoint {name}: {text}")

        resume_state = work.folder / f"reverse-{name}.pt"
        fit(learner, self.recipe, streams, forward.seed, work.device, resume_state, lambda step, losses: None, progress)
        right = []
        for source, stream in validation.items():
            assert stream.labels is not None
            logits, _ = outputs_of(learner, stream.inputs, source, 1)
            right.append(accuracy(logits, stream.labels))
        return float(np.mean(right))
