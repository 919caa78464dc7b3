"""What two networks share: mistakes, what their layers give, where their parameters lie, and the way between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mtl_bench.study import Cell, Labels
from mtl_bench.trials.interpolation import Interpolation
from mtl_bench.trials.mistakes import Mistakes
from mtl_bench.trials.plane import PLANE, Plane
from mtl_bench.trials.similarity import Distance, Similarity
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights

from .networks import NEAR, Replicate

TWINS, TWINS_GENTLY = "P-T & P-T", "P-T & P-T, a fifth of the rate"
WITH_SOURCE, ACROSS = "P-T & P", "P-T & RI-T"
SAME_START, OTHER_START = "RI-T & RI-T, one start", "RI-T & RI-T"
UNTRAINED = "RI & RI, untrained"
NORMED, RE_ESTIMATED = "RI-T & RI-T, BatchNorm", "RI-T & RI-T, BatchNorm estimated anew"
DEBIASED, BIASED = "debiased", "biased"
DISTANCES = {"distance": "distance", "distance_per_parameter": "per parameter", "relative_distance": "relative"}
MISTAKES = {"common_mistakes": "common", "mistakes_of_a": "only a", "mistakes_of_b": "only b"}
DIFFICULTY = {"difficulty_for_a": "difficulty only a", "difficulty_for_b": "difficulty only b"}


def pairs(one: Replicate) -> Mapping[str, tuple[Weights, Weights]]:
    """By the paper's names. Twins differ in the order of images alone, others in what they started from too."""
    tuned, fresh, other = one.tuned(NEAR), one.fresh(NEAR), one.fresh(NEAR, start=1)
    gently = (one.tuned(NEAR, gently=True), one.tuned(NEAR, gently=True, order=1))
    return {
        TWINS: (Weights(tuned), Weights(one.tuned(NEAR, order=1))),
        TWINS_GENTLY: (Weights(gently[0]), Weights(gently[1])),
        WITH_SOURCE: (Weights(tuned), Weights(one.pretrained)),
        ACROSS: (Weights(tuned), Weights(one.fresh(NEAR, order=1))),
        SAME_START: (Weights(fresh), Weights(one.fresh(NEAR, order=1))),
        OTHER_START: (Weights(fresh), Weights(other)),
        UNTRAINED: (Weights(fresh, step=0), Weights(other, step=0)),
    }


def in_pairs(one: Replicate, judges: Sequence[Replicate]) -> Iterator[Cell]:
    """On the near target. Networks of the other replicates, as many of each kind, say which images are difficult."""
    judging = tuple(Weights(run) for other in judges for run in (other.tuned(NEAR), other.fresh(NEAR)))
    for pair, (a, b) in pairs(one).items():
        labels = one.labels(NEAR, pair=pair)
        if pair not in (WITH_SOURCE, UNTRAINED):  # networks that learnt the same
            yield from mistakes(labels, Mistakes(a, b, one.targets[NEAR]))
            yield from barriers(labels, one.line(a, b))
        if pair == ACROSS and judging:
            for metric, reads in DIFFICULTY.items():
                yield Cell(labels, Mistakes(a, b, one.targets[NEAR], judging), metric=metric, reads=reads)
        yield from layer_by_layer(one, labels, a, b)


def mistakes(labels: Labels, failed: Mistakes) -> Iterator[Cell]:
    """Over all and, of one that was pre-trained and one that was not, class by class."""
    yield Cell(labels, failed, metric="kappa")
    for metric, reads in MISTAKES.items():
        yield Cell(labels, failed, metric=metric, reads=reads)
        for name in failed.data.classes if labels["pair"] == ACROSS else ():
            yield Cell({**labels, "class": name}, failed, metric=metric, reads=f"{reads} {name}")


def barriers(labels: Labels, line: Interpolation) -> Iterator[Cell]:
    """And whether both networks have learnt their images: between others there is none to find."""
    for end, weights in (("a", line.a), ("b", line.b)):
        assert isinstance(weights.of, Train)
        yield Cell({**labels, "end": end}, weights.of, metric="training_accuracy", reads="training accuracy")
    yield Cell(labels, line, metric="error_barrier", reads="error barrier")
    yield Cell(labels, line, metric="loss_barrier", reads="loss barrier")


def layer_by_layer(one: Replicate, labels: Labels, a: Weights, b: Weights) -> Iterator[Cell]:
    """How alike what layers give is, and how far apart their parameters lie."""
    apart = Distance(a, b)
    for number, layer in enumerate(one.layers, 1):
        for debiased, estimate in ((True, DEBIASED), (False, BIASED)):
            alike = Similarity(a, b, one.targets[NEAR], debiased=debiased)
            yield Cell({**labels, "estimate": estimate, "layer": number}, alike, metric="CKA", reads=f"CKA {layer}")
        for metric, reads in DISTANCES.items():
            yield Cell({**labels, "layer": number}, apart, metric=metric, reads=f"{reads} {layer}")


def with_batch_norm(one: Replicate) -> Iterator[Cell]:
    """What running averages do on the line between two networks, and what is there when they are estimated anew."""
    if one.normed is None:
        return
    twin = replace(one, backbone=one.normed)
    a, b = Weights(twin.fresh(NEAR)), Weights(twin.fresh(NEAR, start=1))
    for pair, rows in ((NORMED, 0), (RE_ESTIMATED, one.rows)):
        yield from barriers(one.labels(NEAR, pair=pair), replace(one.line(a, b), re_estimated=rows))


def planes(one: Replicate) -> Iterator[Cell]:
    """Maps through twins that were pre-trained and one that was not, and through three that were not."""
    by_pair = pairs(one)
    (a, b), (same, again), (_, other) = by_pair[TWINS], by_pair[SAME_START], by_pair[OTHER_START]
    for pair, three in {ACROSS: (a, b, same), OTHER_START: (same, again, other)}.items():
        plane = Plane(*three, one.targets[NEAR], points=one.points + 4, rows=one.rows, re_estimated=one.re_estimated)
        yield Cell(one.labels(NEAR, pair=pair), plane, artifact=PLANE)
        yield Cell(one.labels(NEAR, pair=pair), plane, metric="error_in_the_middle", reads="error in the middle")
