"""The cells: networks that read reviews by attention, with and without an adversary, between kinds of goods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations, product

from mtl_bench.datasets.glove import GloVe
from mtl_bench.datasets.hatn_reviews import HATNReviews
from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.word2vec import Word2Vec
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.datasets.wrappers.texts_apart import TextsApart
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.methods.deep.amn import AMN
from mtl_bench.methods.deep.dann import DANN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.memory_network import MemoryNetwork
from mtl_bench.models.network import Backbone
from mtl_bench.models.text_cnn import TextCNN
from mtl_bench.models.text_lstm import TextLSTM
from mtl_bench.study import Cell, Labels, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.attended_words import AttendedWords
from mtl_bench.trials.attention_of_texts import AttentionOfTexts
from mtl_bench.trials.contracts import DataSet, Method
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.select import Rule, Select
from mtl_bench.trials.weights import Weights
from mtl_bench.trials.word_vectors import Vectors, WordVectors

SOURCE_ONLY, ADVERSARY, ADVERSARY_OF_OTHERS = "source only", "AMN", "DANN"
MEMORY, CONVOLUTION, RECURRENT = "memory network", "CNN", "LSTM"
METHODS: dict[str, dict[str, Method]] = {
    MEMORY: {SOURCE_ONLY: SourceOnly(), ADVERSARY: AMN()},
    CONVOLUTION: {SOURCE_ONLY: SourceOnly(), ADVERSARY_OF_OTHERS: DANN()},
    RECURRENT: {SOURCE_ONLY: SourceOnly(), ADVERSARY_OF_OTHERS: DANN()},
}
VALIDATION: Rule = "source validation"
LAST: Rule = "last"
SHOWN = ("books", "kitchen")  # the pair whose reviews are drawn word by word
BESIDE = 3  # replicates of networks without attention, which take several times as long


@dataclass(frozen=True)
class Settings:
    """What all networks of a scale share."""

    kinds: tuple[str, ...]  # of goods
    networks: Mapping[str, Backbone]
    recipe: Recipe
    vectors: Vectors | None  # that words start from; none of invented words
    most_words: int
    length: int  # words of a review
    least: int = 10  # texts of each domain in which a pivot occurs


def settings(scale: Scale) -> Settings:
    goods = HATNReviews.domains
    small: dict[str, Backbone] = {
        MEMORY: MemoryNetwork(words=60, width=8, hidden=8),
        CONVOLUTION: TextCNN(words=60, width=8, filters=4),
        RECURRENT: TextLSTM(words=60, width=8, units=8),
    }
    laptop: dict[str, Backbone] = {MEMORY: MemoryNetwork(), CONVOLUTION: TextCNN(), RECURRENT: TextLSTM()}
    paper: dict[str, Backbone] = {MEMORY: MemoryNetwork(30_000, width=300, hidden=300)}
    short = Recipe(20, batch_size=16, optimizer="adam", checkpoints=2)
    adam = Recipe(400, batch_size=50, optimizer="adam", learning_rate=0.001, schedule="constant", checkpoints=5)
    authors = Recipe(10_000, batch_size=50, learning_rate=0.005, clip=40.0, checkpoints=100)
    found: Settings = scale.pick(
        smoke=Settings(goods[:4], small, short, None, 60, 200),
        laptop=Settings(goods[:4], laptop, adam, GloVe("30000-words"), 20_000, 200),
        paper=Settings(goods, paper, authors, Word2Vec(), 30_000, 500),
    )
    return found


def reviews(scale: Scale, kind: str) -> DataSet:
    """All of a kind of goods."""
    if scale.name == "smoke":
        return SyntheticTexts(0.3 * HATNReviews.domains.index(kind), stands_for=kind)
    return HATNReviews(kind)


def pairs(scale: Scale) -> list[tuple[str, str]]:
    every = list(permutations(settings(scale).kinds, 2))
    return every[:3] if scale.name == "smoke" else every


def plan(scale: Scale) -> Iterator[Cell]:
    own = settings(scale)
    for i, seed in enumerate(scale.seeds):
        networks = own.networks if i < BESIDE else (MEMORY,)
        learners = [(network, name) for network in networks for name in METHODS[network]]
        for pair, (network, name) in product(pairs(scale), learners):
            source, target = words(scale, *pair)
            start = None if own.vectors is None else WordVectors(source, own.vectors)
            run = Adapt(METHODS[network][name], (source,), target, own.networks[network], own.recipe, seed, init=start)
            labels: Labels = {"source": pair[0], "target": pair[1], "network": network, "method": name, "seed": seed}
            yield from accuracies(run, labels)
            if network == MEMORY:
                yield from attention(run, source, target, labels, own.least, drawn=pair == SHOWN)


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


def words(scale: Scale, source: str, target: str) -> tuple[Words, Words]:
    """Source and target, each text once, over the words of both.

    All of the target's reviews are seen without labels and tested; none of them is among those of the source.
    """
    own = settings(scale)
    pool: str = scale.pick(smoke="test", laptop="all", paper="all")
    tested = Transductive(reviews(scale, target), pool)
    learnt = TextsApart(Distinct(reviews(scale, source)), (tested,))
    both = (learnt, Distinct(tested))
    of_source, of_target = (Words(one, both, own.most_words, own.length) for one in both)
    return of_source, of_target
