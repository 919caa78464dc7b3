"""Apply: the share of all test rows that a network names correctly, of data that it learnt or of others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Work, dependencies
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import Classes
from mtl_bench.training.loop import outputs_of
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.apply import RIGHT, Apply
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.models.backbones import TinyCNN

DATA = SyntheticImages(size=8, train=60, test=33)  # of three classes there is one test image more
OTHER = SyntheticImages(tint=0.5, size=8, train=60, test=21)
RUN = Train(DATA, TinyCNN(), Recipe(steps=20, batch_size=16, learning_rate=0.1, checkpoints=1), seed=0)


@pytest.mark.parametrize("data", [DATA, OTHER], ids=["its own", "another"])
def test_every_row_counts_alike(data: SyntheticImages, tmp_path: Path) -> None:
    store, trial = Store(tmp_path), Apply(Weights(RUN), data)
    assert dependencies(trial) == [RUN]
    store.compute(RUN, "cpu")
    store.compute(trial, "cpu")
    learner = Weights(RUN).learner(Work(tmp_path, "cpu", artifact_of=store.artifact))
    predicted = outputs_of(learner, data.inputs("test"), data.name)[0].argmax(1)
    right = np.load(store.artifact(trial, RIGHT), allow_pickle=False)
    assert np.array_equal(right, predicted == data.labels("test"))
    assert store.record(trial)["metrics"] == {"accuracy": pytest.approx(100 * right.mean())}


def test_a_network_of_other_classes_is_refused_in_a_sentence(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.compute(RUN, "cpu")
    few = Classes(OTHER, "few", OTHER.classes[:4])
    with pytest.raises(ValueError, match=r"^a network of 10 classes can't name the 4 of few; give it a classifier"):
        Apply(Weights(RUN), few).run(Work(tmp_path, "cpu", artifact_of=store.artifact))
