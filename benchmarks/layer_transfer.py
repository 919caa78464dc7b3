"""Yosinski 2014: how transferable is each layer of a network?"""

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
from mtl_bench.study import Cell, Claim, Contrast, Gate, Labels, Published, Scale, Study, accuracy
from mtl_bench.training.augmentation import Augmentation, CropAndFlip
from mtl_bench.training.caffe_recipe import CaffeRecipe
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet, Init
from mtl_bench.trials.first_filters import FirstFilters
from mtl_bench.trials.inits import FirstLayers, Initialisation, RandomLayers
from mtl_bench.trials.train import Precision, Train
from mtl_bench.trials.weights import Weights
from mtl_bench.views.curves import Curves
from mtl_bench.views.filters import Filters
from mtl_bench.views.grid import Grid
from mtl_bench.views.layers import Layers, Line

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
        laptop=PerClass(Caltech101("64px", size=32), train=60, test=30, seed=seed),
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
        laptop=PerClass(CIFAR10("jpeg"), train=300, test=300, seed=seed, pool="train"),
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


YOSINSKI = "Yosinski et al., NIPS 2014"
OTHER_DATA = "AlexNet on halves of ImageNet there"
HIGHEST_THERE = "the mean of the ten highest validations there"

# Mean and standard deviation in percent and the number of runs, by layer, recomputed from the logs of the authors.
IN_LOGS: dict[str, list[tuple[float, float | None, int]]] = {
    BASE: [(62.51, 0.55, 8)],
    "BnB": [
        *((62.67, 0.83, 4), (62.35, 0.82, 4), (62.11, 0.44, 4), (60.48, 0.55, 4), (59.35, 0.41, 4), (61.88, 0.49, 4)),
        (62.32, 0.54, 4),
    ],
    "AnB": [
        *((62.82, 0.57, 8), (62.39, 0.61, 8), (61.89, 0.59, 8), (59.98, 0.66, 8), (57.8, 0.68, 8), (58.06, 0.59, 8)),
        (54.25, 0.61, 8),
    ],
    "BnB+": [
        *((61.77, None, 1), (62.15, None, 1), (63.13, 0.47, 2), (62.87, None, 1), (63.01, 0.41, 2), (62.76, 0.61, 2)),
        (62.66, None, 1),
    ],
    "AnB+": [
        *((63.73, None, 1), (63.58, 0.85, 2), (64.26, 0.71, 2), (63.98, 0.73, 2), (64.46, None, 1), (64.6, None, 1)),
        (64.65, None, 1),
    ],
}
# By layer, the base first: of man-made things, of natural ones, and of all classes with untrained layers.
IN_FIGURE_3: dict[str, tuple[str, Labels, tuple[float, ...]]] = {
    "things": ("AnB", {"split": DISSIMILAR}, (53.72, 53.92, 52.14, 50.08, 46.16, 40.98, 37.42, 29.14)),
    "animals": ("AnB", {"split": DISSIMILAR}, (65.34, 65.71, 65.06, 62.5, 58.24, 52.19, 48.51, 39.9)),
    "": ("random, N(0, .01)", {"split": UNTRAINED}, (57.63, 49.17, 40.26, 0.11, 1.91, 4.99, 1.45, 1.46)),
}
PAIRED_GAIN = 0.97  # of AnB+, and of BnB+, over their own half's bases, in the logs: the mean over layers and runs


def in_logs(network: str, *layers: int) -> float:
    """The mean over layers of Figure 2's accuracies."""
    return sum(IN_LOGS[network][max(layer - 1, 0)][0] for layer in layers) / len(layers)


def lost_in_figure_3(target: str, layer: int) -> float:
    values = IN_FIGURE_3[target][2]
    return values[0] - values[layer]


def more_lost_to_dissimilarity(layer: int) -> float:
    between_dissimilar = (lost_in_figure_3("things", layer) + lost_in_figure_3("animals", layer)) / 2
    return between_dissimilar - (in_logs(BASE, 0) - in_logs("AnB", layer))


def counterparts(labels: Labels, where: str, value: float, sd: float | None = None, n: int = 1) -> Iterator[Published]:
    """At paper scale the paper's own way of measuring is compared; everything else is context."""
    for data in ("caltech101-64px", "cifar10-jpeg", "imagenet"):
        for selection in (LAST, HIGHEST):
            context = OTHER_DATA if data != "imagenet" else HIGHEST_THERE if selection == LAST else ""
            found = {**labels, "data": data, "selection": selection}
            yield Published(value, found, where, YOSINSKI, context=context, sd=sd, n=n)


def published() -> Iterator[Published]:
    for network, row in IN_LOGS.items():
        for layer, numbers in zip((0,) if network == BASE else LAYERS, row, strict=True):
            for split in (RANDOM, CONTROL):
                yield from counterparts({"network": network, "layer": layer, "split": split}, "Figure 2", *numbers)
    for target, (network, where, values) in IN_FIGURE_3.items():
        labels = {**where, "target": target} if target else where
        for layer, value in enumerate(values):
            whose = BASE if layer == 0 else network
            yield from counterparts({"network": whose, "layer": layer, **labels}, "Figure 3", value)


