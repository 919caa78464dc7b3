"""The plane: its three networks are where it says, and any point of it is the network that can be had by hand."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mtl_bench.trials.plane import PLANE, Plane
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.trials.transfers import DEEP, NORMED, RECIPE, B, metrics_of, prepare, ran, work_of

A_, B_, C_ = (Train(data=B, backbone=DEEP, recipe=replace(RECIPE, steps=12), seed=seed) for seed in (2, 3, 4))
QUICK = Plane(Weights(A_), Weights(B_), Weights(C_), B, points=3, rows=1000)
Row = dict[str, float]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def measured(trial: Plane, root: Path, folder: Path) -> tuple[dict[str, float], list[Row], list[Row]]:
    """Metrics, the grid, and the three networks."""
    prepare(trial, root)
    metrics = dict(trial.run(work_of(root, folder)))
    with (folder / PLANE).open(encoding="utf-8") as file:
        rows = [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]
    return metrics, [row for row in rows if "network" not in row], [row for row in rows if "network" in row]


def vector(run: Train, root: Path, folder: Path) -> np.ndarray:
    return torch.cat([value.flatten() for value in Weights(run).state(work_of(root, folder)).values()]).double().numpy()


def test_the_three_are_at_their_places_with_their_own_errors(root: Path, tmp_path: Path) -> None:
    metrics, grid, corners = measured(QUICK, root, tmp_path)
    assert [corner["network"] for corner in corners] == [1, 2, 3]
    for corner, run in zip(corners, (A_, B_, C_), strict=True):
        assert corner["train error"] == pytest.approx(100 - metrics_of(ran(run, root))["training accuracy"])
    a, b, c = (vector(run, root, tmp_path) for run in (A_, B_, C_))
    places = np.array([[corner["x"], corner["y"]] for corner in corners])
    assert places[:2].tolist() == [[0, 0], [1, 0]]
    length = np.linalg.norm(b - a)
    apart = [np.linalg.norm(places[2] - places[i]) for i in (0, 1)]
    assert apart == pytest.approx([np.linalg.norm(c - a) / length, np.linalg.norm(c - b) / length], rel=1e-5)
    ends = np.mean([corner["train error"] for corner in corners])
    assert metrics["error in the middle"] >= -ends
    assert len(grid) == 9
    for axis, high in (("x", max(1, places[2, 0])), ("y", places[2, 1])):
        low = min(0, places[:, "xy".index(axis)].min())
        sides = sorted({row[axis] for row in grid})
        assert sides[0] == pytest.approx(low - 0.3 * (high - low), rel=1e-6)
        assert sides[-1] == pytest.approx(high + 0.3 * (high - low), rel=1e-6)


def test_a_point_is_the_network_there(root: Path, tmp_path: Path) -> None:
    _, grid, corners = measured(QUICK, root, tmp_path)
    work = work_of(root, tmp_path)
    a, b, c = (Weights(run).state(work) for run in (A_, B_, C_))
    x, y = corners[2]["x"], corners[2]["y"]
    point = grid[4]
    of_c = point["y"] / y
    of_b = point["x"] - of_c * x  # place = of_b * (1, 0) + of_c * (x, y)
    learner = Weights(A_).learner(work)
    learner.load_state_dict({n: a[n] + of_b * (b[n] - a[n]) + of_c * (c[n] - a[n]) for n in a})
    images, labels = torch.from_numpy(np.asarray(B.inputs("train"))), torch.from_numpy(B.labels("train"))
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(learner.predict(images, B.name), labels)
    assert point["train loss"] == pytest.approx(float(loss), rel=1e-4)


def test_networks_on_one_line_or_of_two_architectures_are_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one line"):
        measured(replace(QUICK, c=QUICK.b), root, tmp_path)
    with pytest.raises(ValueError, match="three different ones"):
        measured(replace(QUICK, b=QUICK.a), root, tmp_path)
    with pytest.raises(ValueError, match="use one backbone for both"):
        measured(replace(QUICK, c=Weights(replace(C_, backbone=NORMED))), root, tmp_path)
