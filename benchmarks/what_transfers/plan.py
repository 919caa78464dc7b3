"""The cells: networks that started from pre-trained or from random weights, and what tells the ones from the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mtl_bench.datasets.wrappers.classes import PerClass
from mtl_bench.datasets.wrappers.shuffled import PIXELS, Shuffled
from mtl_bench.study import Cell, Labels, Scale
from mtl_bench.trials.interpolation import Interpolation
from mtl_bench.trials.learning_curve import LearningCurve
from mtl_bench.trials.mistakes import Mistakes
from mtl_bench.trials.pictures import PICTURES, Kind, Pictures, PicturesOfMistakes
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights

from .frozen import frozen
from .modules import by_other_bounds, criticality, maps
from .networks import FAR, GENTLY, NEAR, PRETRAINED, RANDOM, SOURCE, Replicate, replicate
from .pairs import ACROSS, in_pairs, planes, with_batch_norm

KINDS: dict[str, Kind] = {"both wrong": "common", "P-T alone wrong": "only a", "RI-T alone wrong": "only b"}
EARLY, LAST, BEFORE, AFTER = "early", "last", "before drop", "an epoch after drop"
SINCE, ITSELF = "P", "P itself"  # what starts from a checkpoint, and pre-training on its source
BLOCKS, MISTAKES = "blocks", "mistakes"
SMALLEST = "smallest"  # of 2 × 2 pixels and of one
JUDGES = 3  # other replicates whose networks say which images are difficult
FIRST_ORDER = 1234  # the seed of the authors' first order of blocks
IN_FIGURES = 3  # replicates for what no primary claim needs


def plan(scale: Scale) -> Iterator[Cell]:
    replicates = [replicate(scale, seed) for seed in scale.seeds]
    fewer = scale.pick(smoke=1, laptop=IN_FIGURES, gpu=IN_FIGURES, paper=1)
    for i, one in enumerate(replicates):
        yield from learning(one)
        yield from in_pairs(one, judges=[*replicates[i + 1 :], *replicates[:i]][:JUDGES])
        if i < fewer:
            yield from criticality(one)
            yield from shuffled(scale, one, i)
            yield from from_checkpoints(one)
            yield from with_batch_norm(one)
            yield from by_other_bounds(one)
    first = replicates[0]
    yield from pictures(scale, first)
    yield from planes(first)
    yield from maps(scale, first)
    if scale.name in ("smoke", "laptop"):
        yield from frozen(scale)


def learning(one: Replicate) -> Iterator[Cell]:
    """What is reached on each target, and how fast."""
    for target in one.targets:
        tuned, gently = one.tuned(target), one.tuned(target, gently=True)
        yield from learnt(one, target, 0, {PRETRAINED: tuned, GENTLY: gently, RANDOM: one.fresh(target)})


def learnt(
    one: Replicate, target: str, halvings: int, runs: dict[str, Train], sized: Mapping[str, str] | None = None
) -> Iterator[Cell]:
    for network, run in runs.items():
        labels = one.labels(target, network=network, halvings=halvings, **(sized or {}))
        curve = LearningCurve(run, runs[RANDOM])
        yield Cell(labels, run)
        yield Cell(labels, run, metric="training_accuracy", reads="training accuracy")
        yield Cell(labels, curve, metric="start")
        yield Cell(labels, curve, metric="area")
        yield Cell(labels, curve, metric="learnt_after", reads="learnt after")


def shuffled(scale: Scale, one: Replicate, number: int) -> Iterator[Cell]:
    """The same on images whose blocks stand in another order, the authors' three in turn.

    A block is halved until it is a pixel, then a number.
    """
    for target in (NEAR, FAR):
        for halvings, block in enumerate(blocks(scale, one), 1):
            data = Shuffled(one.targets[target], block, FIRST_ORDER + number)
            moved = replace(one, targets={target: data})
            runs = {PRETRAINED: moved.tuned(target), RANDOM: moved.fresh(target)}
            yield from learnt(one, target, halvings, runs, {"blocks": SMALLEST} if block in (1, 2) else None)


def blocks(scale: Scale, one: Replicate) -> tuple[int, ...]:
    """Their sides in pixels, of which the whole image is none; at last single numbers."""
    side = one.backbone.input_shape[1]
    halved = tuple(side // 2**i for i in range(1, side.bit_length()) if side % 2**i == 0)
    released = sorted({*halved, 32, 16, 8, 4, 2, 1}, reverse=True)
    found: tuple[int, ...] = scale.pick(smoke=halved[-2:], laptop=halved, gpu=halved, paper=tuple(released))
    return (*found, PIXELS)


def from_checkpoints(one: Replicate) -> Iterator[Cell]:
    """What pre-training gives as it goes on, before and after its rate drops, and where it enters its last basin."""
    along = LearningCurve(one.pretrained, one.pretrained)
    whole = one.labels(SOURCE, network=ITSELF, halvings=0)
    yield Cell(whole, one.pretrained, metric="training_accuracy", reads="training accuracy")
    for target in (NEAR, FAR):
        at_start = one.labels(target, network=SINCE, epoch=0)
        yield Cell(at_start, one.fresh(target))
        yield Cell(at_start, LearningCurve(one.fresh(target), one.fresh(target)), metric="area")
    few = PerClass(one.source, train=20, test=5, seed=one.seed, pool="train")
    for epoch, step in one.checkpoints.items():
        last = step == one.pretrained.recipe.steps
        at: dict[str, str | int] = {"network": SINCE, "epoch": epoch, **marked(one, epoch)}
        of_source = one.labels(SOURCE, **{**at, "network": ITSELF})
        yield Cell(of_source, along, reads=f"accuracy after {step}")
        if not last:
            ends = Weights(one.pretrained, step), Weights(one.pretrained)
            line = Interpolation(*ends, few, one.points, re_estimated=one.re_estimated)
            yield Cell(of_source, line, metric="error_barrier", reads="error barrier")
        for target in (NEAR, FAR):
            run = one.tuned(target, since=None if last else step)
            yield Cell(one.labels(target, **at), run)
            yield Cell(one.labels(target, **at), LearningCurve(run, one.fresh(target)), metric="area")


def marked(one: Replicate, epoch: int) -> dict[str, str]:
    """The name of a checkpoint that claims are about."""
    epochs = sorted(one.checkpoints)
    named = {max(epoch for epoch in epochs if epoch <= max(epochs[-1] // 5, epochs[0])): EARLY, epochs[-1]: LAST}
    for number, drop in enumerate(one.pretraining.drops, 1):
        before = round(drop * epochs[-1])
        named |= {before: f"{BEFORE} {number}", before + 1: f"{AFTER} {number}"}
    return {"mark": named[epoch]} if epoch in named else {}


def pictures(scale: Scale, one: Replicate) -> Iterator[Cell]:
    """Of drawings alone, which may be shown: the licences of photographs here are for research."""
    data, side = one.targets[FAR], one.backbone.input_shape[1]
    for block in (side, *blocks(scale, one)):
        what = "whole" if block == side else f"blocks of {block}" if block else "numbers"
        shown = Pictures(data if block == side else Shuffled(data, block))
        yield Cell(one.labels(FAR, sheet=BLOCKS, kind=what), shown, artifact=PICTURES)
    failed = Mistakes(Weights(one.tuned(FAR)), Weights(one.fresh(FAR)), data)
    yield Cell(one.labels(FAR, pair=ACROSS), failed, metric="kappa")
    for name, kind in KINDS.items():
        of_kind: Labels = one.labels(FAR, sheet=MISTAKES, kind=name)
        yield Cell(of_kind, PicturesOfMistakes(failed, kind), artifact=PICTURES)
