"""The cells: layers that are given, two ways of giving them, few labels and many, and a ladder of pre-training."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.study import Cell, Labels, Scale
from mtl_bench.trials.apply import Apply
from mtl_bench.trials.train import Train
from mtl_bench.trials.train_tasks import TrainTasks
from mtl_bench.trials.weights import Weights

from .networks import (
    EMBEDDING,
    FROZEN,
    GLOVE,
    HIDDEN,
    MULT,
    MULT_INIT,
    NOTHING,
    OUTPUT,
    RANDOM,
    TUNED,
    Experiment,
    of_pairs,
    of_sentences,
)
from .rungs import rungs
from .texts import ALL, EQUIVALENT, FEW

SOURCE = "source"
SOURCES, RATES, ALONG = "sources", "learning rates", "along the source"  # values of `comparison`, as RANDOM, GLOVE
TIMES = (1 / 3, 1.0, 3.0)  # the usual learning rate
IN_PAIRS, IN_FIGURES = 5, 3  # replicates of pairs, of which no claim is primary, and for what is only shown


def plan(scale: Scale) -> Iterator[Cell]:
    every = len(scale.seeds)
    for i, seed in enumerate(scale.seeds):
        shown = i < scale.pick(smoke=1, laptop=IN_FIGURES, paper=every)
        sentences = of_sentences(scale, seed)
        yield from transferred(sentences, shown)
        yield from rungs(scale, sentences)
        if i < scale.pick(smoke=1, laptop=IN_PAIRS, paper=every):
            yield from transferred(of_pairs(scale, seed), shown)


def transferred(one: Experiment, shown: bool) -> Iterator[Cell]:
    """From a source to both of its targets."""
    yield from source(one)
    for target in one.texts.all:
        yield from layers(one, target, shown)
        if target in EQUIVALENT:
            yield from together(one, target, shown)
            if shown:
                yield from on_published_vectors(one, target)
        if shown and target == "mr":
            yield from at_rates(one, target)
            yield from from_checkpoints(one, target)


def measured(labels: Labels, trial: Train | TrainTasks, one: Experiment, **more: str | int) -> Iterator[Cell]:
    """What a network reaches on the target's test texts, and whether it has learnt those that it was given."""
    data = one.data(str(labels["target"]), str(labels["labels"]))
    yield Cell({**labels, **more}, Apply(Weights(trial), data))
    yield Cell({**labels, **more}, trial, metric="training_accuracy", reads="training accuracy")


def source(one: Experiment) -> Iterator[Cell]:
    """What the networks that layers are copied from reach on texts of their own."""
    run, labels = one.source(), one.labels(SOURCES, SOURCE, one.texts.name, ALL)
    yield Cell(labels, Apply(Weights(run), one.texts.source))
    yield Cell(labels, run, metric="training_accuracy", reads="training accuracy")


def layers(one: Experiment, target: str, shown: bool) -> Iterator[Cell]:
    """Each layer random, given and frozen, or given and fine-tuned: what claims need in each replicate."""
    for labels in (FEW, ALL):
        yield from initialised(one, target, labels, NOTHING, 0)
        yield from initialised(one, target, labels, TUNED, HIDDEN)
    if target in EQUIVALENT or shown:
        yield from initialised(one, target, FEW, FROZEN, EMBEDDING)
        yield from initialised(one, target, FEW, TUNED, EMBEDDING)
        yield from initialised(one, target, FEW, FROZEN, HIDDEN)
    if target in EQUIVALENT:  # the others have other classes
        yield from initialised(one, target, FEW, TUNED, OUTPUT)
        labels_of = one.labels(RANDOM, FROZEN, target, FEW)
        yield Cell({**labels_of, "layer": OUTPUT}, Apply(Weights(one.source()), one.data(target, FEW)))


def initialised(
    one: Experiment, target: str, labels: str, network: str, layer: int, start: str = RANDOM
) -> Iterator[Cell]:
    init = one.given(layer, network == FROZEN, start) if layer else one.start(start)
    yield from measured(one.labels(start, network, target, labels), one.target(target, labels, init), one, layer=layer)


def together(one: Experiment, target: str, shown: bool) -> Iterator[Cell]:
    """Both tasks at once, from fresh layers or from those of the source."""
    yield from measured(one.labels(RANDOM, MULT, target, FEW), one.together(target), one, layer=HIDDEN)
    if shown:
        both = one.together(target, one.given(HIDDEN))
        yield from measured(one.labels(RANDOM, MULT_INIT, target, FEW), both, one, layer=HIDDEN)


def on_published_vectors(one: Experiment, target: str) -> Iterator[Cell]:
    """The same where the embedding starts from published vectors, of the source and of the target."""
    for network, layer in ((NOTHING, 0), (FROZEN, EMBEDDING), (TUNED, EMBEDDING), (TUNED, HIDDEN)):
        yield from initialised(one, target, FEW, network, layer, GLOVE)


def at_rates(one: Experiment, target: str) -> Iterator[Cell]:
    """Whether a large learning rate destroys what was given."""
    for times in TIMES:
        for network, layer in ((NOTHING, 0), (TUNED, HIDDEN)):
            run = one.target(target, FEW, one.given(layer) if layer else None, times)
            labels = one.labels(RATES, network, target, FEW)
            yield from measured(labels, run, one, layer=layer, times=f"{times:.2g}")


def from_checkpoints(one: Experiment, target: str) -> Iterator[Cell]:
    """How long the source must have been learnt."""
    for share, step in one.along.items():
        init = one.given(HIDDEN, step=None if step == one.learning.steps else step)
        labels = one.labels(ALONG, TUNED, target, FEW)
        yield from measured(labels, one.target(target, FEW, init), one, layer=HIDDEN, trained=share)
