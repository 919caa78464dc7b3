"""The cells: networks that differ in the layers that they are given, between random and dissimilar halves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mtl_bench.datasets.imagenet import ImageNet, man_made, natural, random_halves
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.tiny_imagenet import TinyImageNet
from mtl_bench.datasets.wrappers.apart import Apart
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
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights

BASE, AGAIN, LONGER = "base", "base, drawn again", "base, twice as long"
RANDOM, UNTRAINED = "random halves", "no transfer"
CONTROL, DISSIMILAR = "random halves, beside dissimilar ones", "natural and man-made"
OTHER_KIND, BOTH_KINDS = "layers of the other kind", "layers of both kinds"
NATURAL, MAN_MADE = "natural things", "man-made things"
LAST, HIGHEST = "last", "ten highest"
LAYERS = range(1, 8)
FRESH = 1000  # added to the seed of what is measured: a baseline is never the network that layers were copied from
IN_FIGURES = 4  # cuts for what no primary claim needs
SMALL = TinyImageNet("100-classes", size=32)


@dataclass(frozen=True)
class Comparison:
    """Networks that differ in what they learn from and in the layers that they are given, and in nothing else."""

    split: str
    data: str
    seed: int
    backbone: Backbone
    recipe: Recipe
    augmentation: Augmentation | None = None

    def train(self, half: DataSet, seed: int, init: Init | None = None) -> Train:
        return Train(
            half,
            self.backbone,
            self.recipe,
            seed,
            init=init,
            augmentation=self.augmentation,
        )

    def copied(self, half: DataSet) -> Train:
        """The network whose layers are copied."""
        return self.train(half, self.seed)

    def measured(
        self, half: DataSet, name: str, layer: int = 0, init: Init | None = None, fresh: int = FRESH
    ) -> Iterator[Cell]:
        """A network that is measured: all of a replicate share the images' order and the fresh weights."""
        run, labels = self.train(half, self.seed + fresh, init), self.labels(half, name, layer)
        yield Cell({**labels, "selection": LAST}, run)
        yield Cell({**labels, "selection": HIGHEST}, run, reads=HIGHEST)
        # Whether layers are bad or their network cannot be trained shows in what it makes of its training images.
        yield Cell({**labels, "selection": LAST}, run, metric="training_accuracy", reads="training accuracy")

    def bases(self, half: DataSet) -> Iterator[Cell]:
        """Two, since the luck of one draw of weights would be in all margins of a replicate."""
        yield from self.measured(half, BASE)
        yield from self.measured(half, AGAIN, fresh=2 * FRESH)

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
    for i, seed in enumerate(scale.seeds):
        yield from between_random_halves(scale, seed, figures=i < IN_FIGURES)
        yield from between_dissimilar_classes(scale, seed, figures=i < IN_FIGURES)


def pictures(scale: Scale, seed: int) -> DataSet:
    """Natural photographs; at laptop scale training has none that nearly repeats a test image."""
    found: DataSet = scale.pick(
        smoke=SyntheticImages(size=32, stands_for="tiny-imagenet"),
        laptop=Apart(PerClass(SMALL, train=93, test=47, seed=seed)),
        paper=ImageNet(),
    )
    return found


def between_random_halves(scale: Scale, seed: int, figures: bool) -> Iterator[Cell]:
    """Cells for primary claims and, with `figures`, those that are only shown. At laptop scale B alone is learnt."""
    photographs = pictures(scale, seed)
    networks = comparison(scale, RANDOM, photographs, seed)
    a, b = cut(scale, photographs, seed)
    judged: Iterable[int] = scale.pick(smoke=(2, 5, 7), laptop=(2, 5, 7), paper=LAYERS)
    shown: Iterable[int] = scale.pick(smoke=(), laptop=(1, 3, 4, 6), paper=()) if figures else ()
    own: Iterable[int] = scale.pick(smoke=(1, 4, 5, 7), laptop=LAYERS, paper=LAYERS) if figures else ()
    tuned: Iterable[int] = scale.pick(smoke=(5,), laptop=(5,), paper=LAYERS) if figures else ()
    for source, target in scale.pick(smoke=((a, b), (b, a)), laptop=((a, b),), paper=((a, b), (b, a))):
        yield from networks.bases(target)
        yield from networks.transferred("AnB", source, target, (*judged, *shown))
        yield from networks.transferred("BnB", target, target, own)
        yield from networks.transferred("BnB+", target, target, tuned)
        yield from networks.transferred("AnB+", source, target, tuned)
    if figures:
        for half in (a, b):
            labels = {**networks.labels(half, BASE, 0), "selection": LAST}
            yield Cell(labels, FirstFilters(Weights(networks.copied(half))), artifact="filters.npy")
        longer = replace(networks.recipe, steps=2 * networks.recipe.steps)
        yield from replace(networks, recipe=longer).measured(b, LONGER)
    whole: DataSet = scale.pick(smoke=b, laptop=b, paper=photographs)
    yield from untrained(scale, replace(networks, split=UNTRAINED), whole, figures)


