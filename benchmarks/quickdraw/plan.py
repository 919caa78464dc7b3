"""The cells: photographs and drawings of 53 kinds of things, both ways, above a network that stands still."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.datasets.quickdraw import IN_TINY_IMAGENET, QuickDraw
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.tiny_imagenet import TinyImageNet, names
from mtl_bench.datasets.wrappers.called import Called
from mtl_bench.datasets.wrappers.classes import Classes
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans.adaptation import AdaptationTable, Pair, Protocol
from mtl_bench.plans.standard import (
    CDAN_2018,
    CORAL_2016,
    DAN_2015,
    DANN_1024,
    DEEP_CORAL_2016,
    JAN_2017,
    MDD_2019,
    NEIGHBOUR,
    SOURCE_ONLY,
    TCA_2011,
    Z_SCORED,
)
from mtl_bench.study import Cell, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.trunk import Trunk

PHOTOGRAPHS, DRAWINGS = "photographs", "drawings"
DOMAINS = (PHOTOGRAPHS, DRAWINGS)
TO_DRAWINGS, TO_PHOTOGRAPHS = (PHOTOGRAPHS, DRAWINGS), (DRAWINGS, PHOTOGRAPHS)
PAIRS: tuple[Pair, ...] = (TO_DRAWINGS, TO_PHOTOGRAPHS)
CLASSES = tuple(IN_TINY_IMAGENET)
FEATURES = "EfficientNet-Lite0"
FEW = "20 labels a class"
DISCREPANCIES = (DAN_2015, JAN_2017, DEEP_CORAL_2016)
ADVERSARIES = (DANN_1024, CDAN_2018, MDD_2019)
DEEP = (SOURCE_ONLY, *DISCREPANCIES, *ADVERSARIES)
DRAWN = (NEIGHBOUR, TCA_2011, Z_SCORED, CORAL_2016)


def plan(scale: Scale) -> Iterator[Cell]:
    of_images = table(scale)
    few = Protocol(FEW, dict.fromkeys(DOMAINS, scale.pick(smoke=3, laptop=20)))
    yield from of_images.deep(DEEP, PAIRS, scale.seeds)
    yield from of_images.drawn(DRAWN, PAIRS, scale.seeds, few)
    yield from of_images.deep((SOURCE_ONLY, DAN_2015), PAIRS, scale.seeds, few)
    yield from of_images.losses((SOURCE_ONLY,), PAIRS, scale.seeds)


def table(scale: Scale) -> AdaptationTable:
    """Both domains above the same network."""
    pool: str = scale.pick(smoke="train", laptop="all")
    features = {name: Trunk(images(scale, name), Pretrained(), (pool,)) for name in DOMAINS}
    domains = {name: Transductive(features[name], pool) for name in DOMAINS}
    return AdaptationTable(
        domains,
        domains,
        Recipe(
            steps=scale.pick(smoke=8, laptop=1500),
            batch_size=scale.pick(smoke=16, laptop=64),
            weight_decay=0.001,
            checkpoints=scale.pick(smoke=2, laptop=5),
        ),
        {"features": scale.pick(smoke="synthetic", laptop=FEATURES)},
    )


def images(scale: Scale, domain: str) -> DataSet:
    photographs = Classes(
        TinyImageNet("100-classes"), "tiny-imagenet-53", tuple(names()[wnid] for wnid in IN_TINY_IMAGENET.values())
    )
    found: DataSet = scale.pick(
        smoke=SyntheticImages(DOMAINS.index(domain) / 2, train=80, stands_for=domain),
        laptop=Called(photographs if domain == PHOTOGRAPHS else QuickDraw("120-drawings", CLASSES), domain, CLASSES),
    )
    return found
