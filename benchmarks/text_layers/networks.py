"""The networks of a replicate: what a source taught, and what learns a target with or without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mtl_bench.datasets.glove import GloVe
from mtl_bench.datasets.synthetic import SyntheticVectors
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.models.text_lstm import TextLSTM
from mtl_bench.models.text_pair_cnn import TextPairCNN
from mtl_bench.study import Labels, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import Init
from mtl_bench.trials.inits import FirstLayers, Whole
from mtl_bench.trials.train import Train
from mtl_bench.trials.train_tasks import TrainTasks
from mtl_bench.trials.weights import Weights
from mtl_bench.trials.word_vectors import Vectors, WordVectors

from .texts import ALL, FEW, Texts, pairs, sentences

NOTHING, FROZEN, TUNED = "no transfer", "frozen", "fine-tuned"
MULT, MULT_INIT = "MULT", "MULT and INIT"
EMBEDDING, HIDDEN, OUTPUT = 1, 2, 3  # how many layers are given, from below
RANDOM, GLOVE = "random vectors", "GloVe"  # that the source's embedding starts from
FRESH = 1000  # added to the seed of what is measured: a baseline is never the network that layers were copied from
ALONG = (0, 1 / 6, 1 / 3, 2 / 3, 1)  # of the source's training


@dataclass(frozen=True)
class Experiment:
    """A source, its two targets and the network that learns each of them, in one replicate."""

    texts: Texts
    backbone: TextLSTM | TextPairCNN
    learning: Recipe  # of the source
    recipes: Mapping[str, Recipe]  # of a target, by how many labels it has
    vectors: Vectors
    seed: int

    @property
    def along(self) -> dict[str, int]:
        """Steps of the source's training by the share of it that has passed."""
        return {f"{share:.2g}": round(share * self.learning.steps) for share in ALONG}

    def source(self, start: str = RANDOM) -> Train:
        """The network that layers are copied from."""
        return Train(
            self.texts.source,
            self.backbone,
            self.learning,
            self.seed,
            init=self.start(start),
            weights_at=tuple(step for step in self.along.values() if 0 < step < self.learning.steps),
        )

    def start(self, start: str) -> WordVectors | None:
        return None if start == RANDOM else WordVectors(self.texts.source, self.vectors)

    def given(self, layers: int, freeze: bool = False, start: str = RANDOM, step: int | None = None) -> Init:
        """INIT, of the source's embedding, its hidden layer too, or its output layer as well."""
        weights = Weights(self.source(start), step)
        return Whole(weights, head=True) if layers == OUTPUT else FirstLayers(weights, layers, freeze)

    def target(self, name: str, labels: str, init: Init | None = None, times: float = 1.0) -> Train:
        """A network that learns a target, at so many times the usual rate."""
        recipe = self.recipes[labels]
        if times != 1:
            recipe = replace(recipe, learning_rate=times * recipe.learning_rate)
        return Train(self.data(name, labels), self.backbone, recipe, self.seed + FRESH, init=init)

    def together(self, name: str, init: Init | None = None) -> TrainTasks:
        """MULT, from few labels: on average as many batches of each task as INIT has one after the other."""
        own = self.recipes[FEW]
        steps = own.steps + self.learning.steps
        return TrainTasks(
            self.data(name, FEW),
            (self.texts.source,),
            self.backbone,
            replace(own, steps=steps),
            self.seed + FRESH,
            share=own.steps / steps,
            init=init,
        )

    def data(self, name: str, labels: str) -> Words:
        return (self.texts.few if labels == FEW else self.texts.all)[name]

    def labels(self, comparison: str, network: str, target: str, labels: str) -> Labels:
        return {
            **{"comparison": comparison, "network": network, "target": target, "labels": labels},
            "seed": self.seed,
        }


def of_sentences(scale: Scale, seed: int) -> Experiment:
    """An LSTM learns IMDB, and MR and TREC."""
    words: int = scale.pick(smoke=300, laptop=10_000, paper=30_000)
    texts, backbone = sentences(scale, seed, words), TextLSTM(words)
    return experiment(scale, seed, texts, backbone, {"laptop": 600, "paper": 5_000}, few=200, rate=0.003)


def of_pairs(scale: Scale, seed: int) -> Experiment:
    """A network of pairs learns SNLI, and SICK and MSRP."""
    words: int = scale.pick(smoke=300, laptop=6_000, paper=30_000)
    texts, backbone = pairs(scale, seed, words), TextPairCNN(words)
    return experiment(scale, seed, texts, backbone, {"laptop": 588, "paper": 54_936}, few=150, rate=0.001)


def experiment(
    scale: Scale,
    seed: int,
    texts: Texts,
    backbone: TextLSTM | TextPairCNN,
    learning: Mapping[str, int],
    few: int,
    rate: float,
) -> Experiment:
    """`learning` are the steps on the source, three epochs at laptop scale, and `few` those on few labels."""
    recipe = Recipe(1, scale.pick(smoke=16, laptop=50, paper=50), "adam", rate, "constant", checkpoints=2)
    by_labels = {
        FEW: scale.pick(smoke=4, laptop=few, paper=few),
        ALL: scale.pick(smoke=6, laptop=400, paper=3_000),
    }
    return Experiment(
        texts,
        backbone,
        replace(recipe, steps=scale.pick(smoke=12, **learning)),
        {labels: replace(recipe, steps=steps) for labels, steps in by_labels.items()},
        scale.pick(smoke=SyntheticVectors(), laptop=GloVe("30000-words"), paper=GloVe()),
        seed,
    )
