"""The cells: the lines of `office_caltech` under their conventions, and three networks, on three kinds of features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from mtl_bench.datasets.office_caltech10 import OfficeCaltechSURF
from mtl_bench.datasets.office_caltech10_googlenet import OfficeCaltechGoogLeNet
from mtl_bench.datasets.office_caltech10_images import OfficeCaltechImages
from mtl_bench.datasets.synthetic import SyntheticFeatures
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans.adaptation import AdaptationTable, Pair, between, transductive_table
from mtl_bench.plans.lines import Shallow
from mtl_bench.plans.standard import DAN_2015, DANN_1024, SOURCE_ONLY
from mtl_bench.study import Cell, Labels, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.mean_over import Group, MeanOver
from mtl_bench.trials.trunk import Trunk

from ..office_caltech.plan import DOMAINS as BY_LETTER
from ..office_caltech.plan import FULL, PER_CLASS, SHIFTS, SPLITS, SURF
from ..office_caltech.plan import PAIRS as LETTERS
from ..office_caltech.rows import (
    LENGTH_1,
    LIBSVM,
    ROWS,
    SA_30,
    SCALED,
    SVM,
    TRANSPORT,
    TWENTY_OR_TEN,
    UNIT,
    WEIGHTED,
    alone,
    coral,
    gfk,
    jda,
    pca,
    tca,
)

EFFICIENTNET, GOOGLENET, TRANSFORMER = "EfficientNet-Lite0", "GoogLeNet", "ViT-B/16"
NETWORKS = {EFFICIENTNET: Pretrained(), TRANSFORMER: Pretrained("vit_base_patch16_224.augreg_in1k")}
PAIRS: tuple[Pair, ...] = tuple((BY_LETTER[letters[0]], BY_LETTER[letters[1]]) for letters in LETTERS)
SIX: tuple[Pair, ...] = tuple(pair for pair in PAIRS if {*pair} <= {*OfficeCaltechGoogLeNet.domains})
PAIRS_OF = {SURF: PAIRS, EFFICIENTNET: PAIRS, GOOGLENET: SIX, TRANSFORMER: PAIRS}
WIDTHS = {SURF: 800, EFFICIENTNET: 1280, GOOGLENET: 1024, TRANSFORMER: 768}
FROM = {name: PER_CLASS[letter] for letter, name in BY_LETTER.items()}  # labelled images a class in a draw
LINES = tuple(row for row in ROWS if row.dimension != TWENTY_OR_TEN)  # which was fitted to a paper's row
# Methods that align, each beside what is done without: PCA to as many dimensions, or nothing.
ALIGNING = (
    (tca(30), pca(30, UNIT, LENGTH_1)),
    (jda(30), pca(30, UNIT, LENGTH_1)),
    (gfk(20), pca(20)),
    (SA_30, pca(30)),
    (TRANSPORT, alone(UNIT)),
    (coral(SCALED, LIBSVM), alone(SCALED, LIBSVM)),
    (WEIGHTED, alone(UNIT, SVM)),
)
DRAWN = {*chain(*ALIGNING), *(alone(line.normalisation, line.classifier) for line, _ in ALIGNING)}
DEEP = (SOURCE_ONLY, DAN_2015, DANN_1024)
FEWER = 3  # seeds of a network
OF_TWELVE: Labels = {"source": "each domain", "target": "each other"}
OF_SIX: Labels = {"source": "each of amazon, dslr, webcam", "target": "each other of them"}


def plan(scale: Scale) -> Iterator[Cell]:
    lines = LINES[:: scale.pick(smoke=6, laptop=1, paper=1)]
    for features, of_features in PAIRS_OF.items():
        if features == TRANSFORMER and scale.name != "paper":
            continue  # its weights have to be fetched
        pairs: tuple[Pair, ...] = scale.pick(smoke=SIX[:2], laptop=of_features, paper=of_features)
        for line in lines:
            yield from shallow(scale, line, features, pairs)
        if features != SURF:
            fewer = scale.seeds[: scale.pick(smoke=1, laptop=FEWER, paper=None)]
            network = Bottleneck(features=width(scale, features))
            yield from table(scale, features).deep([replace(one, network=network) for one in DEEP], pairs, fewer)


def shallow(scale: Scale, line: Shallow, features: str, pairs: tuple[Pair, ...]) -> Iterator[Cell]:
    """A line on all source points, its means over pairs, and one of a claim on draws of a few."""
    labels: Labels = {**line.convention, "features": features}
    whole = {pair: fit(scale, line, features, pair) for pair in pairs}
    for pair, trial in whole.items():
        yield Cell({**labels, **between(pair), "protocol": FULL}, trial)
        if line not in DRAWN:
            continue
        per_class: int = scale.pick(smoke=8, laptop=FROM[pair[0]], paper=FROM[pair[0]])
        drawn = replace(trial, per_class=per_class, draws=len(scale.seeds), first_seed=scale.seeds[0])
        for seed in scale.seeds:
            place = {**between(pair), "protocol": SPLITS, "seed": seed}
            yield Cell({**labels, **place}, drawn, reads=f"accuracy, draw {seed}")
    for name, over in ((OF_TWELVE, PAIRS), (OF_SIX, SIX)):
        if {*over} <= {*pairs}:
            mean = MeanOver(Group(tuple(whole[pair] for pair in over)))
            yield Cell({**labels, **name, "protocol": FULL}, mean, pooled=True)


def fit(scale: Scale, line: Shallow, features: str, pair: Pair) -> FitShallow:
    source, target = (data(scale, features, domain) for domain in pair)
    return FitShallow(line.method, source, target, line.normalisation)


def table(scale: Scale, features: str) -> AdaptationTable:
    """The deep methods' table on these features; copies of an image are in no source twice."""
    domains = dict.fromkeys(domain for pair in PAIRS_OF[features] for domain in pair)
    return transductive_table(
        {domain: data(scale, features, domain) for domain in domains},
        {domain: compared(scale, features, domain) for domain in domains},
        "all",
        Recipe(
            steps=scale.pick(smoke=8, laptop=1500, paper=1500),
            batch_size=scale.pick(smoke=16, laptop=64, paper=64),
            weight_decay=0.001,
            checkpoints=scale.pick(smoke=2, laptop=5, paper=5),
        ),
        {"features": features},
    )


def data(scale: Scale, features: str, domain: str) -> DataSet:
    found = compared(scale, features, domain)
    return Trunk(found, NETWORKS[features]) if isinstance(found, OfficeCaltechImages) else found


def compared(scale: Scale, features: str, domain: str) -> DataSet:
    """What copies are known by: the images, or features where there are no images."""
    [shift] = [SHIFTS[letter] for letter, name in BY_LETTER.items() if name == domain]
    if scale.name == "smoke":
        return SyntheticFeatures(shift, width(scale, features), stands_for=domain)
    if features in NETWORKS:
        return OfficeCaltechImages(domain, "jpeg88")
    found: DataSet = OfficeCaltechSURF(domain) if features == SURF else OfficeCaltechGoogLeNet(domain)
    return found


def width(scale: Scale, features: str) -> int:
    """Of the features; a tenth of it at smoke scale."""
    of_scale: int = scale.pick(smoke=WIDTHS[features] // 10, laptop=WIDTHS[features], paper=WIDTHS[features])
    return of_scale