def reached(network: str, *layers: int, split: str = RANDOM, **labels: str) -> Contrast:
    """The mean over both halves and these layers; a replicate is a random cut into halves."""
    found = [accuracy(network=network, layer=n, split=split, selection=LAST, **labels) for n in layers or (0,)]
    return (1 / len(found)) * sum(found[1:], found[0])


def gap(layer: int, split: str) -> Contrast:
    return reached(BASE, split=split) - reached("AnB", layer, split=split)


def claim(text: str, contrast: Contrast, size: float, where: str = "Figure 2", primary: bool = True) -> Claim:
    return Claim(text, (contrast,), f"{YOSINSKI}, {where}", size, primary=primary)


IN_OWN_HALF = "by the authors' logs, each run against the base of its own half"
TRANSFERS, TUNED = ("BnB", "BnB+", "AnB", "AnB+"), (1, 3, 5, 7)
NO_TRANSFER: Labels = {"network": BASE, "layer": 0}
IN_RANDOM: Labels = {"split": RANDOM, "selection": LAST}

STUDY = Study(
    title="Layer transfer: which layers of a network are general?",
    question=(
        "A network learns one half of the classes. Its first n layers are given to another that learns the other half: "
        "up to which layer are they as good as its own, and what is lost beyond, and why?"
    ),
    paper=(
        "J. Yosinski, J. Clune, Y. Bengio and H. Lipson, How transferable are features in deep neural networks?, "
        "NIPS 2014"
    ),
    plan=plan,
    seeds={"smoke": 2, "laptop": 4, "paper": 4},
    chance=100 / 51,
    redraws_test=True,
    baseline=NO_TRANSFER,
    ceiling=None,
    published=tuple(published()),
    claims=(
        claim(
            "The last layers are specific: with seven of A's, frozen, B is learnt worse (base − A7B)",
            gap(7, RANDOM),
            in_logs(BASE, 0) - in_logs("AnB", 7),
        ),
        claim("So it is with five (base − A5B)", gap(5, RANDOM), in_logs(BASE, 0) - in_logs("AnB", 5)),
        Claim(
            "The first layers are general: A1B and A2B are within 2 points of base",
            (reached("AnB", 1) - reached(BASE), reached("AnB", 2) - reached(BASE)),
            f"{YOSINSKI}, Figure 2",
            in_logs("AnB", 1) - in_logs(BASE, 0),
            within=2,
        ),
        claim(
            "Between animals and things seven layers transfer worse than between random halves",
            gap(7, DISSIMILAR) - gap(7, CONTROL),
            more_lost_to_dissimilarity(7),
            "Figures 2 and 3",
        ),
        claim(
            "Two layers that nothing trained are worse than one's own (base − random, N(0, .01))",
            reached(BASE, split=UNTRAINED) - reached("random, N(0, .01)", 2, split=UNTRAINED),
            lost_in_figure_3("", 2),
            "Figure 3",
        ),
        claim(
            "A's layers, fine-tuned, leave something that helps (AnB+ − base on half B, mean of n = 1, 3, 5, 7)",
            reached("AnB+", *TUNED, target="half B") - reached(BASE, target="half B"),
            PAIRED_GAIN,
            IN_OWN_HALF,
        ),
        claim(
            "Layers adapt to each other: frozen own ones cost most in the middle (mean of B1B, B7B − mean of B4B, B5B)",
            reached("BnB", 1, 7) - reached("BnB", 4, 5),
            in_logs("BnB", 1, 7) - in_logs("BnB", 4, 5),
            primary=False,
        ),
        claim(
            "Seven of A's layers are worse than seven of one's own (specificity: B7B − A7B)",
            reached("BnB", 7) - reached("AnB", 7),
            in_logs("BnB", 7) - in_logs("AnB", 7),
            primary=False,
        ),
        claim(
            "It is what A taught that helps, not the longer training (AnB+ − BnB+ on half B, mean of n = 1, 3, 5, 7)",
            reached("AnB+", *TUNED, target="half B") - reached("BnB+", *TUNED, target="half B"),
            0.0,
            IN_OWN_HALF,
            primary=False,
        ),
        claim(
            "Between animals and things transfer is worse with five layers, too",
            gap(5, DISSIMILAR) - gap(5, CONTROL),
            more_lost_to_dissimilarity(5),
            "Figures 2 and 3",
            primary=False,
        ),
        Claim(
            "Two untrained layers as He et al. scale them are worse than one's own, too",
            (reached(BASE, split=UNTRAINED) - reached("random, He", 2, split=UNTRAINED),),
            "nobody's claim: the paper has N(0, .01) only",
            primary=False,
        ),
    ),
    gates=(
        Gate(
            "the base is trained: twice as many steps change it by less than a standard deviation",
            reached(LONGER, target="half B") - reached(BASE, target="half B"),
            within_sd_of=reached(BASE, target="half B"),
        ),
        Gate(
            "bfloat16 is exact enough: float32 changes the base by less than a standard deviation",
            reached(EXACT, target="half B") - reached(BASE, target="half B"),
            within_sd_of=reached(BASE, target="half B"),
        ),
    ),
    views=(
        Layers(
            "Accuracy on half B by the layers that are copied",
            tuple(Line(name, {"network": name}) for name in (BASE, *TRANSFERS)),
            where={**IN_RANDOM, "target": "half B"},
            x_title="layers n that are copied",
        ),
        Layers(
            "On both halves, less the base of the same half",
            tuple(Line(f"{name} − base", {"network": name}, NO_TRANSFER) for name in TRANSFERS),
            where=IN_RANDOM,
            x_title="layers n that are copied",
        ),
        Layers(
            "What is lost to co-adaptation and to specificity",
            (
                Line("co-adaptation: BnB − base", {"network": "BnB"}, NO_TRANSFER),
                Line("specificity: AnB − BnB", {"network": "AnB"}, {"network": "BnB"}),
            ),
            where=IN_RANDOM,
            x_title="layers n that are copied and frozen",
        ),
        Layers(
            "Dissimilar halves: AnB − base",
            tuple(Line(split, {"network": "AnB", "split": split}, NO_TRANSFER) for split in (CONTROL, DISSIMILAR)),
            where={"selection": LAST},
            x_title="layers n that are copied and frozen",
        ),
        Layers(
            "Layers that nothing trained: random − base",
            tuple(Line(name, {"network": name}, NO_TRANSFER) for name in ("random, N(0, .01)", "random, He")),
            where={"split": UNTRAINED, "selection": LAST},
            x_title="layers n that are random and frozen",
        ),
        Layers(
            "Layers that nothing trained: what their networks make of the training images",
            tuple(Line(name, {"network": name}) for name in (BASE, "random, N(0, .01)", "random, He")),
            metric="training_accuracy",
            where={"split": UNTRAINED, "selection": LAST},
            x_title="layers n that are random and frozen",
        ),
        Curves(
            "The bases while they train",
            y="accuracy",
            lines="network",
            where={"split": RANDOM, "layer": 0, "selection": LAST},
        ),
        Filters("The first layer's filters", where={"network": BASE, "split": RANDOM}),
        Grid("Random halves, after the last step", "network", "layer", where=IN_RANDOM),
        Grid(
            "The paper's way: the mean of the ten highest",
            "network",
            "layer",
            where={**IN_RANDOM, "selection": HIGHEST},
        ),
    ),
    papers={YOSINSKI: "https://arxiv.org/abs/1411.1792"},
    deviations=(
        "Laptop scale has another network and other images: six convolutions and a hidden layer, so that the number "
        "of a layer means its place among eight, and Caltech-101 at 32 pixels, cut at random into 51 and 50 "
        "classes, with at most 60 training images of a class (and never more than two thirds of it) and 30 of the "
        "others for the test.",
        "Animals and things are four classes each of CIFAR-10, with 300 training images of a class; the paper's are "
        "449 natural and 551 man-made classes of ImageNet.",
        "Accuracy is a mean over classes after the last step. The paper's, the mean of the ten highest validations "
        "along the run, which the test itself chooses, stands in a table of its own.",
        "Every network is compared with a base of its own half that no layer was copied from. The paper compares "
        "with the mean of all bases, while its fine-tuned networks stand on one half: by its own logs, AnB+ gains "
        "1.0 points over its own half's bases instead of 1.6, and BnB+ as much.",
        "Laptop scale fine-tunes n = 1, 3, 5 and 7 only. The claims about fine-tuning rest on half B, where the "
        "authors' AnB+ stand, as declared before the run; half A's were run after their verdicts were known. No "
        "augmentation is used; macs are computed in bfloat16, and a base in float32 stands beside. Learning "
        "rate, schedule and length were chosen on seeds 0 and 1.",
        "Untrained layers stand under one half's network, with biases of 0; in the paper under that of all 1,000 "
        "classes, with biases of 0 or 1. N(0, .01) is meant for pixels of 0 to 255, as there.",
        "What comes out otherwise at laptop scale, and why: the first layers change little from how they were "
        "drawn, as their filters show (A's and B's start alike), with 2,000 training images where the paper has "
        "645,000. So untrained layers cost nothing up to the fourth if they are scaled well; N(0, .01) fails, as in "
        "the paper, where the network cannot even learn its training images.",
        "First layers that were trained before help here, whoever taught them: BnB, AnB, BnB+ and AnB+ are all "
        "above base for n up to 3, although training the base twice as long changes nothing. Why is open. It hides "
        "the dip in the middle, and A's layers are worse than base from the sixth on instead of the fourth.",
        "Paper scale: the authors' own four halves, network and solver, by the files in their repository. Pixels "
        "lose their channel's mean instead of a mean image; a frozen layer drops nothing, so that A7B has no "
        "dropout between its sixth and seventh; every cell has four runs where the paper has one to eight. It was not "
        "run: a network took the authors 9.5 days on a K20 GPU.",
    ),
)
