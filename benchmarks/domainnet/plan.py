"""The cells: every pair of six styles, by the official splits, above a network that stands still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations

from mtl_bench.datasets.domainnet import DomainNet
from mtl_bench.datasets.domainnet_lists import CLASSES_126, DOMAINS_126
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import Classes
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans.adaptation import AdaptationTable, Pair, Protocol
from mtl_bench.plans.lines import Deep
from mtl_bench.plans.standard import (
    ADDA_2017,
    CDAN_2018,
    DAN_2015,
    DANN_1024,
    JAN_2017,
    MCD_2018,
    MDD_2019,
    SOURCE_ONLY,
)
from mtl_bench.study import Cell, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.trunk import Trunk

DOMAINS = DomainNet.domains
FEATURES = "EfficientNet-Lite0"
WHOLE, OF_126 = "DomainNet", "DomainNet-126"
OFFICIAL = Protocol("official split")
BOTH_WAYS: tuple[Pair, ...] = (("clipart", "quickdraw"), ("quickdraw", "clipart"))
SIX = (SOURCE_ONLY, DAN_2015, DANN_1024, JAN_2017, CDAN_2018, MDD_2019)
EIGHT = (*SIX, MCD_2018, ADDA_2017)
STEPS = {"smoke": 8, "laptop": 1000, "gpu": 3000}


def pairs_of(domains: Iterable[str]) -> tuple[Pair, ...]:
    return tuple(permutations(domains, 2))


PAIRS = pairs_of(DOMAINS)
OF_FOUR = pairs_of(DOMAINS_126)  # the pairs of TLlib's table, too
JUDGED = (SOURCE_ONLY, DAN_2015, DANN_1024, JAN_2017, CDAN_2018)
FEWER = 3  # seeds of what no primary claim is about


def plan(scale: Scale) -> Iterator[Cell]:
    lines: tuple[Deep, ...] = scale.pick(smoke=EIGHT, laptop=SIX, gpu=EIGHT)
    pairs: tuple[Pair, ...] = scale.pick(smoke=BOTH_WAYS, laptop=PAIRS, gpu=PAIRS)
    features = {name: Trunk(images(scale, name), Pretrained(), DomainNet.splits) for name in DOMAINS}
    whole = table(scale, WHOLE, features)
    judged = tuple(pair for pair in pairs if pair in OF_FOUR)
    yield from whole.deep([line for line in lines if line in JUDGED], judged, scale.seeds, OFFICIAL)
    fewer = scale.seeds[:FEWER]
    yield from whole.deep([line for line in lines if line not in JUDGED], judged, fewer, OFFICIAL)
    yield from whole.deep(lines, [pair for pair in pairs if pair not in judged], fewer, OFFICIAL)
    if scale.name == "gpu":
        some = {name: Classes(features[name], f"{name}, 126 classes", CLASSES_126) for name in DOMAINS_126}
        yield from table(scale, OF_126, some).deep(SIX, OF_FOUR, scale.seeds, OFFICIAL)


def table(scale: Scale, name: str, domains: dict[str, Trunk] | dict[str, Classes]) -> AdaptationTable:
    """The table of a set of images: what is seen of a target without labels is its training list."""
    recipe = Recipe(
        steps=STEPS[scale.name],
        batch_size=scale.pick(smoke=16, laptop=64, gpu=64),
        weight_decay=0.001,
        checkpoints=1,  # all numbers go by the last one, and each keeps the logits of up to 52,000 images
    )
    features: str = scale.pick(smoke="synthetic", laptop=FEATURES, gpu=FEATURES)
    return AdaptationTable(domains, domains, recipe, {"features": features, "images": name})


def images(scale: Scale, domain: str) -> DataSet:
    tint = DOMAINS.index(domain) / len(DOMAINS)
    found: DataSet = scale.pick(
        smoke=SyntheticImages(tint, train=40, test=20, stands_for=domain),
        laptop=DomainNet(domain, "40-classes"),
        gpu=DomainNet(domain),
    )
    return found
