"""Settings chosen by reverse validation: no label of the target has part in it, and what is run is what was chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from mtl_bench.core.store import Store, TrialError
from mtl_bench.core.trial import Trial, Work, dependencies, key, uses_of_target
from mtl_bench.datasets.synthetic_counts import SyntheticCounts
from mtl_bench.inputs.rows import Array, Rows
from mtl_bench.methods.deep.dann_of_one_layer import DANNOfOneLayer
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.models.network import Network
from mtl_bench.models.one_hidden_layer import OneHiddenLayer
from mtl_bench.training import loop
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.chosen import AdaptChosen, Choice, FitChosen, MethodByChoice
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.reverse_fit import ReverseFit
from mtl_bench.trials.reverse_score import ReverseScore
from mtl_bench.trials.select import Select

SOURCE, TARGET = SyntheticCounts(width=20, stands_for="books"), SyntheticCounts(0.5, 20, stands_for="dvd")
RECIPE = Recipe(steps=40, batch_size=10, learning_rate=0.3, schedule="constant", momentum=0.0, checkpoints=4)
RUN = Adapt(DANNOfOneLayer(), (SOURCE,), TARGET, OneHiddenLayer(20, 6), RECIPE, seed=5)
BACK = replace(RECIPE, steps=20, checkpoints=2)
SVM = NoAdaptation("one-against-one SVM")


class PoisonError(Exception):
    """Somebody asked for labels that must not be read."""


@dataclass(frozen=True)
class Blind:
    """The target, whose labels nobody may ask for."""

    name: str = "dvd"
    classes: tuple[str, ...] = TARGET.classes

    def inputs(self, split: str) -> Rows:
        return TARGET.inputs(split)

    def labels(self, split: str) -> Array:
        raise PoisonError(f"the {split} labels of {self.name} were read")


def computed(trial: Trial, store: Store) -> dict[str, float]:
    for needed in dependencies(trial):
        computed(needed, store)
    if trial not in store:
        store.compute(trial, "cpu")
    found: dict[str, float] = store.record(trial)["metrics"]
    return found


def scored(weight: float, back: Recipe = BACK) -> ReverseScore:
    return ReverseScore(Select(replace(RUN, method=DANNOfOneLayer(weight)), "source validation"), back)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


def test_a_run_back_starts_where_the_run_forward_was_selected(store: Store) -> None:
    """Without a step that moves anything its accuracy on the source is the forward run's own."""
    still = scored(0.3, replace(BACK, learning_rate=1e-12))
    found, step = computed(still, store), computed(still.selection, store)["step"]
    history = {int(row["step"]): row for row in map(_numbers, _history(still.selection.adaptation, store))}
    assert found["score"] == pytest.approx(history[int(step)]["source_validation"])
    moved = [computed(scored(0.3, replace(BACK, learning_rate=rate)), store) for rate in (3.0, 30.0)]
    assert {one["score"] for one in moved} != {found["score"]} and {one["step"] for one in moved} <= {10, 20}


