"""FitShallow: a shallow method on the features of a trained network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from mtl_bench.core.trial import Trial, Work
from mtl_bench.training.loop import DomainData, outputs_of
from mtl_bench.trials.adapt import Adapt, Domain

Array = np.ndarray[Any, Any]


class Predictor(Protocol):
    def predict(self, x: Array) -> Array: ...


class ShallowMethod(Protocol):
    """A shallow method, as a frozen dataclass."""

    def fit(self, xs: Array, ys: Array, xt: Array) -> Predictor: ...


@dataclass(frozen=True)
class FitShallow(Trial):
    """Fitted on the trained network's features of 2,000 source and 2,000 target training images.

    Leaves its predictions of all target test images as the one checkpoint of a run (step 0), so that `Select` and
    `Evaluate` treat it as any other.
    """

    method: ShallowMethod
    features: Adapt

    @property
    def target(self) -> Domain:
        return self.features.target

    def run(self, work: Work) -> Mapping[str, float]:
        folder = work.folder_of(self.features)
        step = self.features.recipe.checkpoint_steps()[-1]
        with np.load(folder / f"checkpoint-{step}.npz", allow_pickle=False) as saved:
            seen = {name: saved[f"{name} features"].astype(np.float64) for name in ("source train", "target train")}
        with np.load(folder / "source_labels.npz", allow_pickle=False) as labels:
            predictor = self.method.fit(seen["source train"], labels["train"], seen["target train"])
        one_hot = np.eye(len(self.target.classes))[predictor.predict(self._test_features(folder, work))]
        np.savez_compressed(work.folder / "checkpoint-0.npz", allow_pickle=False, **{"target test logits": one_hot})
        (work.folder / "history.csv").write_text("step\n0\n", encoding="utf-8")
        return {"images": len(one_hot)}

    def _test_features(self, folder: Path, work: Work) -> Array:
        """(n, width) from the network's last weights."""
        streams, _ = self.features.cut(work)
        streams.setdefault(self.target.name, DomainData(self.target.inputs("train"), None))
        learner = self.features.learner(streams)
        learner.load_state_dict(torch.load(folder / "last.pt", map_location="cpu", weights_only=True))
        images = self.target.inputs("test")
        _, features = outputs_of(learner.to(work.device), images, self.target.name, len(images))
        return features.astype(np.float64)