def untrained(scale: Scale, networks: Comparison, half: DataSet, figures: bool) -> Iterator[Cell]:
    """First layers that stay as they were drawn; CaffeNet's own first weights are the paper's N(0, .01)."""
    own: Initialisation = "own" if scale.name == "paper" else "N(0, .01)"
    judged: Iterable[int] = scale.pick(smoke=(2,), laptop=(2,), paper=LAYERS)
    shown: Iterable[int] = scale.pick(smoke=(7,), laptop=(4, 7), paper=()) if figures else ()
    scaled: Iterable[int] = scale.pick(smoke=(2,), laptop=(2, 4, 7), paper=LAYERS) if figures else ()
    yield from networks.bases(half)
    for layer in (*judged, *shown):
        yield from networks.measured(half, "random, N(0, .01)", layer, RandomLayers(layer, own))
    for layer in scaled:
        yield from networks.measured(half, "random, He", layer, RandomLayers(layer, "He"))


def between_dissimilar_classes(scale: Scale, seed: int, figures: bool) -> Iterator[Cell]:
    """Layers that learnt the other kind of things, and layers that learnt as many classes of both kinds."""
    photographs = pictures(scale, seed)
    for split, source, target in by_kind(scale, photographs, seed):
        networks = comparison(scale, split, photographs, seed, laptop_steps=800)
        yield from networks.transferred("AnB", source, target, (5, 7) if figures else (7,))
    if scale.name == "paper":
        kinds = Classes(photographs, NATURAL, natural()), Classes(photographs, MAN_MADE, man_made())
        for split, (a, b) in ((DISSIMILAR, kinds), (CONTROL, cut(scale, photographs, seed))):
            networks = comparison(scale, split, photographs, seed)
            for source, target in ((a, b), (b, a)):
                yield from networks.measured(target, BASE)
                yield from networks.transferred("AnB", source, target, LAYERS)


def by_kind(scale: Scale, photographs: DataSet, seed: int) -> Iterator[tuple[str, Classes, Classes]]:
    """(split, source, target): sources of as many classes each, given to one and the same network of each kind.

    The mixture has both kinds in their shares of all classes; the targets are of what it leaves over.
    """
    found: tuple[tuple[str, ...], tuple[str, ...]] = scale.pick(
        smoke=(("0", "1", "2", "3"), ("4", "5", "6", "7", "8", "9")),
        laptop=(SMALL.natural, SMALL.man_made),
        paper=(natural(), man_made()),
    )
    kinds = dict(zip((NATURAL, MAN_MADE), found, strict=True))
    size = min(map(len, found))
    share = size * len(kinds[NATURAL]) // sum(map(len, found))
    mixture = {NATURAL: drawn(kinds[NATURAL], share, seed), MAN_MADE: drawn(kinds[MAN_MADE], size - share, seed)}
    left = {kind: tuple(name for name in names if name not in mixture[kind]) for kind, names in kinds.items()}
    both = Classes(photographs, "both kinds", mixture[NATURAL] + mixture[MAN_MADE])
    for kind, other in ((NATURAL, MAN_MADE), (MAN_MADE, NATURAL)):
        target = Classes(photographs, kind, drawn(left[kind], min(map(len, left.values())), seed))
        yield OTHER_KIND, Classes(photographs, other, drawn(kinds[other], size, seed)), target
        yield BOTH_KINDS, both, target


def cut(scale: Scale, photographs: DataSet, seed: int) -> tuple[Classes, Classes]:
    """Random halves A and B; at paper scale the authors' own, 0 to 3."""
    a, b = halves(photographs, seed)
    if scale.name == "paper":
        theirs = random_halves(seed % 100)
        a, b = (Classes(photographs, half.name, names) for half, names in zip((a, b), theirs, strict=True))
    return a, b


def comparison(scale: Scale, split: str, data: DataSet, seed: int, laptop_steps: int = 1000) -> Comparison:
    recipe: Recipe = scale.pick(
        smoke=Recipe(6, batch_size=16, learning_rate=0.02, checkpoints=2),
        laptop=Recipe(
            laptop_steps, learning_rate=0.04, schedule="cosine", weight_decay=0.0005, checkpoints=12, warm_up=0.1
        ),
        paper=CaffeRecipe(),
    )
    return Comparison(
        split=split,
        data=data.name,
        seed=seed,
        backbone=scale.pick(smoke=SmallCNN(), laptop=SmallCNN(), paper=CaffeNet()),
        recipe=recipe,
        augmentation=scale.pick(smoke=None, laptop=None, paper=CropAndFlip(227)),
    )
