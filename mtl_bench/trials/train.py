"""Train: learn one labelled data set, from fresh weights or on layers that another network learnt."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.measures.class_mean import class_mean_accuracy
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.macs import macs
from mtl_bench.models.network import Backbone, Network
from mtl_bench.models.upper import UpperNetwork, activations
from mtl_bench.training.augmentation import Augmentation, Augmented
from mtl_bench.training.learner import Learner
from mtl_bench.training.loop import DomainData, fit
from mtl_bench.training.precision import InBfloat16
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import random_state, restore_random_state, seed_everything
from mtl_bench.trials.adapt import Domain

Array = np.ndarray[Any, Any]
Initialisation = Literal["N(0, .01)", "He", "own"]
Precision = Literal["float32", "bfloat16"]
CHUNK = 500  # images predicted, hashed or averaged at once
CACHE = 2**31  # bytes of frozen activations that are held in memory; beyond it they are computed at every step
LEVELS = 255  # of Caffe's pixels, for which its weights are drawn; a network here gets them in [0, 1]
HIGHEST = 10  # validations whose mean is the accuracy that Yosinski et al. report
CURVE = "curve.csv"


@dataclass(frozen=True)
class FirstLayers:
    """The first `count` layers of a trained network: left as they are with `freeze`, else where training starts."""

    of: Train
    count: int
    freeze: bool = True


@dataclass(frozen=True)
class RandomLayers:
    """`count` first layers that nothing trained and nothing trains: a control.

    Their weights are normal, of deviation .01 for pixels of 0 to 255 or as He et al. (ICCV 2015) scale them for ReLU,
    with biases of zero, or the backbone's own.
    """

    count: int
    initialisation: Initialisation = "N(0, .01)"
    freeze: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.initialisation not in get_args(Initialisation):
            known = " | ".join(get_args(Initialisation))
            raise ValueError(f"there is no initialisation {self.initialisation!r}; choose one of {known}")


Init = FirstLayers | RandomLayers | None


@dataclass(frozen=True)
class Train(Trial):
    """One supervised training run on a data set's training images; its test images are the validation of the paper.

    Metrics, in percent and each a mean over classes: "accuracy" on the test images after the last step, which nothing
    selected; "ten highest", the mean of the ten highest test accuracies among the recipe's checkpoints, as Yosinski et
    al. (NIPS 2014) report it: the test chooses them; "training accuracy" after the last step.
    Leaves `curve.csv` (step, accuracy, loss at each checkpoint) and `last.pt` (the network's and classifier's state).

    Frozen layers stand still wholly: weights, biases, running averages, dropout. Without augmentation their
    activations are computed once, in float32, if they fit in memory. Predictions are float32, whatever the training.
    """

    keep: ClassVar[tuple[str, ...]] = (CURVE,)

    data: Domain
    backbone: Backbone
    recipe: Recipe
    seed: int
    init: Init = None
    augmentation: Augmentation | None = None
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        if self.precision not in get_args(Precision):
            raise ValueError(
                f"there is no precision {self.precision!r}; choose one of {' | '.join(get_args(Precision))}"
            )

    def run(self, work: Work) -> Mapping[str, float]:
        images = {split: self.data.inputs(split) for split in ("train", "test")}
        labels = {split: self.data.labels(split) for split in ("train", "test")}
        for split in images:
            work.data[f"{self.data.name} {split} images"] = digest(images[split])
            work.data[f"{self.data.name} {split} labels"] = digest(labels[split])
        net = self.network(images["train"], work)
        learner, inputs = self.learner(net, images, work.device)
        curve = work.folder / CURVE

        def checkpoint(step: int, losses: dict[str, float]) -> None:
            rows = [row for row in read_curve(curve) if row["step"] < step]
            test = class_mean_accuracy(self.logits(learner, inputs["test"]), labels["test"])
            rows.append({"step": step, "accuracy": test, "loss": losses["classification"]})
            write_curve(curve, rows)

        stream = self._stream(inputs["train"], labels["train"])
        resume_state = work.folder / "resume_state.pt"
        fit(
            learner,
            self.recipe,
            {self.data.name: stream},
            self.seed,
            work.device,
            resume_state,
            checkpoint,
            work.progress,
        )
        with (work.folder / "last.pt").open("wb") as file:
            torch.save({"network": net.state_dict(), "classifier": learner.classifier.state_dict()}, file)
        reached = [row["accuracy"] for row in read_curve(curve)]
        return {
            "accuracy": reached[-1],
            "ten highest": float(np.mean(sorted(reached)[-HIGHEST:])),
            "training accuracy": class_mean_accuracy(self.logits(learner, inputs["train"]), labels["train"]),
        }

    def macs(self) -> float:
        """Multiplications of the run, about: a backward pass has twice those of a forward pass."""
        stages = list(macs(self.backbone).values())
        frozen = self.init.count if self.init and self.init.freeze else 0
        again = sum(stages[:frozen]) if self.augmentation else 0
        return self.recipe.steps * self.recipe.batch_size * float(again + 3 * sum(stages[frozen:]))

    def network(self, images: Array, work: Work) -> Network:
        """The network before training: new weights by the seed, then the first layers as `init` says."""
        seed_everything(self.seed, "weights")
        net = Network(self.backbone, (self.data.name,))
        mean = pixel_mean(images, net.input_shape[0])
        net.normalise(mean, torch.ones_like(mean))  # as Caffe does, the mean only
        if self.init is None:
            return net
        if not 1 <= self.init.count <= len(net.layers):
            n = len(net.layers)
            raise ValueError(
                f"{self.init.count} layers cannot be taken from a network of {n} ({', '.join(net.layers)})"
            )
        if isinstance(self.init, RandomLayers):
            state = random_state()  # what is drawn later must not depend on what was drawn here
            draw(self.init.initialisation, *(net.stages[layer] for layer in net.layers[: self.init.count]))
            restore_random_state(state)
        else:
            self._copy(self.init, net, work.folder_of(self.init.of))
        if self.init.freeze:
            net.freeze(self.init.count)
        return net

    def _copy(self, init: FirstLayers, net: Network, folder: Path) -> None:
        if init.of.backbone != self.backbone:
            raise ValueError(f"layers of {init.of.backbone} do not fit into {self.backbone}; use one backbone for both")
        learnt = torch.load(folder / "last.pt", map_location="cpu", weights_only=True)["network"]
        for layer in net.layers[: init.count]:
            start = f"stages.{layer}."
            own = {name.removeprefix(start): value for name, value in learnt.items() if name.startswith(start)}
            net.stages[layer].load_state_dict(own)

    def learner(self, net: Network, images: Mapping[str, Array], device: str) -> tuple[Learner, Mapping[str, Array]]:
        """What is trained, and its inputs by split: pixels, or the frozen layers' activations."""
        trained, inputs = net, images
        if self.init and self.init.freeze and self.augmentation is None and self._fits(net, images):
            net.to(device).to(memory_format=torch.channels_last)
            inputs = {split: activations(net, self.init.count, images[split], CHUNK) for split in images}
            trained = UpperNetwork(net, self.init.count)
        learner = SourceOnly().build(trained, len(self.data.classes))
        return (InBfloat16(learner) if self.precision == "bfloat16" else learner), inputs

    def _fits(self, net: Network, images: Mapping[str, Array]) -> bool:
        one = {split: images[split][:1] for split in images}
        assert self.init is not None
        return sum(activations(net, self.init.count, one[s]).nbytes * len(images[s]) for s in images) <= CACHE

    def _stream(self, images: Array, labels: Array) -> DomainData:
        return Augmented(images, labels, self.augmentation) if self.augmentation else DomainData(images, labels)

    @torch.no_grad()
    def logits(self, learner: Learner, inputs: Array) -> Array:
        """float32 (n, classes) in evaluation mode."""
        learner.eval()
        device = next(learner.parameters()).device
        found = []
        for chunk in chunks(inputs):
            x = torch.tensor(chunk, device=device)
            x = self.augmentation.fixed(x) if self.augmentation else x
            found.append(learner.predict(x, self.data.name).float().cpu().numpy())
        return np.concatenate(found)


