"""The cells: networks that differ in the layers that they are given, between random and dissimilar halves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mtl_bench.datasets.caltech101 import Caltech101
from mtl_bench.datasets.cifar10 import CIFAR10
from mtl_bench.datasets.imagenet import ImageNet, man_made, natural, random_halves
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import Classes, PerClass, drawn, halves
from mtl_bench.models.caffenet import CaffeNet
from mtl_bench.models.network import Backbone
from mtl_bench.models.small_cnn import SmallCNN
from mtl_bench.study import Cell, Labels, Scale
from mtl_bench.training.augmentation import Augmentation, CropAndFlip
from mtl_bench.training.caffe_recipe import CaffeRecipe
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet, Init
from mtl_bench.trials.first_filters import FirstFilters
from mtl_bench.trials.inits import FirstLayers, Initialisation, RandomLayers
from mtl_bench.trials.train import Precision, Train
from mtl_bench.trials.weights import Weights

BASE, LONGER, EXACT = "base", "base, twice as long", "base, float32"
RANDOM, UNTRAINED = "random halves", "no transfer"
CONTROL, DISSIMILAR = "random halves, as small", "animals and things"
LAST, HIGHEST = "last", "ten highest"
LAYERS = range(1, 8)
FRESH = 1000  # added to the seed of what is measured: a baseline is never the network that layers were copied from


@dataclass(frozen=True)
class Comparison:
    """Networks that differ in what they learn from and in the layers that they are given, and in nothing else."""

    split: str
    data: str
    seed: int
    backbone: Backbone
    recipe: Recipe
    augmentation: Augmentation | None = None
    precision: Precision = "float32"

    def train(self, half: DataSet, seed: int, init: Init | None = None) -> Train:
        return Train(
            half,
            self.backbone,
            self.recipe,
            seed,
            init=init,
            augmentation=self.augmentation,
            precision=self.precision,
        )

    def copied(self, half: DataSet) -> Train:
        """The network whose layers are copied."""
        return self.train(half, self.seed)

    def measured(self, half: DataSet, name: str, layer: int = 0, init: Init | None = None) -> Iterator[Cell]:
        """A network that is measured: all of a replicate share the images' order and the fresh weights."""
        run, labels = self.train(half, self.seed + FRESH, init), self.labels(half, name, layer)
        yield Cell({**labels, "selection": LAST}, run)
        yield Cell({**labels, "selection": HIGHEST}, run, reads=HIGHEST)

    def transferred(self, name: str, source: DataSet, target: DataSet, layers: Iterable[int]) -> Iterator[Cell]:
        """BnB and AnB, whose first layers stand still, and BnB+ and AnB+, which are fine-tuned as a whole."""
        for layer in layers:
            init = FirstLayers(Weights(self.copied(source)), layer, freeze=not name.endswith("+"))
            yield from self.measured(target, name, layer, init)

    def labels(self, half: DataSet, name: str, layer: int) -> Labels:
        return {
            **{"network": name, "layer": layer, "split": self.split},
            **{"data": self.data, "target": half.name, "seed": self.seed},
        }


def plan(scale: Scale) -> Iterator[Cell]:
    for seed in scale.seeds:
        yield from between_random_halves(scale, seed)
        yield from between_dissimilar_halves(scale, seed)


def between_random_halves(scale: Scale, seed: int) -> Iterator[Cell]:
    photographs: DataSet = scale.pick(
        smoke=SyntheticImages(size=32, stands_for="caltech101"),
        laptop=PerClass(Caltech101(size=32), train=60, test=30, seed=seed),
        paper=ImageNet(),
    )
    networks = comparison(scale, RANDOM, photographs, seed, laptop_steps=800)
    layers = scale.pick(smoke=(1, 4, 7), laptop=LAYERS, paper=LAYERS)
    tuned = scale.pick(smoke=(4,), laptop=(1, 3, 5, 7), paper=LAYERS)
    a, b = cut(scale, photographs, seed)
    for source, target in ((a, b), (b, a)):
        yield from networks.measured(target, BASE)
        yield from networks.transferred("BnB", target, target, layers)
        yield from networks.transferred("AnB", source, target, layers)
        yield from networks.transferred("BnB+", target, target, tuned)
        yield from networks.transferred("AnB+", source, target, tuned)
        labels = {**networks.labels(target, BASE, 0), "selection": LAST}
        yield Cell(labels, FirstFilters(Weights(networks.copied(target))), artifact="filters.npy")
    yield from replace(networks, recipe=replace(networks.recipe, steps=2 * networks.recipe.steps)).measured(b, LONGER)
    yield from replace(networks, precision="float32").measured(b, EXACT)
    whole: DataSet = scale.pick(smoke=b, laptop=b, paper=photographs)
    yield from untrained(replace(networks, split=UNTRAINED), whole, layers, caffe=scale.name == "paper")


