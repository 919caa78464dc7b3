"""Adapt: train a deep method on labelled sources and an unlabelled target."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, cast, get_args

import numpy as np
import torch
from torch.nn import functional as F

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array, Rows, choose, chunks, first
from mtl_bench.measures.validators import accuracy
from mtl_bench.models.domain_norm import has_batch_norm
from mtl_bench.models.network import Backbone, Network
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.learner import Learner
from mtl_bench.training.loop import fit, outputs_of, serialised
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import generator, seed_everything
from mtl_bench.trials.contracts import (
    BATCH_NORM,
    FEW_LABELS,
    LABELS,
    PIXELS_MEAN,
    DataSet,
    Init,
    Method,
    PartlyLabelled,
    check_classes,
    in_order,
    read_labels,
    read_rows,
    rows_of,
    uses_inside,
)
from mtl_bench.trials.history import History, arrays, table
from mtl_bench.trials.inits import apply_init
from mtl_bench.trials.weights import file_of

Centring = Literal["sources", "all domains"]
VALIDATION = 0.1  # the fraction of the source's training rows that is held out to select models
WATCHED = 2000  # rows of a training or validation set that a checkpoint is measured on; all would be slow


@dataclass(frozen=True)
class Adapt(Trial):
    """One training run. Of the target it reads inputs only, and of its labels those alone that are `known`.

    Leaves, for each of the recipe's checkpoint steps, `checkpoint-<step>.npz`: logits and features (float16) of 2,000
    rows each of "source train", "source validation", "target train" and "target test", of the last the logits of all;
    the source labels in the same order (`source_labels.npz`); `history.csv`, a row of losses per checkpoint; and the
    weights of the last step and of the best source validation loss.

    Pixels are centred by the mean over the sources, or, with `centring="all domains"`, over the target's images too,
    which a source-only network then sees something of.

    Without sources it starts from `init`, a network that learnt them before and brings their mean, and has nothing to
    be selected by.
    """

    method: Method
    sources: tuple[DataSet, ...]
    target: DataSet
    backbone: Backbone
    recipe: Recipe
    seed: int
    init: Init | None = field(default=None, metadata={"omit_when": None})
    centring: Centring = "sources"

    def __post_init__(self) -> None:
        if self.centring not in get_args(Centring):
            known = " | ".join(get_args(Centring))
            raise ValueError(f"pixels can't be centred by {self.centring!r}; choose one of {known}")

    def uses_of_target(self) -> tuple[str, ...]:
        uses = {*uses_inside((self.sources, self.target, self.init), self.target), *self.method.uses}
        if self.target.name in [source.name for source in self.sources]:
            return in_order({LABELS, *uses})
        if self.centring == "all domains" and len(self.backbone.input_shape) == 3:
            uses.add(PIXELS_MEAN)
        if self.method.uses and _normalises(cast(Hashable, self.backbone), self.init.frozen if self.init else 0):
            uses.add(BATCH_NORM)
        if isinstance(self.target, PartlyLabelled):
            uses.add(FEW_LABELS)
        return in_order(uses)

    def run(self, work: Work) -> Mapping[str, float]:
        self._check_domains()
        data, validation = self.cut(work)
        target = {split: read_rows(self.target, split, work) for split in ("train", "test")}
        seen: dict[str, dict[str, Rows]] = {
            "source train": {name: first(domain.inputs, WATCHED) for name, domain in data.items()},
            "source validation": {name: domain.inputs for name, domain in validation.items()},
            "target train": {self.target.name: first(target["train"], WATCHED)},
            "target test": {self.target.name: target["test"]},
        }
        source_labels = {"train": _labels(data, WATCHED), "validation": _labels(validation)}
        training = self.with_target(data, target["train"])
        learner = self.started_on(training, work)
        history, steps = History(work.folder), self.recipe.checkpoint_steps()

        def checkpoint(step: int, losses: dict[str, float]) -> None:
            outputs: dict[str, Array] = {}
            for name, domains in seen.items():
                found = [outputs_of(learner, rows, domain, WATCHED) for domain, rows in domains.items()]
                if found:
                    outputs[f"{name} logits"] = np.concatenate([logits for logits, _ in found])
                    outputs[f"{name} features"] = _half(np.concatenate([features for _, features in found]))
            row: dict[str, float] = {"step": step}
            if validation:
                row |= _score(outputs["source validation logits"], source_labels["validation"])
            files = {f"checkpoint-{step}.npz": arrays(outputs, compressed=True)}
            former = history.before(step)
            loss = row.get("source_validation_loss", np.inf)
            improved = loss < min((one.get("source_validation_loss", np.inf) for one in former), default=np.inf)
            if improved or step == steps[-1]:
                files[file_of(step)] = serialised(learner.state_dict())
            history.add({**row, **losses}, files)
            for one in former if improved else ():
                history.drop(file_of(int(one["step"])))

        fit(
            learner,
            self.recipe,
            training,
            self.seed,
            work.device,
            work.folder / "resume_state.pt",
            checkpoint,
            work.progress,
            intact=lambda step: history.intact(steps, step),
        )
        write_atomically(work.folder / "source_labels.npz", arrays(source_labels))
        rows = history.finish()
        write_atomically(work.folder / "history.csv", table(rows))
        return {name: value for name, value in rows[-1].items() if name != "step"}

    def build(self) -> Learner:
        names = [source.name for source in self.sources]
        return self._on((*names, *(() if self.target.name in names else (self.target.name,))))

    def start(self, work: Work) -> Learner:
        data, _ = self.cut(work)
        return self.started_on(self.with_target(data, rows_of(self.target, "train", work)), work)

    def started_on(self, data: Mapping[str, DomainData], work: Work) -> Learner:
        """The learner on these domains: fresh weights by the seed, the mean of pixels, then `init`."""
        seen = [domain for domain in data.values() if self.centring == "all domains" or not domain.target]
        pixels = [domain.inputs for domain in seen if domain.inputs.dtype == np.uint8]
        learner = self._on(tuple(data), pixel_mean(pixels) if pixels else None)
        apply_init(self.init, learner, work)
        return learner

    def _on(self, domains: tuple[str, ...], mean: torch.Tensor | None = None) -> Learner:
        seed_everything(self.seed, "weights")
        net = Network(self.backbone, domains)
        if mean is not None:
            net.normalise(mean, torch.ones_like(mean))  # as DANN does, the mean only
        return self.method.build(net, len(self.target.classes))

    def with_target(self, data: Mapping[str, DomainData], rows: Rows) -> dict[str, DomainData]:
        """The sources' data and the target's, without labels but those that are known; a ceiling has it already."""
        if self.target.name in data:
            return dict(data)
        known = self.target.known("train") if isinstance(self.target, PartlyLabelled) else None
        return {**data, self.target.name: DomainData(rows, known, target=True)}

    def _check_domains(self) -> None:
        """A run's domains go by their names; a target among the sources makes the run a ceiling."""
        names = [source.name for source in self.sources]
        if not names and self.init is None:
            raise ValueError("adaptation without a source starts from a network that learnt one; give init=Whole(…)")
        if len(set(names)) < len(names):
            raise ValueError(f"two sources have the same name ({', '.join(names)}); give each data set its own")
        if self.target.name in names and self.target not in self.sources:
            raise ValueError(f"{self.target.name} names a source and another target; give each data set its own name")
        for source in self.sources:
            check_classes(source, self.target)

    def cut(self, work: Work) -> tuple[dict[str, DomainData], dict[str, DomainData]]:
        """By source, the rows to train on and those held out for validation: a cut that looks at no label."""
        training: dict[str, DomainData] = {}
        validation: dict[str, DomainData] = {}
        for source in self.sources:
            rows = read_rows(source, "train", work)
            labels = read_labels(source, "train", work, len(rows))
            shuffled = generator(self.seed, "validation", source.name).permutation(len(rows))
            held_out = min(round(VALIDATION * len(rows)), WATCHED)
            for part, data in ((shuffled[:held_out], validation), (shuffled[held_out:], training)):
                data[source.name] = DomainData(choose(rows, np.sort(part)), labels[np.sort(part)])
        return training, validation


