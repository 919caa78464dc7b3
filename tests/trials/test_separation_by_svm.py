"""How far domains are apart to an SVM: in features, whose labels nobody reads, and in the hidden layer of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Work
from mtl_bench.measures.a_distance_by_svm import a_distance_by_svm
from mtl_bench.trials.select import Select
from mtl_bench.trials.separation_by_svm import SeparationOfDomains, SeparationOfRun, shuffled
from tests.trials.domains import adaptation
from tests.trials.test_separation import Cloud


def between(one: Cloud, other: Cloud, seed: int = 0) -> float:
    return SeparationOfDomains(one, other, seed).run(Work(Path("nowhere"), "cpu"))["a_distance"]


def test_it_grows_with_the_shift_and_the_halves_go_by_the_seed() -> None:
    here, near, far = (between(Cloud(2), Cloud(at, seed=1)) for at in (2, 2.5, 4))
    assert here < near < far <= 2
    assert len({between(Cloud(2), Cloud(2.3, seed=1), seed) for seed in range(4)}) > 1
    assert between(Cloud(2), Cloud(2.3), 3) == between(Cloud(2), Cloud(2.3), 3)


def test_rows_of_two_data_sets_are_shuffled_alike_and_none_is_lost() -> None:
    rows = np.arange(20)
    assert sorted(shuffled(rows, 1)) == rows.tolist() != shuffled(rows, 1).tolist()
    assert np.array_equal(shuffled(rows, 1) * 2, shuffled(rows * 2, 1))


@pytest.mark.slow
def test_of_a_run_it_is_that_of_the_selected_checkpoint(tmp_path: Path) -> None:
    store, run = Store(tmp_path), replace(adaptation(), seed=3)
    for selection in (Select(run), Select(run, "source validation")):
        for trial in (run, selection, SeparationOfRun(selection)):
            if trial not in store:
                store.compute(trial, "cpu")
        step = int(store.record(selection)["metrics"]["step"])
        seen = np.load(store.artifact(run, f"checkpoint-{step}.npz"))
        one, other = (shuffled(seen[f"{side} train features"].astype(float), 3) for side in ("source", "target"))
        found = store.record(SeparationOfRun(selection))["metrics"]["a_distance"]
        assert found == pytest.approx(a_distance_by_svm(one, other))
    assert SeparationOfRun(Select(run)).uses_of_target() == ("features",)
