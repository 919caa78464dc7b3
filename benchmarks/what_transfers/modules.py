"""How critical each of a network's layers is: what of its learning can be undone before the network errs."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.study import Cell, Scale
from mtl_bench.trials.criticality import MAP, Criticality, NoiseMap
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights

from .networks import NEAR, PRETRAINED, RANDOM, Replicate

DIRECT, OPTIMISATION = "straight way", "way that training took"
ALLOWED, LESS, MORE = 0.05, 0.02, 0.1  # of the way from a network's error to chance
READ = {
    "criticality": "criticality",
    "error_if_set_back": "set back",
    "noise_borne": "noise",
    "relative_noise_borne": "relative noise",
}
NOISES = (0.0, 0.01, 0.02, 0.04, 0.08, 0.16)


def criticality(one: Replicate) -> Iterator[Cell]:
    for network, run in networks(one):
        for way, steps in ((DIRECT, ()), (OPTIMISATION, one.passed)):
            yield from layers(
                one, network, way, Criticality(Weights(run), one.targets[NEAR], rows=one.rows, steps=steps)
            )


def by_other_bounds(one: Replicate) -> Iterator[Cell]:
    """A layer's criticality becomes 0 where it can be set back within the error that is allowed: at which bound?"""
    for network, run in networks(one):
        for allowed in (LESS, MORE):
            tried = Criticality(Weights(run), one.targets[NEAR], rows=one.rows, allowed=allowed)
            yield from layers(one, network, DIRECT, tried)


def layers(one: Replicate, network: str, way: str, tried: Criticality) -> Iterator[Cell]:
    for number, layer in enumerate(one.layers, 1):
        labels = one.labels(NEAR, network=network, way=way, layer=number, allowed=f"{tried.allowed:.0%}")
        for metric, reads in READ.items():
            # What a layer does alone at its start or end is the same whichever way is gone.
            if metric == "criticality" or (way == DIRECT and tried.allowed == ALLOWED):
                yield Cell(labels, tried, metric=metric, reads=f"{reads} {layer}")


def maps(scale: Scale, one: Replicate) -> Iterator[Cell]:
    """Errors by place and noise: pictures of one replicate."""
    noises = NOISES[: scale.pick(smoke=2, laptop=None, gpu=None, paper=None)]
    for network, run in networks(one):
        for way, steps in ((DIRECT, ()), (OPTIMISATION, one.passed)):
            seen = NoiseMap(Weights(run), one.targets[NEAR], rows=one.rows // 2, steps=steps, draws=1, noises=noises)
            yield Cell(one.labels(NEAR, network=network, way=way), seen, artifact=MAP)


def networks(one: Replicate) -> tuple[tuple[str, Train], ...]:
    return (PRETRAINED, one.tuned(NEAR)), (RANDOM, one.fresh(NEAR))
