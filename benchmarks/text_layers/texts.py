"""The texts of a replicate: a source without what its targets hold, targets that are cut anew, and one vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mtl_bench.datasets.imdb import IMDB
from mtl_bench.datasets.mr import MR
from mtl_bench.datasets.msrp import MSRP
from mtl_bench.datasets.sick import SICK
from mtl_bench.datasets.snli import SNLI
from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.trec import TREC
from mtl_bench.datasets.wrappers.classes import PerClass
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.datasets.wrappers.sample import Sample
from mtl_bench.datasets.wrappers.texts_apart import TextsApart
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.study import Scale
from mtl_bench.trials.contracts import DataSet

IMDB_REVIEWS, SNLI_PAIRS = "imdb", "snli"  # sources
FEW, ALL = "500", "all"  # labels of a target
EQUIVALENT, DIFFERENT = ("mr", "sick"), ("trec", "msrp")  # targets, by what they mean beside their source
IN_A_ROW = 8  # words that a source's text may not share with a target's
WHOLE = 10**6  # rows: all that there are
POOLS = {"mr": "all", "trec": "train", "sick": "train", "msrp": "train"}  # the splits that targets are cut from
HELD = {"mr": ("all",), "trec": ("train", "test"), "sick": ("train", "trial", "test"), "msrp": ("train", "test")}
KINDS = ("abbreviation", "description", "entity", "human being", "location", "number")
JUDGMENTS = ("entailment", "neutral", "contradiction")


@dataclass(frozen=True)
class Texts:
    """A source and targets as words of one vocabulary; of each target all training texts, and few."""

    name: str  # of the source, whatever part of it teaches
    source: Words
    all: Mapping[str, Words]
    few: Mapping[str, Words]


def sentences(scale: Scale, seed: int, words: int) -> Texts:
    """IMDB, and MR and TREC."""
    originals = targets(scale, "mr", "trec")
    source: DataSet = scale.pick(
        smoke=SyntheticTexts(stands_for=IMDB_REVIEWS), laptop=apart(IMDB(), originals), paper=apart(IMDB(), originals)
    )
    if scale.name == "laptop":
        source = PerClass(source, 5_000, 1_000, seed, "train")
    return in_words(scale, seed, IMDB_REVIEWS, source, originals, words, scale.pick(smoke=60, laptop=60, paper=None))


def pairs(scale: Scale, seed: int, words: int) -> Texts:
    """SNLI, and SICK and MSRP; at laptop scale SNLI's development part teaches."""
    originals = targets(scale, "sick", "msrp")
    source: DataSet = scale.pick(
        smoke=SyntheticTexts(0, JUDGMENTS, pairs=True, stands_for=SNLI_PAIRS),
        laptop=apart(SNLI("dev-and-test"), originals),
        paper=apart(SNLI(), originals),
    )
    return in_words(scale, seed, SNLI_PAIRS, source, originals, words, None)


def targets(scale: Scale, *names: str) -> dict[str, DataSet]:
    """The data sets as they were published."""
    synthetic = {
        "mr": SyntheticTexts(0.2, stands_for="mr"),
        "trec": SyntheticTexts(0.4, KINDS, stands_for="trec"),
        "sick": SyntheticTexts(0.2, JUDGMENTS, pairs=True, stands_for="sick"),
        "msrp": SyntheticTexts(0.4, ("not equivalent", "equivalent"), pairs=True, stands_for="msrp"),
    }
    real = {"mr": MR(), "trec": TREC(), "sick": SICK(), "msrp": MSRP()}
    found: Mapping[str, DataSet] = scale.pick(smoke=synthetic, laptop=real, paper=real)
    return {name: found[name] for name in names}


def apart(source: DataSet, originals: Mapping[str, DataSet]) -> DataSet:
    """A source, each text once, without those that share a sentence with any text of a target, tested or not."""
    held = tuple(Transductive(original, part) for name, original in originals.items() for part in HELD[name])
    return TextsApart(Distinct(source), held, run=IN_A_ROW)


def cut(scale: Scale, name: str, original: DataSet, seed: int) -> DataSet:
    """A target, each text once: two thirds of each class to learn from and a third to be tested on, by the seed.

    At paper scale it is cut as published, which of MR is nobody's cut.
    """
    if scale.name == "paper":
        return original
    pool: str = scale.pick(smoke="train", laptop=POOLS[name])
    return PerClass(Distinct(original), WHOLE, WHOLE, seed, pool)


def few_of(scale: Scale, target: DataSet, seed: int) -> DataSet:
    return Sample(target, scale.pick(smoke=40, laptop=500, paper=500), seed)


def in_words(
    scale: Scale,
    seed: int,
    name: str,
    source: DataSet,
    originals: Mapping[str, DataSet],
    words: int,
    length: int | None,
) -> Texts:
    """The vocabulary is that of 2,000 of the source's texts and of all that are learnt from of the targets."""
    whole = {one: cut(scale, one, original, seed) for one, original in originals.items()}
    some = Sample(source, scale.pick(smoke=40, laptop=2_000, paper=2_000), seed)
    vocabulary = (some, *whole.values())
    return Texts(
        name,
        Words(source, vocabulary, words, length),
        {one: Words(target, vocabulary, words) for one, target in whole.items()},
        {one: Words(few_of(scale, target, seed), vocabulary, words) for one, target in whole.items()},
    )
