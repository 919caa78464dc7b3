"""A replicate's networks: one pre-training, and what starts from it or from random weights on each target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mtl_bench.datasets.chexpert import CheXpert
from mtl_bench.datasets.domainnet import DomainNet
from mtl_bench.datasets.imagenet import ImageNet
from mtl_bench.datasets.mnist_m import MNISTM
from mtl_bench.datasets.pacs import PACS
from mtl_bench.datasets.pneumonia_mnist import PneumoniaMNIST
from mtl_bench.datasets.quickdraw import ALL, QuickDraw
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.tiny_imagenet import TinyImageNet
from mtl_bench.datasets.wrappers.classes import PerClass, drawn
from mtl_bench.datasets.wrappers.resized import Resized
from mtl_bench.datasets.wrappers.sample import Sample
from mtl_bench.models.fixup_resnet50 import FixupResNet50
from mtl_bench.models.network import Backbone
from mtl_bench.models.residual_cnn import ResidualCNN
from mtl_bench.models.timm_backbone import TimmBackbone
from mtl_bench.study import Labels, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.inits import Whole
from mtl_bench.trials.interpolation import Interpolation
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights

PRETRAINED, RANDOM, GENTLY = "P-T", "RI-T", "P-T, a fifth of the rate"
NEAR, FAR = "photo", "quickdraw"
SOURCE = "source"
TARGETS = (NEAR, "sketch", FAR, "mnist-m", "x-rays")  # by what they look like, from near the source to far from it
FRESH, ANOTHER = 1000, 5000  # added to a replicate's seed: of fresh weights, and of another start or order
RESIDUAL_CNN = ("stem", "block1", "block2", "block3", "block4")
RESNET = ("conv1", "layer1", "layer2", "layer3", "layer4")
DRAWINGS = drawn(ALL, 20, 0)  # kinds of things, drawn once
BEYOND = 0.5  # of the way between two networks, on either side
OF_TARGET = 50_000  # training images at paper scale, the same in every replicate
GENTLER = 5.0  # the authors divide .1 by 8 for random weights, .02 by 8 for pre-trained ones


@dataclass(frozen=True)
class Replicate:
    """Networks that differ in where they start, in their target and in the order of its images, and in nothing else."""

    seed: int
    source: DataSet
    targets: Mapping[str, DataSet]
    backbone: Backbone
    layers: tuple[str, ...]  # the backbone's stages
    pretraining: Recipe
    recipe: Recipe
    checkpoints: Mapping[int, int]  # of pre-training, by epoch the step, of which the last is its end
    normed: Backbone | None = None  # its twin with BatchNorm
    re_estimated: int = 0  # rows for BatchNorm between two networks, 0 for a network without it
    points: int = 11  # on a line
    rows: int = 512  # on which stages are blurred and planes are drawn

    @property
    def pretrained(self) -> Train:
        """P."""
        *along, _ = self.checkpoints.values()
        return Train(self.source, self.backbone, self.pretraining, self.seed, weights_at=tuple(along))

    def tuned(self, target: str, order: int | None = None, gently: bool = False, since: int | None = None) -> Train:
        """P-T; from pre-training's end or from `since`, a step of it."""
        slower = replace(self.recipe, learning_rate=self.recipe.learning_rate / GENTLER)
        run = replace(self.fresh(target, order), init=Whole(Weights(self.pretrained, since)))
        return replace(run, recipe=slower) if gently else run

    def fresh(self, target: str, order: int | None = None, start: int = 0) -> Train:
        """RI-T; another `order` alone leaves the start, whose classifier P-T has too."""
        seed = self.seed + FRESH + start * ANOTHER
        ordered = None if order is None else seed + order * ANOTHER
        return Train(self.targets[target], self.backbone, self.recipe, seed, order=ordered, weights_at=self.passed)

    def line(self, a: Weights, b: Weights) -> Interpolation:
        """Between two that learnt the near target, and as far beyond each as half the way."""
        return Interpolation(a, b, self.targets[NEAR], self.points, beyond=BEYOND, re_estimated=self.re_estimated)

    def labels(self, target: str, **more: str | int) -> Labels:
        return {**more, "target": target, "seed": self.seed}

    @property
    def passed(self) -> tuple[int, ...]:
        """Steps of training on a target after which its weights are kept."""
        steps = self.recipe.steps
        return tuple(sorted({max(1, round(steps * share)) for share in (0.05, 0.2, 0.5)} - {steps}))


def replicate(scale: Scale, seed: int) -> Replicate:
    found: Replicate = {"smoke": _smoke, "laptop": _laptop, "gpu": _gpu, "paper": _paper}[scale.name](seed)
    return found


