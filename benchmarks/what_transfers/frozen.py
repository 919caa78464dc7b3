"""The same questions to a network that learnt ImageNet and stands still: EfficientNet-Lite0 on Office-31's webcam."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.datasets.office31 import Office31
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import PerClass
from mtl_bench.datasets.wrappers.shuffled import Shuffled
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.models.above import FineTuned
from mtl_bench.models.pretrained import PACKAGED, Pretrained
from mtl_bench.models.timm_backbone import TimmBackbone
from mtl_bench.study import Cell, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.similarity import Similarity
from mtl_bench.trials.train import Train
from mtl_bench.trials.trunk import Trunk
from mtl_bench.trials.weights import Weights

FROZEN, TARGET = "EfficientNet-Lite0, frozen", "webcam"
WITH_ITSELF, WITH_UNTRAINED = "EfficientNet-Lite0 & itself", "EfficientNet-Lite0 & untrained"
STORED = 256  # the side of an image before the network's own transform
NO_TRAINING = Recipe(1, 4)  # the networks are as they start


def frozen(scale: Scale) -> Iterator[Cell]:
    yield from on_shuffled_blocks(scale)
    yield from layer_by_layer(scale)


def on_shuffled_blocks(scale: Scale) -> Iterator[Cell]:
    """What a linear classifier above it makes of webcam's images whose blocks stand in another order."""
    pool: str = scale.pick(smoke="train", laptop="all")
    blocks: tuple[int, ...] = scale.pick(smoke=(128,), laptop=(128, 64, 32, 16, 8, 4, 2, 1))
    for halvings, block in enumerate((STORED, *blocks)):
        images = photographs(scale, STORED)
        features = Trunk(images if block == STORED else Shuffled(images, block), Pretrained(), (pool,))
        for seed in scale.seeds:
            cut = PerClass(features, scale.pick(smoke=2, laptop=15), scale.pick(smoke=2, laptop=10), seed, pool)
            trial = FitShallow(NoAdaptation("linear SVM"), cut, cut, "unit length", train="train", test="test")
            yield Cell({"network": FROZEN, "target": TARGET, "halvings": halvings, "seed": seed}, trial)


def layer_by_layer(scale: Scale) -> Iterator[Cell]:
    """Of its layers, how alike they are to each other, and to those that nothing trained."""
    seed = scale.seeds[0]
    images = photographs(scale, 224)
    shown = PerClass(images, 1, scale.pick(smoke=1, laptop=10), seed, scale.pick(smoke="train", laptop="all"))
    published = Weights(Train(shown, FineTuned(), NO_TRAINING, seed), step=0)
    untrained = Weights(Train(shown, TimmBackbone(PACKAGED), NO_TRAINING, seed), step=0)
    for pair, other in ((WITH_ITSELF, published), (WITH_UNTRAINED, untrained)):
        yield Cell(
            {"pair": pair, "target": TARGET, "seed": seed}, Similarity(published, other, shown), artifact="cka.csv"
        )


def photographs(scale: Scale, side: int) -> DataSet:
    found: DataSet = scale.pick(
        smoke=SyntheticImages(size=side, train=40, stands_for=TARGET),
        laptop=Office31(TARGET, "original", side),
    )
    return found
