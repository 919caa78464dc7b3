"""Small runs of Train on halves of synthetic images, what they leave, and their parts before they train."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mtl_bench.core.trial import Trial, Work, dependencies, key
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import halves
from mtl_bench.inputs.rows import Rows
from mtl_bench.models.network import Network
from mtl_bench.models.small_cnn import SmallCNN
from mtl_bench.training.learner import Learner
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import Init
from mtl_bench.trials.first_filters import FirstFilters
from mtl_bench.trials.inits import FirstLayers, RandomLayers, below
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.models.backbones import TinyCNN

State = dict[str, Tensor]
IMAGES = SyntheticImages(size=8, train=40, test=15)  # of some classes there are two test images, of others one
A, B = halves(IMAGES, 0)
DEEP = SmallCNN((4, 4, 6, 6, 8, 8), hidden=12, size=8)
WIDE = SmallCNN(size=8)
EASY = TinyCNN()
NORMED = TinyCNN(dropout=0.5)
RECIPE = Recipe(steps=6, batch_size=8, learning_rate=0.05, momentum=0.9, checkpoints=3)
COPIED = Train(data=A, backbone=DEEP, recipe=RECIPE, seed=1)
NORMED_COPIED = Train(data=A, backbone=NORMED, recipe=RECIPE, seed=1)
INITS: tuple[Init | None, ...] = (
    None,
    FirstLayers(Weights(COPIED), 2),
    FirstLayers(Weights(replace(COPIED, data=B, seed=5)), 2),
    FirstLayers(Weights(COPIED), 2, freeze=False),
    *(RandomLayers(count, kind) for count in (1, 2) for kind in ("N(0, .01)", "He", "own")),
)


def prepare(trial: Trial, root: Path) -> None:
    """Run what the trial needs, unless it has run."""
    for needed in dependencies(trial):
        if not (root / key(needed) / "metrics.csv").exists():
            assert isinstance(needed, Train)
            ran(needed, root)


def work_of(root: Path, folder: Path) -> Work:
    """The surroundings of a trial whose dependencies lie in `root`."""
    return Work(folder, "cpu", artifact_of=lambda other, name: root / key(other) / name)


def ran(trial: Train | FirstFilters, root: Path, **work: Any) -> Path:
    """The folder in which the trial, and before it what it needs, has run."""
    folder = root / key(trial)
    prepare(trial, root)
    folder.mkdir(parents=True, exist_ok=True)
    metrics = trial.run(replace(work_of(root, folder), **work))
    with (folder / "metrics.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(metrics.items())
    return folder


def metrics_of(folder: Path) -> dict[str, float]:
    with (folder / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return {name: float(value) for name, value in csv.reader(file)}


def last_of(folder: Path) -> Path:
    """The file of the weights after the last step."""
    return max(folder.glob("weights-*.pt"), key=lambda path: int(path.stem.removeprefix("weights-")))


def state_of(folder: Path, part: str = "net") -> State:
    """What lies below `part` in the learner's last state: the network's or the classifier's."""
    return below(torch.load(last_of(folder), weights_only=True), f"{part}.")


def curve_of(folder: Path) -> list[float]:
    with (folder / "curve.csv").open(newline="", encoding="utf-8") as file:
        return [float(row["accuracy"]) for row in csv.DictReader(file)]


def stage(state: Mapping[str, Tensor], layer: str) -> State:
    return {name: value for name, value in state.items() if name.startswith(f"stages.{layer}.")}


def equal(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Bit for bit."""
    assert one and one.keys() == other.keys()
    return all(torch.equal(value, other[name]) for name, value in one.items())


def all_differ(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return all(not torch.equal(value, other[name]) for name, value in one.items())


def parts(trial: Train, root: Path) -> tuple[Network, Learner, Mapping[str, Rows]]:
    """The network before training, the learner around what of it is trained, and its inputs."""
    prepare(trial, root)
    learner = trial.start(work_of(root, root))
    net, rows = learner.net, {split: trial.data.inputs(split) for split in ("train", "test")}
    return net, learner, trial._above_frozen(learner, rows, "cpu")


def start(trial: Train, root: Path) -> State:
    return {name: value.clone() for name, value in parts(trial, root)[0].state_dict().items()}
