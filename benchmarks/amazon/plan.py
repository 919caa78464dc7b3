"""The cells: classifiers and networks on all pairs of domains, what was chosen, and how far domains are apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from mtl_bench.study import Cell, Scale
from mtl_bench.trials.better_than import BetterThan, Tested
from mtl_bench.trials.evaluate import Evaluate, Oracle, Selection
from mtl_bench.trials.part_of_test import PartOfTest
from mtl_bench.trials.select import Select
from mtl_bench.trials.separation_by_svm import SeparationOfDomains, SeparationOfRun

from .classifiers import PLAIN, PLAIN_MSDA, Fitted, fit, lines
from .classifiers import choice as choice_of_cost
from .networks import (
    ALONE,
    ALONE_ADAGRAD,
    ALONE_MSDA,
    CEILING,
    CMD_ADAGRAD,
    DANN,
    DANN_ADAGRAD,
    DANN_MSDA,
    EARLY,
    LINES,
    MMD_ADAGRAD,
    MOMENTS,
    Line,
    choice,
    on_target,
    place,
    run,
    with_moments,
)
from .reviews import MSDA, UNORDERED, WORDS, Pair, between, pairs_of, reviews, unrepeated

FULL = "all reviews tested"
NEW = "tested: none that training has"
BY_MOMENTS = "K varied"
BETTER = "Poisson-binomial P(better)"
LOG_C, LOG_WEIGHT, EQUALS = "log10 of C", "log10 of the weight", "weights of the best score"
NO_NETWORK = "none"  # the features themselves
AFTER_LAST, BEST_ON_TARGET = "last", "oracle"
OTHER_RULES = (ALONE, DANN, ALONE_ADAGRAD, MMD_ADAGRAD, CMD_ADAGRAD, DANN_ADAGRAD)
OF_DANN, BY_CMD = (ALONE, DANN, ALONE_MSDA, DANN_MSDA), (ALONE_ADAGRAD, MMD_ADAGRAD, CMD_ADAGRAD)
FOUR, FIVE, TEN = 4, 5, 10  # seeds; moments differ by hundredths of a point
COMPARED: tuple[tuple[Line, tuple[Line | Fitted, ...]], ...] = (
    (DANN, (ALONE, PLAIN)),
    (DANN_MSDA, (ALONE_MSDA, PLAIN_MSDA)),
    (CMD_ADAGRAD, (MMD_ADAGRAD, ALONE_ADAGRAD)),
)


def plan(scale: Scale) -> Iterator[Cell]:
    for pair in pairs_of(scale):
        yield from classifiers(scale, pair)
    for pair in pairs_of(scale):
        for line in LINES:
            for seed in seeds(scale, line):
                yield from tested(scale, line, pair, seed)
        for seed in seeds(scale):
            yield from beside(scale, pair, seed)
        for seed, moments in product(seeds(scale)[:FOUR], MOMENTS):
            other = with_moments(moments)
            labels = {**other.labels, **place(pair, seed, BY_MOMENTS), "moments": moments}
            yield Cell(labels, early(scale, other, pair, seed))
    for pair in pairs_of(scale):
        yield from chosen(scale, pair)
    for seed in seeds(scale):
        yield from apart(scale, seed)
    for line, others in COMPARED:
        for seed in seeds(scale, line):
            yield from compared(scale, line, others, seed)


def seeds(scale: Scale, line: Line | None = None) -> tuple[int, ...]:
    """As many as its pilot asks for: all for CMD and MMD, ten on mSDA's features, where little is gained, and five."""
    count = TEN if line in (ALONE_MSDA, DANN_MSDA) else len(scale.seeds) if line in BY_CMD else FIVE
    return scale.seeds[:count]


def chosen(scale: Scale, pair: Pair) -> Iterator[Cell]:
    """What reverse validation chose."""
    for features in (WORDS, MSDA):
        labels = {"method": PLAIN.name, "features": features, **between(pair), "protocol": FULL}
        yield Cell(labels, choice_of_cost(scale, features, pair), metric=LOG_C, reads="logarithm")
    for line in LINES:
        for seed in seeds(scale, line) if line.weights else ():
            found, labels = choice(scale, line, pair, seed), {**line.labels, **place(pair, seed, FULL)}
            yield Cell(labels, found, metric=LOG_WEIGHT, reads="logarithm")
            yield Cell(labels, found, metric=EQUALS, reads="equals")


def classifiers(scale: Scale, pair: Pair) -> Iterator[Cell]:
    """What trains no network: nothing is random, so that there is one number."""
    for line in lines(scale):
        test = fit(scale, line, pair)
        yield Cell({**line.labels, **between(pair), "protocol": FULL}, test)
        yield Cell({**line.labels, **between(pair), "protocol": NEW}, PartOfTest(test, unrepeated(scale, pair[1])))


def tested(scale: Scale, line: Line, pair: Pair, seed: int) -> Iterator[Cell]:
    test = early(scale, line, pair, seed)
    yield Cell({**line.labels, **place(pair, seed, FULL)}, test)
    yield Cell({**line.labels, **place(pair, seed, NEW)}, PartOfTest(test, unrepeated(scale, pair[1])))


def beside(scale: Scale, pair: Pair, seed: int) -> Iterator[Cell]:
    """What no table of the papers has: other checkpoints, and ceilings."""
    for line in OTHER_RULES:
        trained = run(scale, line, pair, seed)
        rules: dict[str, Selection] = {AFTER_LAST: Select(trained), BEST_ON_TARGET: Oracle(trained)}
        for rule, selection in rules.items():
            yield Cell({**line.labels, **place(pair, seed, FULL, rule)}, Evaluate(selection))
    for line in (ALONE, ALONE_ADAGRAD):
        ceiling = Evaluate(Select(on_target(scale, line, pair, seed), EARLY))
        yield Cell({**line.labels, "method": CEILING, **place(pair, seed, FULL)}, ceiling)


def early(scale: Scale, line: Line, pair: Pair, seed: int) -> Evaluate:
    """The test of the checkpoint at which the loss on the source's validation is least."""
    return Evaluate(Select(run(scale, line, pair, seed), EARLY))


def apart(scale: Scale, seed: int) -> Iterator[Cell]:
    """How well a linear SVM tells domains apart: in words, in mSDA's features and in hidden layers."""
    pairs = pairs_of(scale)
    for features, pair in product((WORDS, MSDA), UNORDERED):
        if pair in pairs:
            of = reviews(scale, features, pair)
            labels = {"method": NO_NETWORK, "features": features, **between(pair), "protocol": FULL, "seed": seed}
            yield Cell(labels, SeparationOfDomains(of.source, of.target, seed), metric="a_distance")
    for line, pair in product(OF_DANN, pairs):
        trial = SeparationOfRun(Select(run(scale, line, pair, seed), EARLY))
        yield Cell({**line.labels, **place(pair, seed, FULL)}, trial, metric="a_distance")


def compared(scale: Scale, line: Line, others: tuple[Line | Fitted, ...], seed: int) -> Iterator[Cell]:
    """The test of DANN's paper, over all pairs."""

    def tests(line: Line | Fitted) -> tuple[Tested, ...]:
        pairs = pairs_of(scale)
        if isinstance(line, Line):
            return tuple(early(scale, line, pair, seed) for pair in pairs)
        return tuple(fit(scale, line, pair) for pair in pairs)

    for other in others:
        labels: Mapping[str, str | int] = {**line.labels, "over": other.name, "protocol": FULL, "seed": seed}
        yield Cell(labels, BetterThan(tests(line), tests(other)), metric=BETTER, reads="probability")
