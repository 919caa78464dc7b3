"""The reviews of a pair of domains, as counts of words and as mSDA makes features of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

from mtl_bench.datasets.amazon_reviews import AmazonReviews
from mtl_bench.datasets.synthetic_counts import SyntheticCounts
from mtl_bench.datasets.wrappers.unrepeated import Unrepeated
from mtl_bench.models.one_hidden_layer import OneHiddenLayer
from mtl_bench.study import Labels, Scale
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.denoised import StackedDenoising
from mtl_bench.trials.denoised_span import DenoisedSpan

Pair = tuple[str, str]  # source, target

DOMAINS = AmazonReviews.domains
PAIRS: tuple[Pair, ...] = tuple(permutations(DOMAINS, 2))
UNORDERED = tuple(pair for pair in PAIRS if pair == tuple(sorted(pair)))
WORDS, MSDA = "5,000 words", "mSDA"
UNITS = 50  # hidden ones, as in CMD's paper and in DANN's code; DANN's paper chooses 50 or 100
LAYERS = 5


@dataclass(frozen=True)
class Reviews:
    """A pair's reviews as one kind of features, and the network for these."""

    source: DataSet
    target: DataSet
    network: OneHiddenLayer


def reviews(scale: Scale, features: str, pair: Pair) -> Reviews:
    source, target = (domain(scale, name) for name in pair)
    width: int = scale.pick(smoke=SyntheticCounts.width, paper=AmazonReviews.shape[0])
    units: int = scale.pick(smoke=8, paper=UNITS)
    if features == WORDS:
        return Reviews(source, target, OneHiddenLayer(width, units))
    layers: int = scale.pick(smoke=2, paper=LAYERS)
    by = StackedDenoising((source, target), layers=layers)
    coordinates: int = scale.pick(smoke=2 * SyntheticCounts.train, paper=4000)  # reviews that the layers are fitted on
    network = OneHiddenLayer(coordinates, units, drawn_as_for=(layers + 1) * width)
    return Reviews(DenoisedSpan(source, by), DenoisedSpan(target, by), network)


def domain(scale: Scale, name: str) -> DataSet:
    shift = DOMAINS.index(name) / len(DOMAINS)
    found: DataSet = scale.pick(smoke=SyntheticCounts(shift, stands_for=name), paper=AmazonReviews(name))
    return found


def unrepeated(scale: Scale, name: str) -> Unrepeated:
    """A domain without the test reviews that are training reviews of it too."""
    return Unrepeated(domain(scale, name))


def pairs_of(scale: Scale) -> tuple[Pair, ...]:
    found: tuple[Pair, ...] = scale.pick(smoke=PAIRS[:1], paper=PAIRS)
    return found


def between(pair: Pair) -> Labels:
    return {"source": pair[0], "target": pair[1]}