@dataclass(frozen=True)
class FirstFilters(Trial):
    """The filters of a trained network's first convolution: float32 (filters, channels, height, width), as a picture.

    Leaves `filters.npy`.
    """

    keep: ClassVar[tuple[str, ...]] = ("filters.npy",)

    of: Train

    def run(self, work: Work) -> Mapping[str, float]:
        learnt = torch.load(work.folder_of(self.of) / "last.pt", map_location="cpu", weights_only=True)["network"]
        first = next((value for value in learnt.values() if value.ndim == 4), None)
        if first is None:
            raise ValueError(f"{self.of.backbone} has no convolution, so that there are no filters to show")
        np.save(work.folder / "filters.npy", first.contiguous().numpy())
        return {"filters": len(first)}


def draw(initialisation: Initialisation, *modules: nn.Module) -> None:
    """New weights for convolutions and linear layers, in their order, by torch's random numbers."""
    if initialisation == "own":
        return
    layers = [layer for module in modules for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    for i, layer in enumerate(layers):
        if initialisation == "He":
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        else:
            nn.init.normal_(layer.weight, std=0.01 if i else 0.01 * LEVELS)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def chunks(array: Array) -> Iterator[Array]:
    """The array in pieces, so that one that is not in memory need not be."""
    return (array[first : first + CHUNK] for first in range(0, len(array), CHUNK))


def digest(array: Array) -> str:
    """Sixteen hex digits of an array's shape, type and bytes, read in pieces."""
    found = hashlib.sha256(f"{array.dtype} {array.shape} ".encode())
    for chunk in chunks(array):
        found.update(np.ascontiguousarray(chunk).tobytes())
    return found.hexdigest()[:16]


def pixel_mean(images: Array, channels: int) -> Tensor:
    """The mean of uint8 images (n, 1 or C, H, W) per channel, (C, 1, 1), as a share of 255."""
    total = sum(chunk.sum((0, 2, 3), dtype=np.float64) for chunk in chunks(images))
    mean = np.broadcast_to(total / (255 * len(images) * np.prod(images.shape[2:])), (channels,))
    return torch.tensor(mean, dtype=torch.float32).view(channels, 1, 1)


def read_curve(path: Path) -> list[dict[str, float]]:
    """The checkpoints so far, none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def write_curve(path: Path, rows: list[dict[str, float]]) -> None:
    """A kill leaves the old file or the new one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{value:.9g}" for name, value in row.items()} for row in rows)
    write_atomically(path, text.getvalue())