def _history(run: Adapt, store: Store) -> list[dict[str, str]]:
    import csv

    with store.artifact(run, "history.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _numbers(row: dict[str, str]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items() if value}


def test_no_label_of_the_target_has_part_in_a_score_or_a_choice(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path)
    deep = Choice("weight", tuple(scored(weight) for weight in (0.1, 1.0)))
    blind = Choice(
        "weight",
        tuple(
            replace(one, selection=replace(one.selection, adaptation=replace(one.selection.adaptation, target=Blind())))
            for one in deep.candidates
            if isinstance(one, ReverseScore)
        ),
    )
    assert computed(blind, other) == computed(deep, store)
    fits = [ReverseFit(replace(SVM, cost=cost), SOURCE, TARGET, 5) for cost in (0.01, 1.0)]
    for one in fits:
        assert computed(replace(one, target=Blind()), other) == computed(one, store)
    chosen = AdaptChosen(MethodByChoice(RUN.method, blind), RUN.sources, Blind(), RUN.backbone, RECIPE, seed=6)
    computed(Select(chosen), other)
    with pytest.raises(TrialError, match="PoisonError: the test labels"):
        computed(Evaluate(Select(chosen)), other)


def test_a_shallow_score_is_that_of_the_method_fitted_forth_and_back(store: Store) -> None:
    trial = ReverseFit(replace(SVM, cost=0.1), SOURCE, TARGET, seed=5)
    training, validation = (cut["books"] for cut in RUN.cut(Work(Path("nowhere"), "cpu")))
    learnt, xt = training.inputs[:], TARGET.inputs("train")[:]
    assert (len(learnt), len(validation.inputs)) == (54, 6) and training.labels is not None
    predicted = trial.method.fit(learnt, training.labels, xt).predict(xt)
    back = trial.method.fit(xt, predicted, learnt).predict(validation.inputs[:])
    expected = 100 * np.mean(back == validation.labels)
    assert computed(trial, store)["score"] == pytest.approx(expected)


def test_a_run_back_that_was_stopped_scores_as_one_that_was_not(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial, seen = scored(0.1), [0]
    expected = computed(trial, store)
    surroundings = Work(tmp_path, "cpu", artifact_of=store.artifact, metrics_of=lambda t: store.record(t)["metrics"])

    def stop(fraction: float, text: str) -> None:
        seen[0] += 1
        if seen[0] == 14:  # of 20 steps, between its two checkpoints
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    with pytest.raises(KeyboardInterrupt):
        trial.run(replace(surroundings, progress=stop))
    assert (tmp_path / "scores.json").exists()
    assert trial.run(surroundings) == expected
    assert not list(tmp_path.iterdir())


def test_the_best_candidate_is_chosen_and_of_equals_the_first() -> None:
    candidates = tuple(ReverseFit(replace(SVM, cost=cost), SOURCE, TARGET, 5) for cost in (0.1, 1.0, 10.0))
    scores = dict(zip(map(key, candidates), (70.0, 80.0, 80.0), strict=True))
    work = Work(Path("nowhere"), "cpu", metrics_of=lambda trial: {"score": scores[key(trial)]})
    assert Choice("cost", candidates).run(work) == {"cost": 1.0, "logarithm": 0.0, "score": 80.0, "equals": 2}


def test_what_is_run_is_what_was_chosen(store: Store) -> None:
    choice = Choice("weight", tuple(scored(weight) for weight in (0.1, 1.0)))
    chosen = AdaptChosen(MethodByChoice(RUN.method, choice), RUN.sources, TARGET, RUN.backbone, RECIPE, seed=6)
    plain = replace(RUN, method=DANNOfOneLayer(computed(choice, store)["weight"]), seed=6)
    assert dependencies(chosen) == [choice] and key(chosen) != key(plain)
    assert computed(Evaluate(Select(chosen)), store) == computed(Evaluate(Select(plain)), store)
    files = [
        {path.name: path.read_bytes() for path in store.folder(run).iterdir() if path.suffix in (".npz", ".pt", ".csv")}
        for run in (chosen, plain)
    ]
    assert len(files[0]) > 3 and files[0] == files[1]
    assert uses_of_target(Evaluate(Select(chosen))) == ("features",)


def test_another_method_may_take_what_was_chosen_for_a_classifier(store: Store) -> None:
    choice = Choice("cost", tuple(ReverseFit(replace(SVM, cost=cost), SOURCE, TARGET, 5) for cost in (0.01, 1.0)))
    other = NoAdaptation("linear SVM")
    chosen = FitChosen(MethodByChoice(other, choice), SOURCE, TARGET, train="train", test="test")
    cost = computed(choice, store)["cost"]
    plain = FitShallow(replace(other, cost=cost), SOURCE, TARGET, train="train", test="test")
    assert computed(chosen, store) == computed(plain, store)
    assert uses_of_target(chosen) == ("features",) and uses_of_target(plain) == ()


def test_what_cannot_be_chosen_is_refused_in_a_sentence(store: Store) -> None:
    with pytest.raises(ValueError, match="there is nothing to choose a weight among; give one candidate or more"):
        Choice("weight", ())
    with pytest.raises(ValueError, match="DANNOfOneLayer has no cost; choose another parameter"):
        Choice("cost", (scored(1.0),))
    with pytest.raises(ValueError, match="a candidate has no weight above 0; give others"):
        Choice("weight", (scored(0.0),))
    plain = AdaptChosen(SourceOnly(), (SOURCE,), TARGET, RUN.backbone, RECIPE, 0)
    with pytest.raises(ValueError, match="SourceOnly has no setting to be chosen; give MethodByChoice"):
        plain.run(Work(Path("nowhere"), "cpu"))
    chosen = MethodByChoice(RUN.method, Choice("weight", (scored(1.0),)))
    with pytest.raises(NotImplementedError, match="trains nothing; take AdaptChosen"):
        chosen.build(Network(RUN.backbone, ("a", "b")), 2)
    with pytest.raises(NotImplementedError, match="fits nothing; take FitChosen"):
        chosen.fit(0, 0, 0)
    both = replace(RUN, sources=(SOURCE, replace(SOURCE, stands_for="kitchen")))
    trial = ReverseScore(Select(both), BACK)
    with pytest.raises(TrialError, match="reverse validation needs one source, not 2; choose another rule"):
        computed(trial, store)
