"""What of the target each trial says it uses, against what a run of it depends on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any, ClassVar

import pytest

from mtl_bench.core.trial import Trial, uses_of_target
from mtl_bench.datasets.synthetic import SyntheticImages, SyntheticTexts
from mtl_bench.datasets.wrappers.bag_of_words import BagOfWords
from mtl_bench.datasets.wrappers.partly import Partly
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.methods.deep.adabn import AdaBN
from mtl_bench.methods.deep.dann import DANN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.digits import DigitCNN, DigitCNNBatchNorm
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.contracts import DataSet, uses_inside
from mtl_bench.trials.evaluate import Evaluate, Oracle, Selection
from mtl_bench.trials.inits import FirstLayers, Whole
from mtl_bench.trials.reverse import ReverseValidate
from mtl_bench.trials.select import ImportanceWeights, Select, SelectWeighted
from mtl_bench.trials.separation import DomainDistance, Embedding
from mtl_bench.trials.train import Train
from mtl_bench.trials.trunk import Trunk
from mtl_bench.trials.weights import Weights
from tests.trials.domains import SOURCE, TARGET, adaptation

ALONE = replace(adaptation(), method=SourceOnly())
RECIPE = Recipe(steps=2, checkpoints=1)
ON_BATCH_NORM = replace(adaptation(), backbone=DigitCNNBatchNorm())


@pytest.mark.parametrize(
    ("run", "uses"),
    [
        (ALONE, ()),
        (replace(ALONE, backbone=DigitCNNBatchNorm()), ()),
        (replace(ALONE, centring="all domains"), ("pixels' mean",)),
        (adaptation(), ("features",)),
        (replace(adaptation(), centring="all domains"), ("pixels' mean", "features")),
        (ON_BATCH_NORM, ("BatchNorm statistics", "features")),
        (replace(ALONE, method=AdaBN(), backbone=DigitCNNBatchNorm("per domain")), ("BatchNorm statistics",)),
        (replace(ALONE, target=Partly(TARGET, 1, seed=0)), ("few labels",)),
        (replace(ALONE, sources=(TARGET,)), ("labels",)),
        (replace(ALONE, init=Whole(Weights(adaptation()))), ("features",)),
        (replace(ALONE, init=Whole(Weights(replace(adaptation(), target=SyntheticImages(tint=0.5))))), ()),
        (
            replace(ON_BATCH_NORM, init=FirstLayers(Weights(replace(ALONE, backbone=DigitCNNBatchNorm())), 2)),
            ("features",),
        ),
        (replace(ALONE, sources=(Trunk(SOURCE, Weights(adaptation())),)), ("features",)),
    ],
)
def test_a_run_uses_what_its_method_network_and_pixels_see(run: Adapt, uses: tuple[str, ...]) -> None:
    assert uses_of_target(run) == uses
    assert uses_of_target(Evaluate(Select(run))) == uses


@pytest.mark.parametrize(
    ("selection", "uses"),
    [
        (Select(ALONE, "last"), ()),
        (Select(ALONE, "source validation"), ()),
        (Select(ALONE, "entropy"), ("features",)),
        (Select(ALONE, "SND"), ("features",)),
        (SelectWeighted(ImportanceWeights(ALONE), "DEV"), ("features",)),
        (ReverseValidate(ALONE, RECIPE), ("features",)),
        (Oracle(ALONE), ("labels",)),
        (Oracle(adaptation()), ("features", "labels")),
    ],
)
def test_a_rule_adds_what_it_looks_at(selection: Selection, uses: tuple[str, ...]) -> None:
    assert uses_of_target(selection) == uses
    assert uses_of_target(Evaluate(selection)) == uses


BOOKS, DVDS, PANS = (SyntheticTexts(shift) for shift in (0.0, 0.3, 0.6))


@pytest.mark.parametrize("order", [*permutations((BOOKS, DVDS, PANS))])
@pytest.mark.parametrize("made", [Words, BagOfWords])
def test_words_of_several_data_sets_are_a_use_of_each_that_is_a_target(made: Any, order: tuple[DataSet, ...]) -> None:
    source, target = made(BOOKS, order), made(DVDS, order)
    assert uses_inside((source, target), target) == ("features",)
    assert uses_inside((made(BOOKS, (BOOKS, PANS)), made(DVDS, (DVDS,))), target) == ()
    assert uses_inside(source, Partly(target, 1, seed=0)) == ("features",)  # whose name says more


@pytest.mark.parametrize("trial", [DomainDistance(adaptation()), Embedding(adaptation())])
def test_an_analysis_has_the_uses_of_its_run(trial: Trial) -> None:
    assert uses_of_target(trial) == ("features",)


def test_a_trial_without_a_target_uses_nothing_of_one() -> None:
    trained: Trial = Train(SOURCE, DigitCNN(), RECIPE, seed=0)
    assert uses_of_target(trained) is None
    assert uses_of_target(Trunk(SOURCE, Weights(adaptation()))) is None


@dataclass(frozen=True)
class Guessing(DANN):
    uses: ClassVar[tuple[str, ...]] = ("intuition",)


def test_a_use_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="intuition is no known use of a target; choose of pixels' mean, BatchNorm"):
        uses_of_target(replace(ALONE, method=Guessing()))


def test_the_target_is_a_data_set_or_what_stands_for_one() -> None:
    target: DataSet = Trunk(TARGET, Weights(adaptation()))
    assert uses_of_target(replace(ALONE, target=target)) == ("features",)