def _smoke(seed: int) -> Replicate:
    backbone = ResidualCNN((4, 4, 6, 6), stem=4)
    targets = {
        name: SyntheticImages(i / 8, train=48, test=40, size=32, stands_for=name) for i, name in enumerate(TARGETS)
    }
    return Replicate(
        seed=seed,
        source=SyntheticImages(0.9, train=64, test=20, size=32, stands_for="tiny-imagenet"),
        targets=targets,
        backbone=backbone,
        layers=RESIDUAL_CNN,
        pretraining=Recipe(8, 16, learning_rate=0.05, checkpoints=8, clip=5, schedule="drops", drops=(0.5,)),
        recipe=Recipe(6, 16, learning_rate=0.05, checkpoints=3, clip=5, schedule="drops", drops=(0.5,)),
        checkpoints={1: 4, 2: 8},
        normed=replace(backbone, normalised=True),
        points=3,
        rows=16,
    )


def _laptop(seed: int) -> Replicate:
    """Tiny-ImageNet's photographs overlap those of PACS in kind."""
    backbone = ResidualCNN((24, 48, 96, 96), stem=24, scale=0.5)
    side = backbone.size
    targets: dict[str, DataSet] = {
        name: PerClass(PACS(name, "jpeg80", side), train=90, test=200, seed=seed) for name in (NEAR, "sketch")
    }
    targets[FAR] = PerClass(QuickDraw("120-drawings", DRAWINGS, side), train=40, test=40, seed=seed)
    targets["mnist-m"] = Resized(PerClass(MNISTM(), train=80, test=60, seed=seed, pool="train"), side)
    targets["x-rays"] = Resized(
        PerClass(PneumoniaMNIST("388-normal"), train=250, test=130, seed=seed, pool="train"), side
    )
    return _photographs(seed, TinyImageNet("100-classes", side), targets, backbone, epochs=15, rows=10_000)


def _gpu(seed: int) -> Replicate:
    """ResNet-18 of 64 pixels, all of Tiny-ImageNet and of the targets."""
    side = 64
    targets: dict[str, DataSet] = {name: PACS(name, size=side) for name in (NEAR, "sketch")}
    targets[FAR] = QuickDraw(classes=DRAWINGS, size=side)
    targets["mnist-m"] = Resized(MNISTM(), side)
    targets["x-rays"] = Resized(PneumoniaMNIST(), side)
    found = _photographs(
        seed, TinyImageNet(size=side), targets, TimmBackbone("resnet18", side), epochs=30, rows=100_000
    )
    return replace(found, re_estimated=1024)


def _photographs(
    seed: int, source: DataSet, targets: Mapping[str, DataSet], backbone: Backbone, epochs: int, rows: int
) -> Replicate:
    """So many epochs of pre-training, whose rate drops at three and at four fifths, then 1,000 steps on a target."""
    of_epoch, fifth = rows // 64, epochs // 5
    kept = (1, fifth, 3 * fifth, 3 * fifth + 1, 4 * fifth, 4 * fifth + 1, epochs)
    return Replicate(
        seed=seed,
        source=source,
        targets=targets,
        backbone=backbone,
        layers=RESIDUAL_CNN if isinstance(backbone, ResidualCNN) else RESNET,
        pretraining=Recipe(
            epochs * of_epoch,
            learning_rate=0.1,
            schedule="drops",
            drops=(0.6, 0.8),
            weight_decay=0.0001,
            checkpoints=epochs,
            clip=5,
        ),
        recipe=Recipe(
            1000,
            32,
            learning_rate=0.1,
            schedule="drops",
            drops=(0.7,),
            weight_decay=0.0001,
            checkpoints=20,
            clip=5,
        ),
        checkpoints={epoch: epoch * of_epoch for epoch in kept},
        normed=replace(backbone, normalised=True) if isinstance(backbone, ResidualCNN) else None,
    )


def _paper(seed: int) -> Replicate:
    """By the released configurations: 50,000 images of a target, 100 epochs of batches of 32."""
    side = FixupResNet50().size
    styles = {NEAR: "real", "sketch": "clipart", FAR: "quickdraw"}
    whole: dict[str, DataSet] = {target: DomainNet(style) for target, style in styles.items()}
    whole |= {"mnist-m": Resized(MNISTM(), side), "x-rays": CheXpert()}
    targets = {name: Sample(data, OF_TARGET, seed=0) for name, data in whole.items()}
    of_epoch = 1_281_167 // 256
    kept = (1, 2, 5, 10, 29, 30, 31, 59, 60, 61, 89, 90)
    backbone = FixupResNet50()
    return Replicate(
        seed=seed,
        source=ImageNet(size=side),
        targets=targets,
        backbone=backbone,
        layers=RESNET,
        pretraining=Recipe(
            90 * of_epoch,
            256,
            learning_rate=0.1,
            schedule="drops",
            drops=(1 / 3, 2 / 3),
            weight_decay=0.0001,
            checkpoints=90,
        ),
        recipe=Recipe(
            156_250,
            32,
            learning_rate=0.1 / 8,  # as the authors write it, for batches of 32 in place of 256
            schedule="drops",
            drops=(0.3, 0.6, 0.9),
            weight_decay=0.0001,
            checkpoints=100,
        ),
        checkpoints={epoch: epoch * of_epoch for epoch in kept},
        points=50,
    )
