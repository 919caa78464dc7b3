"""The cells: networks that read reviews by attention, with and without an adversary, between four kinds of goods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product

from mtl_bench.datasets.amazon_texts import AmazonTexts
from mtl_bench.datasets.glove import GloVe
from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.methods.deep.amn import AMN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.memory_network import MemoryNetwork
from mtl_bench.models.network import Backbone
from mtl_bench.models.text_cnn import TextCNN
from mtl_bench.study import Cell, Labels, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.attended_words import AttendedWords
from mtl_bench.trials.attention_of_texts import AttentionOfTexts
from mtl_bench.trials.contracts import DataSet, Init, Method
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.select import Rule, Select
from mtl_bench.trials.weights import Weights
from mtl_bench.trials.word_vectors import WordVectors

SOURCE_ONLY, ADVERSARY = "source only", "AMN"
METHODS: dict[str, Method] = {SOURCE_ONLY: SourceOnly(), ADVERSARY: AMN()}
MEMORY, CONVOLUTION = "memory network", "CNN"
VALIDATION: Rule = "source validation"
LAST: Rule = "last"
LENGTH = 200  # words of a review
SHOWN = ("books", "kitchen")  # the pair whose reviews are drawn word by word
BESIDE = (SHOWN, SHOWN[::-1])  # where a convolutional network stands beside; it takes twice as long


@dataclass(frozen=True)
class Settings:
    """What all networks of a scale share."""

    networks: dict[str, Backbone]
    recipe: Recipe
    most_words: int
    least: int = 10  # texts of each domain in which a pivot occurs


def settings(scale: Scale) -> Settings:
    small: dict[str, Backbone] = {
        MEMORY: MemoryNetwork(words=60, width=8, hidden=8),
        CONVOLUTION: TextCNN(words=60, width=8, filters=4),
    }
    networks: dict[str, Backbone] = {MEMORY: MemoryNetwork(), CONVOLUTION: TextCNN()}
    recipe = Recipe(400, batch_size=50, optimizer="adam", learning_rate=0.001, schedule="constant", checkpoints=10)
    found: Settings = scale.pick(
        smoke=Settings(small, Recipe(20, batch_size=16, optimizer="adam", checkpoints=2), 60),
        laptop=Settings(networks, recipe, 20_000),
    )
    return found


def domains(scale: Scale) -> dict[str, DataSet]:
    """The reviews of each kind of goods, by its name."""
    if scale.name == "smoke":
        shifts = {"books": 0.0, "dvd": 0.3, "electronics": 0.6, "kitchen": 0.9}
        return {name: SyntheticTexts(shift, stands_for=name) for name, shift in shifts.items()}
    return {name: AmazonTexts(name) for name in AmazonTexts.domains}


def pairs(scale: Scale) -> list[tuple[str, str]]:
    every = list(permutations(AmazonTexts.domains, 2))
    return every[:3] if scale.name == "smoke" else every


def plan(scale: Scale) -> Iterator[Cell]:
    own, reviews = settings(scale), domains(scale)
    for seed in scale.seeds:
        for pair in pairs(scale):
            source, target = words(scale, reviews, pair)
            for network, (name, method) in product(networks_on(pair), METHODS.items()):
                backbone, start = own.networks[network], vectors(scale, source)
                run = Adapt(method, (source,), target, backbone, own.recipe, seed, init=start)
                labels: Labels = {
                    "source": pair[0],
                    "target": pair[1],
                    "network": network,
                    "method": name,
                    "seed": seed,
                }
                yield from accuracies(run, labels)
                if network == MEMORY:
                    yield from attention(run, source, target, labels, own.least, drawn=pair == SHOWN)


def networks_on(pair: tuple[str, str]) -> tuple[str, ...]:
    return (MEMORY, CONVOLUTION) if pair in BESIDE else (MEMORY,)


def accuracies(run: Adapt, labels: Labels) -> Iterator[Cell]:
    for rule in (VALIDATION, LAST):
        yield Cell({**labels, "selection": rule}, Evaluate(Select(run, rule)))


def attention(run: Adapt, source: Words, target: Words, labels: Labels, least: int, drawn: bool) -> Iterator[Cell]:
    """Of the last weights: by which words the network reads, and some reviews word by word."""
    found = AttendedWords(Weights(run), source, target, least=least)
    own = {**labels, "selection": LAST}
    for metric in ("precision", "precision of as frequent", "shared", "on pivots"):
        yield Cell(own, found, metric=metric.replace(" ", "_"), reads=metric)
    yield Cell(own, found, artifact="attended.json")
    if drawn:
        yield Cell(own, AttentionOfTexts(Weights(run), target), artifact="attention.json")


def words(scale: Scale, reviews: dict[str, DataSet], pair: tuple[str, str]) -> tuple[Words, Words]:
    """Source and target over the words of both."""
    both = tuple(reviews[name] for name in sorted(pair))
    source, target = (Words(reviews[name], both, settings(scale).most_words, LENGTH) for name in pair)
    return source, target


def vectors(scale: Scale, source: Words) -> Init | None:
    """GloVe's, which go on learning; none of invented words."""
    found: Init | None = scale.pick(smoke=None, laptop=WordVectors(source, GloVe("30000-words")))
    return found
