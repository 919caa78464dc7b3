"""The cells: every method on all pairs, few labels where there is headroom, a held-out test and a ceiling on a few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product

from mtl_bench.datasets.pacs import PACS
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.cut import Cut
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.methods.shallow.tca import TCA
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans.adaptation import LAST, AdaptationTable, Pair, Protocol
from mtl_bench.plans.lines import Deep, Shallow
from mtl_bench.plans.standard import (
    ADDA_2017,
    CDAN_2018,
    CMD_2017,
    CMD_ALONE,
    CORAL_2016,
    DAN_2015,
    DANN_1024,
    DANN_2015,
    DDC_2014,
    DEEP_CORAL_2016,
    JAN_2017,
    JDA_2013,
    MCD_2018,
    MDD_2019,
    NEIGHBOUR,
    PCA_100,
    RTN_2016,
    SHALLOW,
    SOURCE_ONLY,
    TCA_2011,
    Z_SCORED,
)
from mtl_bench.study import Cell, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.select import Select
from mtl_bench.trials.trunk import Trunk

DOMAINS = PACS.domains
PAIRS: tuple[Pair, ...] = tuple(permutations(DOMAINS, 2))
WITH_HEADROOM: tuple[Pair, ...] = tuple(pair for pair in PAIRS if pair[1] != "photo")
TO_PHOTO: tuple[Pair, ...] = tuple(pair for pair in PAIRS if pair[1] == "photo")
TO_SKETCH = ("photo", "sketch")
THREE: tuple[Pair, ...] = (TO_SKETCH, ("photo", "cartoon"), ("cartoon", "sketch"))
FEATURES = "EfficientNet-Lite0"
NATIVE = 227  # the stored side of PACS; the network's own transform does all else
FEW = Protocol("20 labels a class", dict.fromkeys(DOMAINS, 20))
HELD_OUT = Protocol("80/20")
FEWER = 3  # seeds of what no primary claim is about

JUDGED = (SOURCE_ONLY, DAN_2015, DANN_1024, JAN_2017, CDAN_2018)
SHOWN = (
    DDC_2014,
    DANN_2015,
    RTN_2016,
    DEEP_CORAL_2016,
    CMD_2017,
    CMD_ALONE,
    ADDA_2017,
    MCD_2018,
    MDD_2019,
)
CEILING = Deep("train on target", SourceOnly(), family="none")
PAPER_TCA = Shallow("TCA, paper", TCA(100, projected="length 1"), "unit length", 100, year=2011)
DRAWN = (NEIGHBOUR, PCA_100, TCA_2011, PAPER_TCA, JDA_2013, Z_SCORED, CORAL_2016)
DRAWN_DEEP = (SOURCE_ONLY, DAN_2015)
HELD_OUT_DEEP = (DAN_2015, SOURCE_ONLY, DANN_1024, CDAN_2018)


def plan(scale: Scale) -> Iterator[Cell]:
    whole, held_out = tables(scale)
    fewer = scale.seeds[: scale.pick(smoke=1, laptop=FEWER, paper=None)]
    one = (TO_SKETCH,)
    with_headroom, three = (scale.pick(smoke=one, laptop=pairs, paper=pairs) for pairs in (WITH_HEADROOM, THREE))
    to_photo = scale.pick(smoke=(), laptop=TO_PHOTO, paper=TO_PHOTO)
    few = replace(FEW, of_source=dict.fromkeys(DOMAINS, scale.pick(smoke=3, laptop=20, paper=20)))
    yield from whole.shallow(SHALLOW, (*with_headroom, *to_photo))
    yield from whole.deep(JUDGED, with_headroom, scale.seeds)
    yield from whole.deep(JUDGED, to_photo, fewer)
    yield from whole.deep(SHOWN, (*with_headroom, *to_photo), fewer)
    yield from whole.drawn(DRAWN, with_headroom, scale.seeds, few)
    yield from whole.deep(DRAWN_DEEP, with_headroom, scale.seeds, few)
    yield from held_out.deep(HELD_OUT_DEEP, three, fewer, HELD_OUT)
    chosen_among = HELD_OUT_DEEP[: scale.pick(smoke=1, laptop=None, paper=None)]
    yield from held_out.selected(chosen_among, three, fewer, HELD_OUT)
    for pair, seed in product(three, fewer):
        target = held_out.targets[pair[1]]
        run = replace(held_out.run(CEILING, pair, seed, HELD_OUT), sources=(target,))
        yield held_out.cell(CEILING, pair, seed, Select(run), LAST, HELD_OUT)


def tables(scale: Scale) -> tuple[AdaptationTable, AdaptationTable]:
    """Targets seen and tested as a whole, and targets of which 80 % are seen and the others tested."""
    pool: str = scale.pick(smoke="train", laptop="all", paper="all")
    features = {name: Trunk(images(scale, name), Pretrained(), (pool,)) for name in DOMAINS}
    known = {name: Transductive(features[name], pool) for name in DOMAINS}
    recipe = Recipe(
        steps=scale.pick(smoke=8, laptop=1500, paper=1500),
        batch_size=scale.pick(smoke=16, laptop=64, paper=64),
        weight_decay=0.001,
        checkpoints=scale.pick(smoke=2, laptop=5, paper=5),
    )
    whole = AdaptationTable(
        known, known, recipe, {"features": scale.pick(smoke="synthetic", laptop=FEATURES, paper=FEATURES)}
    )
    return whole, replace(whole, targets={name: Cut(features[name], pool) for name in DOMAINS})


def images(scale: Scale, domain: str) -> DataSet:
    tint = DOMAINS.index(domain) / len(DOMAINS)
    found: DataSet = scale.pick(
        smoke=SyntheticImages(tint, train=120, stands_for=domain),
        laptop=PACS(domain, "jpeg80", NATIVE),
        paper=PACS(domain, "original", NATIVE),
    )
    return found
