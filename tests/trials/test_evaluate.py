"""Evaluate alone joins predictions and target labels; Select never sees them."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from mtl_bench.core.store import Store, TrialError
from mtl_bench.core.trial import Trial, Work
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.checkpoints import checkpoint_of, history_of
from mtl_bench.trials.evaluate import Evaluate, Oracle
from mtl_bench.trials.reverse import ReverseValidate
from mtl_bench.trials.select import ImportanceWeights, Rule, Select, SelectWeighted, WeightedRule
from tests.trials.domains import TARGET, Poisoned, Relabelled, adaptation

TRIAL = replace(adaptation(), recipe=Recipe(steps=30, batch_size=6, checkpoints=5, learning_rate=0.05))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store that holds one adaptation."""
    made = Store(tmp_path_factory.mktemp("store"))
    made.compute(TRIAL, "cpu")
    return made


def work(folder: Path, store: Store, metrics: dict[str, float] | None = None) -> Work:
    """A trial's surroundings in which every dependency's files are those of the adaptation."""
    folder.mkdir(exist_ok=True)
    return Work(
        folder, "cpu", metrics_of=lambda t: metrics or {}, artifact_of=lambda t, name: store.artifact(TRIAL, name)
    )


def metrics(store: Store, trial: Trial) -> dict[str, float]:
    store.compute(trial, "cpu")
    found: dict[str, float] = store.record(trial)["metrics"]
    return found


def chosen(rule: str, store: Store) -> float:
    return metrics(store, Select(TRIAL, rule))["step"]  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_last_and_the_best_validated_checkpoint(store: Store, tmp_path: Path) -> None:
    history = history_of(TRIAL, work(tmp_path, store))
    assert [row["step"] for row in history] == [6, 12, 18, 24, 30]
    assert chosen("last", store) == 30
    losses = {row["step"]: row["source_validation_loss"] for row in history}
    best = chosen("source validation", store)
    assert losses[best] == min(losses.values())
    assert len(set(losses.values())) == len(losses)


@pytest.mark.parametrize("rule", ["last", "source validation"])
def test_the_accuracy_is_the_fraction_of_right_predictions(rule: str, store: Store, tmp_path: Path) -> None:
    trial = Evaluate(Select(TRIAL, rule))  # type: ignore[arg-type]
    step = chosen(rule, store)
    found = metrics(store, trial)
    logits = checkpoint_of(TRIAL, step, work(tmp_path, store))["target test logits"]
    right = [max(range(10), key=row.__getitem__) == y for row, y in zip(logits, TARGET.labels("test"), strict=True)]
    assert found["step"] == step
    assert found["accuracy"] == pytest.approx(100 * sum(right) / len(right))
    assert np.load(store.folder(trial) / "correct.npy").tolist() == right


def test_the_curve_has_every_checkpoint(store: Store, tmp_path: Path) -> None:
    trial = Evaluate(Select(TRIAL))
    found = metrics(store, trial)
    with (store.folder(trial) / "curve.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["step"]) for row in rows] == [6, 12, 18, 24, 30]
    assert float(rows[-1]["accuracy"]) == pytest.approx(found["accuracy"], rel=1e-5)
    for row in rows:
        logits = checkpoint_of(TRIAL, float(row["step"]), work(tmp_path, store))["target test logits"]
        accuracy = 100 * np.mean(logits.argmax(1) == TARGET.labels("test"))
        assert float(row["accuracy"]) == pytest.approx(accuracy, rel=1e-5)


def selections(run: Adapt) -> list[Select | SelectWeighted | ReverseValidate]:
    """Every rule that may be used to report a number."""
    weights = ImportanceWeights(run)
    return [
        *(Select(run, rule) for rule in get_args(Rule)),
        *(SelectWeighted(weights, rule) for rule in get_args(WeightedRule)),
        ReverseValidate(run, Recipe(steps=2, batch_size=6)),
    ]


@pytest.mark.slow
def test_no_rule_asks_for_the_targets_labels_and_each_chooses_the_same_with_others(
    store: Store, tmp_path: Path
) -> None:
    poisoned = replace(TRIAL, target=Poisoned(TARGET))
    other = Store(tmp_path)
    for made, run in ((store, TRIAL), (other, poisoned)):
        made.compute(run, "cpu")
        made.compute(ImportanceWeights(run), "cpu")
    for selection, blind in zip(selections(TRIAL), selections(poisoned), strict=True):
        assert metrics(other, blind) == metrics(store, selection)
        with pytest.raises(TrialError, match="PoisonError: the test labels"):
            other.compute(Evaluate(blind), "cpu")


@pytest.mark.slow
def test_the_oracle_reads_labels_of_the_training_images_alone(tmp_path: Path) -> None:
    store, run = Store(tmp_path), replace(TRIAL, target=Poisoned(TARGET))
    store.compute(run, "cpu")
    with pytest.raises(TrialError, match="PoisonError: the train labels"):
        store.compute(Oracle(run), "cpu")


def test_other_labels_change_the_accuracy_alone(store: Store, tmp_path: Path) -> None:
    accuracies = []
    for seed in range(3):
        select = Select(replace(TRIAL, target=Relabelled(TARGET, seed)))
        found = dict(select.run(work(tmp_path / "select", store)))
        assert found["step"] == 30
        accuracies.append(Evaluate(select).run(work(tmp_path / f"evaluate-{seed}", store, found))["accuracy"])
    assert len({*accuracies, metrics(store, Evaluate(Select(TRIAL)))["accuracy"]}) > 1