@lru_cache
def _normalises(backbone: Any, frozen: int) -> bool:
    """Whether a backbone has BatchNorm above its first `frozen` stages."""
    with torch.device("meta"):
        return any(has_batch_norm(stage) for stage in list(backbone.stages().values())[frozen:])


def _labels(data: Mapping[str, DomainData], most: int | None = None) -> Array:
    found = [domain.labels[:most] for domain in data.values() if domain.labels is not None]
    return np.concatenate([np.empty(0, np.int64), *found])


def pixel_mean(domains: Sequence[Rows]) -> torch.Tensor:
    """(C, 1, 1): the mean of uint8 pixels (n, 1 or C, H, W) per channel over domains, as a fraction of 255."""
    means = []
    for rows in domains:
        total = sum(chunk.sum((0, 2, 3), dtype=np.float64) for chunk in chunks(rows))
        means.append(total / (len(rows) * np.prod(rows.shape[2:])))
    mean = np.mean(np.broadcast_arrays(*means), 0) / 255
    return torch.tensor(mean, dtype=torch.float32).view(-1, 1, 1)


def _half(features: Array) -> Array:
    """As float16; what is too large for it becomes its largest number."""
    limit = float(np.finfo(np.float16).max)
    halved: Array = np.clip(features, -limit, limit).astype(np.float16)
    return halved


def _score(scores: Array, labels: Array) -> dict[str, float]:
    """Accuracy in percent and cross-entropy on source validation."""
    loss = F.cross_entropy(torch.from_numpy(scores).double(), torch.from_numpy(labels))
    return {"source_validation": accuracy(scores, labels), "source_validation_loss": float(loss)}
