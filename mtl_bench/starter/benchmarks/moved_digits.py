"""Does mean matching read digits that have moved?

A study is this file: what it runs, what it claims, what its page shows. Copy it, change the name, and put in your own
method, data and network. `mtl-bench list` finds every file here that has no leading underscore.
"""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.methods.deep.dann import DANN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.study import Cell, Claim, Scale, Study, accuracy
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.contracts import Method
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.select import Select
from mtl_bench.views.bars import Bars

from ._digits import Digits, Small
from ._mean_matching import MeanMatching

# The last is our own; `from my_package.method import MyMethod` takes one of an installed package.
METHODS: dict[str, Method] = {"source only": SourceOnly(), "DANN": DANN(), "mean matching": MeanMatching()}
CEILING = "train on target"  # what the target's labels would be worth


def plan(scale: Scale) -> Iterator[Cell]:
    """A cell for each number of the page: the labels that name it, and the trial that gives it."""
    source, target = Digits(), Digits(columns=1)
    steps = scale.pick(smoke=50, laptop=300)
    recipe = Recipe(steps, learning_rate=0.05, schedule="cosine", checkpoints=1)
    for seed in scale.seeds:
        for name, method in {**METHODS, CEILING: SourceOnly()}.items():
            run = Adapt(method, (target if name == CEILING else source,), target, Small(), recipe, seed)
            yield Cell({"method": name, "target": target.name, "seed": seed}, Evaluate(Select(run)))


STUDY = Study(
    title="Digits that have moved",
    question="Does mean matching read digits that have moved by a column?",
    paper="our own",
    plan=plan,
    chance=10,
    seeds={"smoke": 2, "laptop": 8},  # how many at each scale
    # What the page judges, for every seed: one cell's accuracy minus another's.
    claims=(
        Claim(
            text="Mean matching classifies more moved digits correctly than the source alone",
            contrasts=(accuracy(method="mean matching") - accuracy(method="source only"),),
            source="our own",
        ),
    ),
    views=(Bars("Accuracy on the moved digits"),),
)
