"""Tests of tests: whether a method is better over several domains, and what it comes to on some of the items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtl_bench.core.trial import Trial, Work, key
from mtl_bench.datasets.synthetic_counts import SyntheticCounts
from mtl_bench.datasets.wrappers.sample import Sample
from mtl_bench.datasets.wrappers.unrepeated import Unrepeated
from mtl_bench.inputs.rows import Array
from mtl_bench.measures.poisson_binomial import probability_of_lower_risk, probability_of_majority
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.trials.better_than import BetterThan
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.part_of_test import PartOfTest
from tests.datasets.test_unrepeated import Repeating

SOURCE = SyntheticCounts(stands_for="books")


def fits(name: str, count: int) -> tuple[FitShallow, ...]:
    shifts = (0.1 * i for i in range(count))
    method = NoAdaptation("1-NN" if name == "ours" else "linear SVM")
    return tuple(FitShallow(method, SOURCE, SyntheticCounts(shift)) for shift in shifts)


def work(folder: Path, correct: dict[str, Array]) -> Work:
    def artifact(trial: Trial, name: str) -> Path:
        path = folder / f"{key(trial)}.{name}"
        np.save(path, correct[key(trial)])
        return path

    return Work(folder, "cpu", artifact_of=artifact)


def test_it_is_the_test_over_data_sets_of_the_tests_on_each(tmp_path: Path) -> None:
    random, ours, theirs = np.random.default_rng(0), fits("ours", 3), fits("theirs", 3)
    right = {key(one): random.random(200) < 0.7 for one in ours}
    right |= {key(one): (random.random(200) < 0.72).astype(np.float32) for one in theirs}
    found = BetterThan(ours, theirs).run(work(tmp_path, right))["probability"]
    single = [
        probability_of_lower_risk(right[key(a)].astype(float), right[key(b)]) for a, b in zip(ours, theirs, strict=True)
    ]
    assert found == pytest.approx(probability_of_majority(single))
    assert BetterThan(theirs, ours).run(work(tmp_path, right))["probability"] == pytest.approx(1 - found)


def test_what_cannot_be_compared_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="3 tests of one method and 2 of the other can't be compared; give one of each"
    ):
        BetterThan(fits("ours", 3), fits("theirs", 2))
    ours, theirs = fits("ours", 1), fits("theirs", 1)
    right = {key(ours[0]): np.ones(5), key(theirs[0]): np.ones(6)}
    with pytest.raises(ValueError, match="5 and 6 items were tested; give tests of the same items"):
        BetterThan(ours, theirs).run(work(tmp_path, right))


def test_a_part_of_a_test_is_the_mean_over_its_items(tmp_path: Path) -> None:
    [test] = fits("ours", 1)
    data = Repeating()
    right = np.array([1, 0, 1, 1, 0, 1], np.float32)
    trial = PartOfTest(test, Unrepeated(data))
    assert trial.run(work(tmp_path, {key(test): right})) == {"accuracy": 50.0, "items": 4}  # of rows 1, 3, 4, 5
    assert np.load(tmp_path / "correct.npy").tolist() == [0, 1, 0, 1]
    whole = PartOfTest(test, Sample(data, 2, seed=0))
    with pytest.raises(ValueError, match="a part that leaves no tested row out asks nothing; give another one"):
        whole.run(work(tmp_path, {key(test): right}))
