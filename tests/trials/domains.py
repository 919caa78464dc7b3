"""Domains that watch over their labels, and small adaptations of them; run as a module, it kills itself."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mtl_bench.core.trial import Work
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.inputs.rows import Array, Rows
from mtl_bench.methods.deep.dann import DANN
from mtl_bench.models.digits import DigitCNN
from mtl_bench.training import loop
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.contracts import DataSet

SOURCE = SyntheticImages(train=40, test=12)
TARGET = SyntheticImages(tint=1.0, train=30, test=20)


class PoisonError(Exception):
    """Somebody asked for labels that must not be read."""


@dataclass(frozen=True)
class Poisoned:
    """A domain whose labels nobody may ask for."""

    data: SyntheticImages

    @property
    def name(self) -> str:
        return self.data.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.data.classes

    def inputs(self, split: str) -> Rows:
        return self.data.inputs(split)

    def labels(self, split: str) -> Array:
        raise PoisonError(f"the {split} labels of {self.name} were read")


@dataclass(frozen=True)
class Relabelled(Poisoned):
    """The same images with other labels: in a fixed random order, so that classes are mixed up and counts differ."""

    seed: int = 0

    def labels(self, split: str) -> Array:
        labels = self.data.labels(split)
        random = np.random.default_rng(self.seed)
        mixed: Array = np.minimum(random.permutation(labels), random.integers(0, 10, len(labels)))
        return mixed


def adaptation(target: DataSet = TARGET, sources: tuple[DataSet, ...] = (SOURCE,)) -> Adapt:
    recipe = Recipe(steps=8, batch_size=6, checkpoints=4)
    return Adapt(method=DANN(), sources=sources, target=target, backbone=DigitCNN(), recipe=recipe, seed=0)


def run(trial: Adapt, folder: Path) -> dict[str, bytes]:
    """What the trial leaves in `folder`, by file name."""
    folder.mkdir(exist_ok=True)
    trial.run(Work(folder, "cpu"))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def killed(folder: str) -> None:
    """Save at every step up to the third, go on without saving, be killed after the seventh of eight."""
    loop.SAVE_EVERY = 0.0
    done = 0

    def progress(fraction: float, text: str) -> None:
        nonlocal done
        done += 1
        if done == 3:
            loop.SAVE_EVERY = float("inf")
        if done == 7:
            os.kill(os.getpid(), signal.SIGKILL)

    adaptation().run(replace(Work(Path(folder), "cpu"), progress=progress))


if __name__ == "__main__":
    killed(sys.argv[1])
