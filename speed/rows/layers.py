"""A layer-transfer curve: frozen layers' activations computed once, beside a trunk that runs at every step."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speed.row import Peer, Row
from speed.timing import Work

if TYPE_CHECKING:
    from mtl_bench.trials.contracts import DataSet
    from mtl_bench.trials.train import Train

COUNT, TEST, BATCH, EPOCHS, LAYERS = 512, 128, 64, 3, 7


@dataclass(frozen=True)
class Held:
    """A domain in memory: making or reading images is no part of the comparison."""

    name: str
    classes: tuple[str, ...]
    arrays: Mapping[str, Any] = field(compare=False)

    def inputs(self, split: str) -> Any:
        return self.arrays[f"{split} inputs"]

    def labels(self, split: str) -> Any:
        return self.arrays[f"{split} labels"]


@dataclass(frozen=True)
class Curve:
    """The runs of a curve, one for each number of frozen layers, and the trained network that all copy from."""

    held: Any  # removes the folder when nothing refers to it
    runs: tuple[Train, ...]

    @property
    def folder(self) -> Path:
        return Path(self.held.name)


def curve() -> Curve:
    """Half of ten classes learnt for an epoch, the other half to be learnt on its layers for three."""
    from mtl_bench.core.trial import Work as Desk
    from mtl_bench.datasets.synthetic import SyntheticImages
    from mtl_bench.datasets.wrappers.classes import halves
    from mtl_bench.models.small_cnn import SmallCNN
    from mtl_bench.training.recipe import Recipe
    from mtl_bench.trials.inits import FirstLayers
    from mtl_bench.trials.train import Train
    from mtl_bench.trials.weights import Weights

    held = tempfile.TemporaryDirectory(prefix="mtl-bench-speed-")
    a, b = map(in_memory, halves(SyntheticImages(size=32, train=2 * COUNT, test=2 * TEST), seed=0))
    steps = COUNT // BATCH
    first = Recipe(steps, BATCH, learning_rate=0.02, checkpoints=1)
    copied = Train(data=a, backbone=SmallCNN(), recipe=first, seed=0)
    copied.run(Desk(Path(held.name), "cpu"))
    recipe = Recipe(EPOCHS * steps, BATCH, learning_rate=0.02, checkpoints=EPOCHS)
    inits = (FirstLayers(Weights(copied), count) for count in range(1, LAYERS + 1))
    runs = (Train(data=b, backbone=SmallCNN(), recipe=recipe, seed=1, init=init) for init in inits)
    return Curve(held, tuple(runs))


def in_memory(domain: DataSet) -> Held:
    read = {"inputs": domain.inputs, "labels": domain.labels}
    arrays = {f"{split} {what}": read[what](split) for split in ("train", "test") for what in read}
    return Held(domain.name, domain.classes, arrays)


def ours(made: Curve) -> Work:
    """As studies train: what the frozen layers make of an image is computed once."""
    return partial(trained, made.runs, made.folder)


def trunk(made: Curve) -> Work:
    """The same runs where no activations fit in memory: each step runs the frozen layers, too."""
    from mtl_bench.trials import train

    def work() -> Any:
        kept = train.CACHE
        train.CACHE = 0
        try:
            return trained(made.runs, made.folder)
        finally:
            train.CACHE = kept

    return work


def gradients(made: Curve) -> Work:
    """The same runs where a frozen layer is one that learns at a rate of 0, as in the files of Yosinski et al."""
    from mtl_bench.trials.train import Train

    class Slow(Train):
        def _started(self, rows: Any, work: Any) -> Any:
            learner = super()._started(rows, work)
            assert self.init is not None
            for layer in learner.net.layers[: self.init.frozen]:
                stage: Any = learner.net.stages[layer].requires_grad_(True)
                stage.lr_multiplier = 0.0
            return learner

    slow = (
        Slow(data=run.data, backbone=run.backbone, recipe=run.recipe, seed=run.seed, init=run.init) for run in made.runs
    )
    return trunk(Curve(made.held, tuple(slow)))


def trained(runs: Iterable[Train], folder: Path) -> Any:
    """All runs from their beginning; returns their final weights, one after another."""
    import torch

    from mtl_bench.core.trial import Work as Desk

    weights = []
    for run in runs:
        with tempfile.TemporaryDirectory(dir=folder) as own:
            run.run(Desk(Path(own), "cpu", artifact_of=lambda copied, name: folder / name))
            left = torch.load(Path(own, f"weights-{run.recipe.steps}.pt"), weights_only=True)
        weights += [value.flatten() for value in left.values()]
    return torch.cat(weights)


def difference(a: Any, b: Any) -> float:
    """The norm of the difference, relative to that of the weights."""
    return float((a - b).norm() / b.norm())


def note(made: Curve) -> str:
    """The ratio of multiplications, which no way to keep activations gets below."""
    from mtl_bench.models.macs import macs

    backbone = made.runs[0].backbone
    stages = [*macs(backbone).values()]
    forward = EPOCHS * TEST + COUNT  # images of the tests along the run and of the one on training images at its end
    kept = rerun = 0
    for count in range(1, LAYERS + 1):
        below, above, lowest = sum(stages[:count]), sum(stages[count:]), sum(stages[count : count + 1])
        both = EPOCHS * COUNT * (3 * above - lowest) + forward * above  # no gradient goes below the lowest
        kept += both + (COUNT + TEST) * below
        rerun += both + (EPOCHS * COUNT + forward) * below
    return f"in multiplications the ratio is {kept / rerun:.2f}: the layers above are trained either way"


ROWS = (
    Row(
        name="layer-transfer",
        sentence=f"a layer-transfer curve: frozen first n layers, n = 1 to {LAYERS}, {EPOCHS} epochs of {COUNT} images",
        inputs=curve,
        ours=ours,
        peers=(
            Peer("re-running the frozen trunk", trunk),
            Peer("and its gradients, at a rate of 0", gradients),
        ),
        goal=0.45,
        distance=difference,
        measure="relative norm of the weights' difference",
        tolerance=1e-4,
        rounds=6,
        note=note,
    ),
)
