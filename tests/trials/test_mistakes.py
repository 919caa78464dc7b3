"""Mistakes of two networks, counted by hand from their predictions."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import cohen_kappa_score

from mtl_bench.datasets.wrappers.classes import Classes
from mtl_bench.inputs.rows import Array
from mtl_bench.trials.mistakes import BY_CLASS, Mistakes
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.trials.transfers import DEEP, RECIPE, B, prepare, work_of

ONE, OTHER = (Train(data=B, backbone=DEEP, recipe=replace(RECIPE, steps=3), seed=seed) for seed in (2, 3))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def test_they_are_counted_over_all_and_class_by_class(root: Path, tmp_path: Path) -> None:
    trial = Mistakes(Weights(ONE), Weights(OTHER), B)
    prepare(trial, root)
    work = work_of(root, tmp_path)
    found = trial.run(work)
    images, labels = torch.from_numpy(np.asarray(B.inputs("test"))), B.labels("test")
    with torch.no_grad():
        right = [Weights(run).learner(work).predict(images, B.name).argmax(1).numpy() == labels for run in (ONE, OTHER)]
    assert found["kappa"] == pytest.approx(cohen_kappa_score(*right))
    assert found["common"] == pytest.approx(100 * np.mean(~right[0] & ~right[1]))
    assert found["only a"] == pytest.approx(100 * np.mean(~right[0] & right[1]))
    assert found["only b"] == pytest.approx(100 * np.mean(right[0] & ~right[1]))
    assert np.array_equal(np.load(tmp_path / "right.npy"), right)
    with (tmp_path / BY_CLASS).open(encoding="utf-8") as file:
        lines = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert [line["rows"] for line in lines] == np.bincount(labels, minlength=len(B.classes)).tolist()
    for name in ("common", "only a", "only b"):
        assert sum(line[name] for line in lines) == pytest.approx(found[name] * len(labels) / 100)


def test_a_network_fails_where_it_fails(root: Path, tmp_path: Path) -> None:
    trial = Mistakes(Weights(ONE), Weights(ONE), B)
    prepare(trial, root)
    found = trial.run(work_of(root, tmp_path))
    assert (found["kappa"], found["only a"], found["only b"]) == (1, 0, 0)


def test_difficulty_is_how_often_others_fail_on_those_rows(root: Path, tmp_path: Path) -> None:
    others = tuple(replace(ONE, seed=seed) for seed in (4, 5))
    trial = Mistakes(Weights(ONE), Weights(OTHER), B, judges=tuple(map(Weights, others)))
    prepare(trial, root)
    work = work_of(root, tmp_path)
    found = trial.run(work)
    images, labels = torch.from_numpy(np.asarray(B.inputs("test"))), B.labels("test")
    with torch.no_grad():
        a, b, *judged = (
            Weights(run).learner(work).predict(images, B.name).argmax(1).numpy() != labels
            for run in (ONE, OTHER, *others)
        )
    failed = np.mean(judged, axis=0)
    for name, which in {"common": a & b, "only a": a & ~b, "only b": ~a & b}.items():
        rows = which if which.any() else np.ones_like(which)
        assert found[f"difficulty {name}"] == pytest.approx(100 * failed[rows].mean())
    assert found["judged"] == 100
    of_class = {name: value for name, value in found.items() if name.startswith("common ")}
    assert of_class == {
        f"common {name}": pytest.approx(100 * (a & b)[labels == i].mean()) for i, name in enumerate(B.classes)
    }


def test_who_learnt_a_row_does_not_judge_it(root: Path, tmp_path: Path) -> None:
    """One judge learnt four of the seven test rows, the other all of them."""
    learnt = tuple(replace(ONE, data=Swapped(B, count), seed=seed) for count, seed in ((4, 4), (7, 5)))
    trial = Mistakes(Weights(ONE), Weights(OTHER), B, judges=tuple(map(Weights, learnt)))
    prepare(trial, root)
    work = work_of(root, tmp_path)
    found = trial.run(work)
    images, labels = torch.from_numpy(np.asarray(B.inputs("test"))), B.labels("test")
    with torch.no_grad():
        answers = [
            Weights(run).learner(work).predict(images, B.name).argmax(1).numpy() for run in (ONE, OTHER, learnt[0])
        ]
    a, b, failed = (answer != labels for answer in answers)
    judged = np.arange(len(labels)) >= 4
    assert found["judged"] == pytest.approx(100 * judged.mean())
    for name, which in {"common": a & b, "only a": a & ~b, "only b": ~a & b}.items():
        rows = which & judged if (which & judged).any() else judged
        assert found[f"difficulty {name}"] == pytest.approx(100 * failed[rows].mean())
    nobody = replace(trial, judges=(Weights(learnt[1]),))
    with pytest.raises(ValueError, match=r"^all judges learnt the test rows of .*; give judges that did not$"):
        nobody.run(work)


@dataclass(frozen=True)
class Swapped:
    """Another data set of which so many first test rows are the first training rows."""

    of: Classes
    count: int

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def inputs(self, split: str) -> Array:
        rows = np.array(self.of.inputs(split))
        if split == "train":
            rows[: self.count] = np.asarray(self.of.inputs("test"))[: self.count]
        return rows

    def labels(self, split: str) -> Array:
        labels = np.array(self.of.labels(split))
        if split == "train":
            labels[: self.count] = self.of.labels("test")[: self.count]
        return labels