def untrained(networks: Comparison, half: DataSet, layers: Iterable[int], caffe: bool) -> Iterator[Cell]:
    """First layers that stay as they were drawn; CaffeNet's own first weights are the paper's N(0, .01)."""
    cells = list(networks.measured(half, BASE))
    own: Initialisation = "own" if caffe else "N(0, .01)"
    for name, initialisation in (("random, N(0, .01)", own), ("random, He", "He")):
        for layer in layers:
            cells += networks.measured(half, name, layer, RandomLayers(layer, initialisation))
    yield from cells
    # Whether layers are bad or their network cannot be trained shows in what it makes of its training images.
    for cell in cells:
        if cell.labels["selection"] == LAST:
            yield replace(cell, metric="training_accuracy", reads="training accuracy")


def between_dissimilar_halves(scale: Scale, seed: int) -> Iterator[Cell]:
    """Animals against things, and random halves with as many classes and images."""
    photographs: DataSet = scale.pick(
        smoke=SyntheticImages(size=32, stands_for="cifar10"),
        laptop=PerClass(CIFAR10(), train=300, test=300, seed=seed, pool="train"),
        paper=ImageNet(),
    )
    animals, things = scale.pick(
        smoke=(("0", "1", "2", "3", "4", "5"), ("6", "7", "8", "9")),
        laptop=(("bird", "cat", "deer", "dog", "frog", "horse"), ("airplane", "automobile", "ship", "truck")),
        paper=(natural(), man_made()),
    )
    most: int | None = scale.pick(smoke=4, laptop=4, paper=None)
    dissimilar = (
        Classes(photographs, "animals", drawn(animals, most, seed)),
        Classes(photographs, "things", drawn(things, most, seed)),
    )
    for split, (a, b) in ((DISSIMILAR, dissimilar), (CONTROL, cut(scale, photographs, seed, most))):
        networks = comparison(scale, split, photographs, seed, laptop_steps=470)
        for source, target in ((a, b), (b, a)):
            yield from networks.measured(target, BASE)
            layers = scale.pick(smoke=(7,), laptop=(1, 3, 5, 6, 7), paper=LAYERS)
            yield from networks.transferred("AnB", source, target, layers)


def cut(scale: Scale, photographs: DataSet, seed: int, most: int | None = None) -> tuple[Classes, Classes]:
    """Random halves A and B; at paper scale the authors' own, 0 to 3."""
    a, b = halves(photographs, seed, most)
    if scale.name == "paper":
        theirs = random_halves(seed % 100)
        a, b = (Classes(photographs, half.name, names) for half, names in zip((a, b), theirs, strict=True))
    return a, b


def comparison(scale: Scale, split: str, data: DataSet, seed: int, laptop_steps: int) -> Comparison:
    recipe: Recipe = scale.pick(
        smoke=Recipe(6, batch_size=16, learning_rate=0.02, checkpoints=2),
        laptop=Recipe(laptop_steps, learning_rate=0.02, schedule="cosine", weight_decay=0.0005, checkpoints=20),
        paper=CaffeRecipe(),
    )
    return Comparison(
        split=split,
        data=data.name,
        seed=seed,
        backbone=scale.pick(smoke=SmallCNN(), laptop=SmallCNN(), paper=CaffeNet()),
        recipe=recipe,
        augmentation=scale.pick(smoke=None, laptop=None, paper=CropAndFlip(227)),
        precision=scale.pick(smoke="float32", laptop="bfloat16", paper="float32"),
    )
