"""Adapt: train a deep method on labelled sources and an unlabelled target."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch.nn import functional as F

from mtl_bench.core.trial import Trial, Work
from mtl_bench.models.network import Backbone, Network
from mtl_bench.training.learner import Learner
from mtl_bench.training.loop import DomainData, fit, outputs_of
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import generator, seed_everything

VALIDATION = 0.1  # the share of the source's training images that is held out to select models
WATCHED = 2000  # images of a training or validation set that a checkpoint is measured on; all would be slow


class Domain(Protocol):
    """A data set, as a frozen dataclass; images and labels are asked for separately."""

    @property
    def name(self) -> str: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    def inputs(self, split: str) -> np.ndarray[Any, Any]: ...

    def labels(self, split: str) -> np.ndarray[Any, Any]: ...


class Method(Protocol):
    """A deep method, as a frozen dataclass."""

    def build(self, net: Network, classes: int) -> Learner: ...


@dataclass(frozen=True)
class Adapt(Trial):
    """One training run. Of the target it reads images only, never a label.

    Leaves, for each of the recipe's checkpoint steps, `checkpoint-<step>.npz`: logits and features (float16) of 2,000
    images each of "source train", "source validation", "target train" and "target test", of the last the logits of all;
    the source labels in the same order (`source_labels.npz`); a `history.csv` of losses; and the weights of the last
    step and of the best source validation loss (`last.pt`, `best.pt`: the learner's state).
    """

    method: Method
    sources: tuple[Domain, ...]
    target: Domain
    backbone: Backbone
    recipe: Recipe
    seed: int

    def run(self, work: Work) -> Mapping[str, float]:
        self._check_domains()
        streams, validation = self.cut(work)
        target = {split: self.target.inputs(split) for split in ("train", "test")}
        for split, images in target.items():
            work.data[f"{self.target.name} {split} images"] = digest(images)
        seen = {
            "source train": {name: stream.inputs[:WATCHED] for name, stream in streams.items()},
            "source validation": {name: stream.inputs for name, stream in validation.items()},
            "target train": {self.target.name: target["train"][:WATCHED]},
            "target test": {self.target.name: target["test"]},
        }
        source_labels = {"train": _labels(streams, WATCHED), "validation": _labels(validation)}
        np.savez(work.folder / "source_labels.npz", allow_pickle=False, **source_labels)
        streams.setdefault(self.target.name, DomainData(target["train"], None))
        learner = self.learner(streams)

        def checkpoint(step: int, losses: dict[str, float]) -> None:
            arrays = {}
            for name, domains in seen.items():
                outputs = [outputs_of(learner, images, domain, WATCHED) for domain, images in domains.items()]
                arrays[f"{name} logits"] = np.concatenate([logits for logits, _ in outputs])
                arrays[f"{name} features"] = _half(np.concatenate([features for _, features in outputs]))
            np.savez_compressed(work.folder / f"checkpoint-{step}.npz", allow_pickle=False, **arrays)
            loss, accuracy = _score(arrays["source validation logits"], source_labels["validation"])
            history = work.folder / "history.json"
            rows = (
                [r for r in json.loads(history.read_text(encoding="utf-8")) if r["step"] < step]
                if history.exists()
                else []
            )
            if loss < min((row["source_validation_loss"] for row in rows), default=float("inf")):
                _save(learner, work.folder / "best.pt")
            row = {"step": step, "source_validation": accuracy, "source_validation_loss": loss, **losses}
            _replace(history, json.dumps([*rows, row]))

        resume_state = work.folder / "resume_state.pt"
        fit(learner, self.recipe, streams, self.seed, work.device, resume_state, checkpoint, work.progress)
        _save(learner, work.folder / "last.pt")
        rows = json.loads((work.folder / "history.json").read_text(encoding="utf-8"))
        with (work.folder / "history.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), restval="")
            writer.writeheader()
            writer.writerows(rows)
        return {name: value for name, value in rows[-1].items() if name != "step"}

    def learner(self, streams: Mapping[str, DomainData]) -> Learner:
        """The method on a new network, whose weights and pixel statistics are set by the seed and the streams."""
        seed_everything(self.seed, "weights")
        net = Network(self.backbone, tuple(streams))
        net.normalise(*pixel_statistics(streams, net.input_shape[0]))
        return self.method.build(net, len(self.target.classes))

    def _check_domains(self) -> None:
        """A run's domains go by their names; a target among the sources makes the run a ceiling."""
        names = [source.name for source in self.sources]
        if len(set(names)) < len(names):
            raise ValueError(f"two sources have the same name ({', '.join(names)}); give each data set its own")
        if self.target.name in names and self.target not in self.sources:
            raise ValueError(f"{self.target.name} names a source and another target; give each data set its own name")
        for source in self.sources:
            if len(source.classes) != len(self.target.classes):
                raise ValueError(
                    f"{source.name} has {len(source.classes)} classes and {self.target.name} has "
                    f"{len(self.target.classes)}; adaptation needs the same classes"
                )

    def cut(self, work: Work) -> tuple[dict[str, DomainData], dict[str, DomainData]]:
        """By source, the images to train on and those held out for validation: a cut that looks at no label."""
        training: dict[str, DomainData] = {}
        validation: dict[str, DomainData] = {}
        for source in self.sources:
            images, labels = source.inputs("train"), source.labels("train")
            work.data[f"{source.name} train images"] = digest(images)
            work.data[f"{source.name} train labels"] = digest(labels)
            shuffled = generator(self.seed, "validation", source.name).permutation(len(images))
            held_out = min(round(VALIDATION * len(images)), WATCHED)
            for part, streams in ((shuffled[:held_out], validation), (shuffled[held_out:], training)):
                streams[source.name] = DomainData(images[np.sort(part)], labels[np.sort(part)])
        return training, validation


def _labels(streams: Mapping[str, DomainData], most: int | None = None) -> np.ndarray[Any, Any]:
    return np.concatenate([stream.labels[:most] for stream in streams.values() if stream.labels is not None])


def digest(array: np.ndarray[Any, Any]) -> str:
    """Sixteen hex digits of an array's shape, type and bytes."""
    head = f"{array.dtype} {array.shape} ".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def pixel_statistics(streams: Mapping[str, DomainData], channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean per channel over all domains' training images; scale 1, as DANN subtracts the mean only."""
    means = [np.broadcast_to(s.inputs.mean((0, 2, 3), dtype=np.float64), (channels,)) for s in streams.values()]
    mean = torch.tensor(np.mean(means, 0) / 255, dtype=torch.float32).view(channels, 1, 1)
    return mean, torch.ones_like(mean)


def _half(features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """As float16; what is too large for it becomes its largest number."""
    limit = float(np.finfo(np.float16).max)
    halved: np.ndarray[Any, Any] = np.clip(features, -limit, limit).astype(np.float16)
    return halved


def _save(learner: Learner, path: Path) -> None:
    with path.open("wb") as file:  # given a path, torch turns a full disk into an error that does not say so
        torch.save(learner.state_dict(), file)


def _score(scores: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Cross-entropy and accuracy in percent."""
    loss = F.cross_entropy(torch.from_numpy(scores).double(), torch.from_numpy(labels))
    return float(loss), 100 * float((scores.argmax(1) == labels).mean())


def _replace(path: Path, text: str) -> None:
    """A kill leaves the old file or the new one."""
    part = path.with_suffix(".writing")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
