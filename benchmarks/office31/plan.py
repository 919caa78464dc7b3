"""The cells: every method on all pairs, few labels on two, weights varied on one, above a network that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product
from typing import Any

from mtl_bench.datasets.office31 import SOURCE_LABELS, TARGET_LABELS, Office31
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import PerClass
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans.adaptation import AdaptationTable, Pair, Protocol, transductive_table, varied
from mtl_bench.plans.lines import Deep
from mtl_bench.plans.standard import (
    ADVERSARIAL,
    CDAN_2018,
    CORAL_2016,
    DAN_2015,
    DANN_1024,
    DANN_2015,
    DEEP,
    DEEP_CORAL_2016,
    DISCREPANCY,
    JAN_2017,
    NEIGHBOUR,
    NONE,
    ONE_KERNEL,
    SHALLOW,
    SOURCE_ONLY,
    TCA_2011,
)
from mtl_bench.study import Cell, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.trunk import Trunk

from .end_to_end import end_to_end

DOMAINS = Office31.domains
PAIRS: tuple[Pair, ...] = tuple(permutations(DOMAINS, 2))
TO_WEBCAM, TO_AMAZON = ("amazon", "webcam"), ("webcam", "amazon")
WITH_HEADROOM: tuple[Pair, ...] = (TO_WEBCAM, ("amazon", "dslr"), ("dslr", "amazon"), TO_AMAZON)
BOTH_WAYS = (TO_WEBCAM, TO_AMAZON)
FEATURES, ORIGINAL = "EfficientNet-Lite0", "original"
FEW = Protocol("20/8 labels a class", SOURCE_LABELS)
FEW_OF_BOTH = Protocol("20/8 labels a class, 3 of the target", SOURCE_LABELS, TARGET_LABELS)
BY_WEIGHT = Protocol("full, weight varied")
COMPRESSED = "within amazon"
FEWER = 3  # seeds of what no primary claim is about
JUDGED = (SOURCE_ONLY, ONE_KERNEL, *DISCREPANCY, *ADVERSARIAL)  # the lines of primary claims
SIX = (SOURCE_ONLY, DAN_2015, JAN_2017, DEEP_CORAL_2016, DANN_2015, CDAN_2018)
CHOSEN_AMONG = (SOURCE_ONLY, DAN_2015, DANN_2015, CDAN_2018)
WEIGHTED = (DAN_2015, JAN_2017, DEEP_CORAL_2016)
WEIGHTS = (0.5, 1.5, 5.0, 15.0, 50.0)


def plan(scale: Scale) -> Iterator[Cell]:
    if scale.name in ("gpu", "paper"):
        yield from end_to_end(scale, PAIRS, WITH_HEADROOM)
        return
    of_images = table(scale, ORIGINAL)
    fewer = scale.seeds[: scale.pick(smoke=1, laptop=FEWER)]
    pairs: tuple[Pair, ...] = scale.pick(smoke=(TO_WEBCAM,), laptop=PAIRS)
    both_ways: tuple[Pair, ...] = scale.pick(smoke=(TO_WEBCAM,), laptop=BOTH_WAYS)
    chosen_among = CHOSEN_AMONG[: scale.pick(smoke=1, laptop=None)]
    yield from of_images.shallow(SHALLOW, pairs)
    for line, pair in product(DEEP, pairs):
        yield from of_images.deep((line,), (pair,), seeds(scale, line, pair))
    yield from of_images.drawn((NEIGHBOUR, TCA_2011, CORAL_2016), both_ways, seeds(scale), few(scale, FEW))
    for line in SIX:
        drawn = seeds(scale) if line == DAN_2015 else fewer
        yield from of_images.deep((line,), both_ways, drawn, few(scale, FEW))
    yield from of_images.deep(SIX, both_ways, fewer, few(scale, FEW_OF_BOTH))
    yield from of_images.selected(chosen_among, both_ways, fewer)
    for line in WEIGHTED:
        for weight in WEIGHTS[: scale.pick(smoke=2, laptop=None)]:
            method: Any = line.method
            heavier = replace(line, method=replace(method, weight=weight))
            yield from varied(of_images, "weight", f"{weight:g}").deep((heavier,), (TO_WEBCAM,), fewer, BY_WEIGHT)
    yield from compressed_again(scale, fewer)


def seeds(scale: Scale, line: Deep | None = None, pair: Pair = TO_WEBCAM) -> tuple[int, ...]:
    """Of a primary claim five, or all of the claim with the smallest published size; of what is only shown three."""
    if line in (DANN_2015, DANN_1024, CDAN_2018) and pair in WITH_HEADROOM:
        return scale.seeds
    judged = line is None or (line in JUDGED and pair in WITH_HEADROOM)
    return scale.seeds[: scale.pick(smoke=2, laptop=5 if judged else FEWER)]


def compressed_again(scale: Scale, seeds: tuple[int, ...]) -> Iterator[Cell]:
    """A classifier that learns and is tested on disjoint images of amazon, each part in one of two variants."""
    pool: str = scale.pick(smoke="train", laptop="all")
    photographs = images(scale, "amazon", ORIGINAL)
    features = {
        variant: Distinct(Trunk(images(scale, "amazon", variant), Pretrained(), (pool,)), photographs)
        for variant in Office31.variants
    }
    for (learnt, of_source), (tested, of_target) in product(features.items(), repeat=2):
        for seed in seeds:
            cut = {"train": scale.pick(smoke=8, laptop=60), "test": scale.pick(smoke=4, laptop=30), "seed": seed}
            source, target = (PerClass(of, pool=pool, **cut) for of in (of_source, of_target))
            trial = FitShallow(NoAdaptation("linear SVM"), source, target, "unit length", train="train", test="test")
            labels = {"method": NONE, "classifier": "linear SVM", "source": "amazon", "target": "amazon"}
            yield Cell({**labels, "images": f"{learnt} → {tested}", "protocol": COMPRESSED, "seed": seed}, trial)


def table(scale: Scale, variant: str) -> AdaptationTable:
    """The table of one variant of the images; copies of an image are in no source twice."""
    pool: str = scale.pick(smoke="train", laptop="all")
    photographs: dict[str, DataSet] = {name: images(scale, name, variant) for name in DOMAINS}
    features = {name: Trunk(data, Pretrained(), (pool,)) for name, data in photographs.items()}
    return transductive_table(
        features,
        photographs,
        pool,
        Recipe(
            steps=scale.pick(smoke=8, laptop=1500),
            batch_size=scale.pick(smoke=16, laptop=64),
            weight_decay=0.001,
            checkpoints=scale.pick(smoke=2, laptop=5),
        ),
        {"features": scale.pick(smoke="synthetic", laptop=FEATURES), "images": variant},
    )


def images(scale: Scale, domain: str, variant: str) -> DataSet:
    tint = DOMAINS.index(domain) / len(DOMAINS)
    found: DataSet = scale.pick(
        smoke=SyntheticImages(tint, train=120, stands_for=domain), laptop=Office31(domain, variant)
    )
    return found


def few(scale: Scale, protocol: Protocol) -> Protocol:
    """The protocol with as many labels as the images at smoke scale have."""
    if scale.name != "smoke":
        return protocol
    return replace(protocol, of_source=dict.fromkeys(DOMAINS, 3), of_target=min(protocol.of_target, 1))
