"""Distances between two data sets' features, and what a run loses between its domains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Work
from mtl_bench.trials.checkpoints import checkpoint_of, source_labels_of
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.select import Select
from mtl_bench.trials.separation import FeatureDistance
from mtl_bench.trials.transfer_loss import TransferLoss
from tests.trials.domains import TARGET, PoisonError, adaptation

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Cloud:
    """Features around a point, within [0, 6]; nobody may ask for its labels."""

    centre: float
    count: int = 80
    seed: int = 0

    classes: ClassVar[tuple[str, ...]] = ("a", "b")

    @property
    def name(self) -> str:
        return f"around {self.centre:g}"

    def inputs(self, split: str) -> Array:
        random = np.random.default_rng([self.seed, round(100 * self.centre)])
        return np.clip(random.normal(self.centre, 0.5, (self.count, 5)), 0, 6).astype(np.float32)

    def labels(self, split: str) -> Array:
        raise PoisonError(f"the labels of {self.name} were read")


def distances(one: Cloud, other: Cloud, folder: Path, **changes: Any) -> dict[str, float]:
    trial = FeatureDistance(one, other, rows=40, **changes)
    return dict(trial.run(Work(folder, "cpu")))


def test_every_distance_grows_with_the_shift_but_that_of_covariances(tmp_path: Path) -> None:
    here, near, far = (distances(Cloud(2), Cloud(at, seed=1), tmp_path) for at in (2, 2.2, 3))
    for name in ("mmd", "cmd", "a_distance"):
        assert here[name] < near[name] < far[name], name
    assert abs(here["mmd"]) < 0.02 and abs(here["a_distance"]) < 0.5
    assert far["coral"] < 0.01, "covariances are the same wherever the centre is"


def test_it_is_the_same_from_both_sides(tmp_path: Path) -> None:
    one, other = Cloud(2), Cloud(2.5, count=60)
    there, back = distances(one, other, tmp_path), distances(other, one, tmp_path)
    assert back == pytest.approx(there, rel=1e-4)


@pytest.mark.slow
def test_how_many_rows_a_data_set_has_moves_no_distance(tmp_path: Path) -> None:
    """CMD of samples of one distribution shrinks with their size; the rows that are compared are as many everywhere."""
    small = distances(Cloud(2), Cloud(2, count=80, seed=1), tmp_path)
    large = distances(Cloud(2, count=2000), Cloud(2, count=2000, seed=1), tmp_path)
    assert large["cmd"] == pytest.approx(small["cmd"], rel=0.5)
    whole = FeatureDistance(Cloud(2, count=2000), Cloud(2, count=2000, seed=1), rows=2000, draws=1)
    assert whole.run(Work(tmp_path, "cpu"))["cmd"] < large["cmd"] / 3


def test_it_refuses_too_few_rows_and_features_without_bounds(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="around 3 has 30 rows, not 40; ask for fewer"):
        distances(Cloud(2), Cloud(3, count=30), tmp_path)
    with pytest.raises(ValueError, match=r"around 2 has features from .* CMD is of features within \[0, 1\]; give"):
        distances(Cloud(2), Cloud(3), tmp_path, largest=1.0)


@pytest.mark.slow
def test_a_run_loses_what_it_reads_of_held_out_source_images_and_not_of_the_target(tmp_path: Path) -> None:
    run, store = adaptation(), Store(tmp_path / "store")
    trial = TransferLoss(Evaluate(Select(run)))
    for one in (run, Select(run), Evaluate(Select(run)), trial):
        store.compute(one, "cpu")
    found = store.record(trial)["metrics"]
    work = Work(tmp_path, "cpu", metrics_of=lambda t: {}, artifact_of=lambda t, name: store.artifact(run, name))
    last = checkpoint_of(run, run.recipe.steps, work)
    within = 100 * np.mean(last["source validation logits"].argmax(1) == source_labels_of(run, work)["validation"])
    there = 100 * np.mean(last["target test logits"].argmax(1) == TARGET.labels("test"))
    assert (found["within"], found["accuracy"]) == pytest.approx((within, there))
    assert found["loss"] == pytest.approx(within - there)
    assert trial.uses_of_target() == run.uses_of_target()
    assert TransferLoss(Evaluate(Select(replace(run, seed=1)))) != trial
