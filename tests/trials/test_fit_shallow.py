"""FitShallow: draws that all methods share, features alone for the method, and target labels for the score alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, get_args

import numpy as np
import pytest

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Work, dependencies
from mtl_bench.datasets.synthetic import Array, SyntheticFeatures, SyntheticImages
from mtl_bench.inputs.normalisation import normalised
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.methods.shallow.tca import TCA
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.fit_shallow import FitShallow, Scored, drawn, items
from mtl_bench.trials.mean_over import Group, MeanOver
from mtl_bench.trials.train import Train
from mtl_bench.trials.trunk import Trunk
from mtl_bench.trials.weights import Weights
from tests.models.backbones import TinyCNN

SOURCE, TARGET = SyntheticFeatures(width=20), SyntheticFeatures(0.5, width=20)
FULL = FitShallow(NoAdaptation(), SOURCE, TARGET, "L1, z-score")
SPLITS = replace(FULL, per_class=3, draws=4, first_seed=7)

EVENTS: list[Any] = []


@dataclass(frozen=True)
class Watched:
    """Notes when it is fitted and predicts, and on what."""

    uses: ClassVar[tuple[str, ...]] = ("features",)

    def fit(self, xs: Array, ys: Array, xt: Array) -> Any:
        EVENTS.append(("fit", xs, ys, xt))
        return self

    def predict(self, x: Array) -> Array:
        EVENTS.append(("predict",))
        return np.zeros(len(x), np.int64)


@dataclass(frozen=True)
class Domain:
    """Synthetic features that note when their labels are asked for, and give others than their own if told to."""

    data: SyntheticFeatures
    shifted: int = 0

    @property
    def name(self) -> str:
        return self.data.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.data.classes

    def inputs(self, split: str) -> Array:
        return self.data.inputs("all")

    def labels(self, split: str = "all") -> Array:
        EVENTS.append(("labels", self.name))
        labels: Array = (self.data.labels() + self.shifted) % 10
        return labels


@dataclass(frozen=True)
class Named(Domain):
    """Under other class names."""

    names: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names


@dataclass(frozen=True)
class Unsure:
    """Warns at each fit."""

    uses: ClassVar[tuple[str, ...]] = ()

    def fit(self, xs: Array, ys: Array, xt: Array) -> Any:
        warnings.warn("it did not converge", stacklevel=1)
        return NoAdaptation().fit(xs, ys, xt)


def run(trial: FitShallow, folder: Path) -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    return dict(trial.run(Work(folder, "cpu")))


def test_target_labels_are_read_after_all_predictions(tmp_path: Path) -> None:
    EVENTS.clear()
    run(replace(SPLITS, method=Watched(), source=Domain(SOURCE), target=Domain(TARGET)), tmp_path)
    kinds = [event[0] for event in EVENTS]
    assert kinds == ["labels", *["fit", "predict"] * 4, "labels"]
    assert [event[1] for event in EVENTS if event[0] == "labels"] == [SOURCE.name, TARGET.name]


def test_other_target_labels_change_no_prediction(tmp_path: Path) -> None:
    calls: list[list[Any]] = []
    for shifted in (0, 3):
        EVENTS.clear()
        run(replace(SPLITS, method=Watched(), source=Domain(SOURCE), target=Domain(TARGET, shifted)), tmp_path)
        calls.append([event[1:] for event in EVENTS if event[0] == "fit"])
    for one, other in zip(*calls, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_accuracy_is_that_of_the_method_on_normalised_features(tmp_path: Path) -> None:
    found = run(FULL, tmp_path)
    xs, xt = (normalised(domain.inputs("all"), "L1, z-score") for domain in (SOURCE, TARGET))
    right = NoAdaptation().fit(xs, SOURCE.labels(), xt).predict(xt) == TARGET.labels()
    assert found == {"accuracy": pytest.approx(100 * right.mean()), "warnings": 0}
    kept = np.load(tmp_path / "correct.npy", allow_pickle=False)
    assert kept.dtype == np.float32
    assert np.array_equal(kept, right.astype(np.float32))


def test_each_draw_has_its_metric_and_its_fraction_of_correct(tmp_path: Path) -> None:
    found = run(SPLITS, tmp_path)
    by_draw = [found[f"accuracy, draw {seed}"] for seed in (7, 8, 9, 10)]
    assert len(found) == 6
    assert found["accuracy"] == pytest.approx(np.mean(by_draw))
    assert len(set(by_draw)) > 1
    kept = np.load(tmp_path / "correct.npy", allow_pickle=False)
    assert 100 * kept.mean() == pytest.approx(found["accuracy"], abs=1e-4)
    alone = run(replace(SPLITS, draws=1, first_seed=9), tmp_path)
    assert alone["accuracy"] == pytest.approx(found["accuracy, draw 9"])


def test_halves_of_the_target_share_no_point_and_the_method_sees_both(tmp_path: Path) -> None:
    seen, correct = [], {}
    for scored in ("choosing half", "judging half"):
        EVENTS.clear()
        run(replace(FULL, method=Watched(), scored=scored), tmp_path / "watched")
        seen += [event[3] for event in EVENTS if event[0] == "fit"]
        run(replace(FULL, scored=scored), tmp_path / scored)
        correct[scored] = np.load(tmp_path / scored / "correct.npy", allow_pickle=False)
    count = len(TARGET.labels())
    assert len(seen[0]) == count
    assert np.array_equal(*seen)
    halves = [items(count, scored, TARGET.name) for scored in get_args(Scored)[1:]]
    assert np.array_equal(np.sort(np.concatenate(halves)), np.arange(count))
    whole = np.zeros(count, np.float32)
    for part, scored in zip(halves, get_args(Scored)[1:], strict=True):
        whole[part] = correct[scored]
    run(FULL, tmp_path / "all")
    assert np.array_equal(whole, np.load(tmp_path / "all" / "correct.npy", allow_pickle=False))
    with pytest.raises(ValueError, match=r"no scored points 'half'; choose one of all \| choosing half"):
        items(3, "half", "")  # type: ignore[arg-type]


def test_it_says_what_of_the_target_is_seen() -> None:
    assert replace(FULL, normalisation="unit length").uses_of_target() == ()
    assert FULL.uses_of_target() == ("features",)  # the target's mean and deviation
    assert replace(FULL, method=TCA(3), normalisation="none").uses_of_target() == ("features",)


def test_a_draw_is_the_same_for_every_method_and_target(tmp_path: Path) -> None:
    seen = []
    for target in (TARGET, SyntheticFeatures(0.9, width=20)):
        EVENTS.clear()
        run(replace(SPLITS, method=Watched(), target=target), tmp_path)
        seen.append([event[1] for event in EVENTS if event[0] == "fit"])
    assert all(np.array_equal(a, b) for a, b in zip(*seen, strict=True))
    assert not np.array_equal(seen[0][0], seen[0][1])
    assert all(len(points) == 30 for points in seen[0])


def test_a_draw_has_so_many_of_each_class_and_depends_on_the_seed_and_the_domain() -> None:
    labels = np.arange(100) % 4
    one = drawn(labels, 5, 100, "a")
    assert np.bincount(labels[one]).tolist() == [5] * 4
    assert len(set(one.tolist())) == 20
    assert np.array_equal(one, drawn(labels, 5, 100, "a"))
    assert not np.array_equal(one, drawn(labels, 5, 101, "a"))
    assert not np.array_equal(one, drawn(labels, 5, 100, "b"))


def test_warnings_of_solvers_are_counted_and_not_shown(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    assert run(replace(SPLITS, method=Unsure()), tmp_path)["warnings"] == 4
    assert not recwarn.list


def test_normalisations_are_by_their_definitions() -> None:
    x = np.array([[1.0, 3, 0, 2], [0, 4, 4, 2], [0, 0, 0, 0], [6, 2, 0, 2]])
    fractions = np.array([[1 / 6, 3 / 6, 0, 2 / 6], [0, 0.4, 0.4, 0.2], [0, 0, 0, 0], [0.6, 0.2, 0, 0.2]])
    scaled = (fractions - fractions.mean(0)) / fractions.std(0)
    lengths: Callable[[Array], Array] = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)  # noqa: E731
    assert np.array_equal(normalised(x, "none"), x)
    assert normalised(x, "L1, z-score") == pytest.approx(scaled)
    assert normalised(x, "L1, z-score, unit length") == pytest.approx(lengths(scaled))
    assert normalised(x, "unit length")[:2] == pytest.approx(lengths(x[:2]))
    assert not normalised(x, "unit length")[2].any()
    constant = np.full((5, 2), 0.1)
    assert not normalised(constant, "z-score").any()


def test_features_may_come_from_another_trial(tmp_path: Path) -> None:
    images = SyntheticImages(size=8, train=20), SyntheticImages(0.5, size=8, train=20)
    network = Train(data=images[0], backbone=TinyCNN(), recipe=Recipe(steps=3, batch_size=8, checkpoints=1), seed=0)
    source, target = (Trunk(domain, Weights(network), ("train",)) for domain in images)
    trial = FitShallow(NoAdaptation(), source, target, "unit length", train="train", test="train")
    assert dependencies(trial) == [source, target]
    store = Store(tmp_path)
    for part in (network, source, target, trial):
        store.compute(part, "cpu")
    stored = (np.load(store.artifact(part, "train.npy"), allow_pickle=False) for part in (source, target))
    xs, xt = (normalised(features.astype(np.float64), "unit length") for features in stored)
    right = NoAdaptation().fit(xs, source.labels("train"), xt).predict(xt) == target.labels("train")
    assert store.record(trial)["metrics"]["accuracy"] == pytest.approx(100 * right.mean())


def test_a_group_gives_the_mean_of_what_its_trials_share(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trials = (FULL, replace(FULL, method=TCA(3, variant="released")), replace(SPLITS, draws=1))
    mean = MeanOver(Group(trials))
    assert dependencies(mean) == list(trials)
    for part in (*trials, mean):
        store.compute(part, "cpu")
    expected = np.mean([store.record(trial)["metrics"]["accuracy"] for trial in trials])
    assert store.record(mean)["metrics"] == {"accuracy": pytest.approx(expected), "warnings": 0}
    assert Group(trials[:1] * 12).name == "12 × NoAdaptation"


@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="synthetic-shift-0 has 12 points of class 0, not 13; ask for fewer per class"):
        run(replace(SPLITS, per_class=13), tmp_path)
    with pytest.raises(ValueError, match="4 draws of synthetic-shift-0 make no sense here: give per_class"):
        run(replace(SPLITS, per_class=None), tmp_path)
    with pytest.raises(ValueError, match="there is no normalisation 'L2'; choose one of none"):
        run(replace(FULL, normalisation="L2"), tmp_path)  # type: ignore[arg-type]

    for names, expected in (
        (
            ("0", "1"),
            "class 2 of synthetic-shift-0, '2', is none of synthetic-shift-50, which has 2 classes",
        ),
        (
            ("0", "two"),
            "class 1 is '1' in synthetic-shift-0 and 'two' in synthetic-shift-50; give both domains the same",
        ),
    ):
        with pytest.raises(ValueError, match=expected):
            run(replace(FULL, target=Named(TARGET, names=names)), tmp_path)


@pytest.mark.parametrize("normalisation", ["z-score", "L1, z-score", "L1, z-score, unit length"])
def test_a_test_normalised_otherwise_than_the_training_is_one_sentence(normalisation: Any, tmp_path: Path) -> None:
    trial = FitShallow(NoAdaptation(), Domain(SOURCE), Domain(TARGET), normalisation, train="all", test="test")
    with pytest.raises(ValueError, match=r"synthetic-shift-50 would be normalised with other statistics in its test"):
        run(trial, tmp_path)
    assert "accuracy" in run(replace(trial, normalisation="unit length"), tmp_path)
