"""The ladder: what each kind of unsupervised pre-training gives a target with few labels, beside no pre-training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mtl_bench.datasets.bert import BERT
from mtl_bench.datasets.elmo import ELMo
from mtl_bench.datasets.files.published_encoder import PublishedEncoder
from mtl_bench.datasets.gpt import GPT
from mtl_bench.datasets.minilm import MiniLM
from mtl_bench.datasets.word2vec import Word2Vec
from mtl_bench.datasets.wrappers.classes import PerClass
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.models.text_lstm import TextLSTM
from mtl_bench.study import Cell, Scale
from mtl_bench.trials.apply import Apply
from mtl_bench.trials.contracts import DataSet, Init
from mtl_bench.trials.encoded import Encoded
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.inits import FirstLayers
from mtl_bench.trials.language_model import LanguageModel
from mtl_bench.trials.weights import Weights

from .networks import GLOVE, HIDDEN, RANDOM, Experiment
from .texts import FEW, POOLS, WHOLE, few_of, targets

RUNGS = "rungs"  # a value of `comparison`
LANGUAGE_MODEL = "GloVe and a language model"
ENCODER = "sentence encoder"
AT_PAPER_SCALE: dict[str, PublishedEncoder] = {"ELMo": ELMo(), "GPT": GPT(), "BERT": BERT()}
WORD2VEC = "word2vec"
LANGUAGE = "language model"


def rungs(scale: Scale, one: Experiment) -> Iterator[Cell]:
    """Random vectors, published ones, and from these a language model of the source's texts without their labels."""
    model = language_model(scale, one)
    starts: dict[str, Init | None] = {
        RANDOM: None,
        GLOVE: one.start(GLOVE),
        LANGUAGE_MODEL: FirstLayers(Weights(model), HIDDEN, freeze=False),
    }
    for target in one.texts.few:
        for rung, init in starts.items():
            run = one.target(target, FEW, init)
            labels = one.labels(RUNGS, rung, target, FEW)
            yield Cell(labels, Apply(Weights(run), one.data(target, FEW)))
            yield Cell(labels, run, metric="training_accuracy", reads="training accuracy")
        if scale.name != "smoke":  # whose texts need no file, and no package
            labels = one.labels(RUNGS, ENCODER, target, FEW)
            yield Cell(labels, above_encoder(scale, target, one.seed, MiniLM()), optional=True)
        if scale.name == "paper":
            yield from published(scale, one, target)
    told = one.labels(RUNGS, LANGUAGE, one.texts.name, "none")
    yield Cell(told, model, metric="perplexity")
    yield Cell(told, model, metric="perplexity_of_frequencies", reads="perplexity of frequencies")


def published(scale: Scale, one: Experiment, target: str) -> Iterator[Cell]:
    """The rungs whose files are large: other vectors of words, and other encoders."""
    wider = replace(one, backbone=replace(one.backbone, width=Word2Vec.width), vectors=Word2Vec())
    run = wider.target(target, FEW, wider.start(WORD2VEC))
    labels = one.labels(RUNGS, WORD2VEC, target, FEW)
    yield Cell(labels, Apply(Weights(run), one.data(target, FEW)))
    yield Cell(labels, run, metric="training_accuracy", reads="training accuracy")
    for name, encoder in AT_PAPER_SCALE.items():
        yield Cell(one.labels(RUNGS, name, target, FEW), above_encoder(scale, target, one.seed, encoder))


def above_encoder(scale: Scale, target: str, seed: int, encoder: PublishedEncoder) -> FitShallow:
    """A linear classifier of what a published encoder, which stands still, makes of the same few texts."""
    [original] = targets(scale, target).values()
    if scale.name == "paper":
        few: DataSet = few_of(scale, Encoded(original, encoder, ("train", "test")), seed)
    else:
        vectors = Encoded(original, encoder, (POOLS[target],))
        distinct = Distinct(vectors, by=original)
        few = few_of(scale, PerClass(distinct, WHOLE, WHOLE, seed, POOLS[target]), seed)
    return FitShallow(NoAdaptation("linear SVM"), few, few, train="train", test="test")


def language_model(scale: Scale, one: Experiment) -> LanguageModel:
    assert isinstance(one.backbone, TextLSTM)
    recipe = replace(one.learning, steps=scale.pick(smoke=4, laptop=400, paper=10_000), clip=1.0)
    cutoffs: tuple[int, ...] = scale.pick(smoke=(50,), laptop=(500, 2_500), paper=(2_000, 10_000))
    return LanguageModel(one.texts.source, one.backbone, recipe, one.seed, one.start(GLOVE), cutoffs)
