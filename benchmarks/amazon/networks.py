"""The networks: which method, on which features, by which paper's optimiser, and what reverse validation chooses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mtl_bench.methods.deep.cmd import CMD
from mtl_bench.methods.deep.dan import DAN
from mtl_bench.methods.deep.dann_of_one_layer import DANNOfOneLayer
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.study import Labels, Scale
from mtl_bench.training.adagrad_recipe import AdagradRecipe
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.chosen import AdaptChosen, Choice, MethodByChoice
from mtl_bench.trials.contracts import Method
from mtl_bench.trials.reverse_score import ReverseScore
from mtl_bench.trials.select import Rule, Select

from .reviews import MSDA, WORDS, Pair, reviews

SOURCE_ONLY, CEILING = "source only", "train on target"
SGD, ADAGRAD = "SGD", "Adagrad"  # DANN's paper, CMD's paper
EARLY: Rule = "source validation"
LAMBDAS = tuple(round(10 ** (k / 4 - 2), 4) for k in range(9))[::2]  # every other of DANN's paper: from 0.01 to 1
WEIGHTS = tuple(round(0.1 * 5000 ** (k / 9), 4) for k in range(10))[::2]  # of CMD's code for MMD: from 0.1
MOMENTS = (3, 4, 5, 6, 7)
BATCH, EPOCH = 100, 18  # reviews in a step of SGD, and steps in the 1,800 that are left beside the validation


@dataclass(frozen=True)
class Line:
    """A row of a table: a method on some features, by one recipe."""

    name: str
    features: str
    recipe: str
    method: Method
    weights: tuple[float, ...] = ()  # among which reverse validation chooses the method's weight; none: it is fixed

    @property
    def labels(self) -> dict[str, str | int]:
        return {"method": self.name, "features": self.features, "recipe": self.recipe}


MMD = DAN(kernels="one", layers="features")
ALONE = Line(SOURCE_ONLY, WORDS, SGD, SourceOnly())
DANN = Line("DANN", WORDS, SGD, DANNOfOneLayer(), LAMBDAS)
ALONE_MSDA = replace(ALONE, features=MSDA)
DANN_MSDA = replace(DANN, features=MSDA)
ALONE_ADAGRAD = replace(ALONE, recipe=ADAGRAD)
MMD_ADAGRAD = Line("MMD", WORDS, ADAGRAD, MMD, WEIGHTS)
CMD_ADAGRAD = Line("CMD", WORDS, ADAGRAD, CMD(bounded="sigmoid"))
DANN_ADAGRAD = replace(DANN, recipe=ADAGRAD, weights=LAMBDAS[::2])  # of no primary claim
LINES = (ALONE, DANN, ALONE_MSDA, DANN_MSDA, ALONE_ADAGRAD, MMD_ADAGRAD, CMD_ADAGRAD, DANN_ADAGRAD)


def with_moments(moments: int) -> Line:
    return replace(CMD_ADAGRAD, method=CMD(moments=moments, bounded="sigmoid"))


def recipe_of(scale: Scale, line: Line, back: bool = False) -> Recipe:
    """DANN's SGD, whose rate for one review at a time is multiplied by a batch's, or CMD's Adagrad; 40 epochs each.

    On mSDA's features the rate is a tenth, as in DANN's paper. A run `back` of reverse validation starts from the run
    forward, and has half its steps.
    """
    epochs, checkpoints = (20, 3) if back else (40, 5)
    if line.recipe == ADAGRAD:
        recipe: Recipe = AdagradRecipe(steps=6 * epochs)
    else:
        rate = 0.001 * BATCH * (0.1 if line.features == MSDA else 1.0)
        recipe = Recipe(EPOCH * epochs, BATCH, "sgd", rate, "constant", momentum=0.0)
    steps, checkpoints = scale.pick(smoke=(60, 2), paper=(recipe.steps, checkpoints))
    return replace(recipe, steps=steps, checkpoints=checkpoints)


def run(scale: Scale, line: Line, pair: Pair, seed: int) -> Adapt:
    """A training run; where a weight is chosen, of the one that reverse validation chooses for the pair and seed."""
    plain = planned(scale, line, pair, seed)
    if not line.weights:
        return plain
    chosen = MethodByChoice(line.method, choice(scale, line, pair, seed))
    return AdaptChosen(chosen, plain.sources, plain.target, plain.backbone, plain.recipe, seed)


def planned(scale: Scale, line: Line, pair: Pair, seed: int) -> Adapt:
    """The run with the method's own weight."""
    of = reviews(scale, line.features, pair)
    return Adapt(line.method, (of.source,), of.target, of.network, recipe_of(scale, line), seed)


def choice(scale: Scale, line: Line, pair: Pair, seed: int) -> Choice:
    """Of the weight, by runs of the seed itself: what is chosen varies from run to run, as in CMD's code."""
    method: Any = line.method
    weights = line.weights[: scale.pick(smoke=2, paper=None)]
    plain = planned(scale, line, pair, seed)
    runs = (replace(plain, method=replace(method, weight=weight)) for weight in weights)
    back = recipe_of(scale, line, back=True)
    return Choice("weight", tuple(ReverseScore(Select(one, EARLY), back) for one in runs))


def on_target(scale: Scale, line: Line, pair: Pair, seed: int) -> Adapt:
    """The same network on labelled reviews of the target: the ceiling."""
    plain = planned(scale, line, pair, seed)
    return replace(plain, sources=(plain.target,))


def place(pair: Pair, seed: int, protocol: str, rule: str = EARLY) -> Labels:
    return {"source": pair[0], "target": pair[1], "protocol": protocol, "selection": rule, "seed": seed}
