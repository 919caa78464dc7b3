"""Interpolation: its ends are the networks, its middle is computed by hand, and averages are of what they should be."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mtl_bench.trials import interpolation
from mtl_bench.trials.inits import Whole
from mtl_bench.trials.interpolation import LINE, Interpolation, between
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.trials.transfers import COPIED, DEEP, NORMED, RECIPE, B, metrics_of, prepare, ran, work_of

START = Train(data=B, backbone=DEEP, recipe=replace(RECIPE, steps=12), seed=1)
TWINS = tuple(Train(data=B, backbone=DEEP, recipe=replace(RECIPE, steps=12), seed=2, order=order) for order in (0, 1))
WITH_NORM = tuple(replace(twin, backbone=NORMED) for twin in TWINS)


def line(a: Weights, b: Weights, **more: Any) -> Interpolation:
    return Interpolation(a, b, B, **more)


def measured(trial: Interpolation, root: Path, folder: Path) -> tuple[Mapping[str, float], list[dict[str, float]]]:
    prepare(trial, root)
    metrics = trial.run(work_of(root, folder))
    with (folder / LINE).open(encoding="utf-8") as file:
        return metrics, [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def test_the_ends_are_the_networks_and_the_barrier_is_that_of_the_line(root: Path, tmp_path: Path) -> None:
    metrics, points = measured(line(*map(Weights, TWINS), points=5), root, tmp_path)
    assert [point["w"] for point in points] == [0, 0.25, 0.5, 0.75, 1]
    for end, twin, place in (("a", TWINS[0], 0), ("b", TWINS[1], -1)):
        expected = metrics_of(ran(twin, root))
        assert metrics[f"error {end}"] == pytest.approx(100 - expected["training accuracy"])
        assert points[place]["test error"] == pytest.approx(100 - expected["accuracy"])
    for kind in ("error", "loss"):
        values = np.array([point[f"train {kind}"] for point in points])
        chord = np.linspace(values[0], values[-1], 5)
        assert metrics[f"{kind} barrier"] == pytest.approx((values - chord).max(), rel=1e-5, abs=1e-7)


def test_the_middle_is_the_network_of_the_mean_weights(root: Path, tmp_path: Path) -> None:
    trial = line(*map(Weights, TWINS), points=3)
    _, points = measured(trial, root, tmp_path)
    work = work_of(root, tmp_path)
    states = [Weights(twin).state(work) for twin in TWINS]
    learner = Weights(TWINS[0]).learner(work)
    mean = {name: (states[0][name] + states[1][name]) / 2 for name in states[0]}
    images, labels = torch.from_numpy(np.asarray(B.inputs("test"))), torch.from_numpy(B.labels("test"))
    learner.load_state_dict(mean)
    with torch.no_grad():
        logits = learner.predict(images, B.name)
    assert points[1]["test loss"] == pytest.approx(float(F.cross_entropy(logits, labels)), rel=1e-5)


def test_a_network_and_itself_have_no_barrier(root: Path, tmp_path: Path) -> None:
    metrics, points = measured(line(Weights(TWINS[0]), Weights(TWINS[0]), points=3), root, tmp_path)
    assert metrics["error barrier"] == 0
    assert metrics["loss barrier"] == pytest.approx(0, abs=1e-6)
    assert points[0] | {"w": 0.5} == pytest.approx(points[1], rel=1e-5)


def test_beyond_the_ends_is_shown_and_does_not_count(root: Path, tmp_path: Path) -> None:
    inside, _ = measured(line(*map(Weights, TWINS), points=5), root, tmp_path)
    metrics, points = measured(line(*map(Weights, TWINS), points=5, beyond=0.5), root, tmp_path)
    assert [point["w"] for point in points] == pytest.approx([-0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5])
    assert metrics == pytest.approx(inside)


def test_from_where_training_started_to_where_it_ended(root: Path, tmp_path: Path) -> None:
    tuned = replace(TWINS[0], init=Whole(Weights(START), head=True))
    metrics, _ = measured(line(Weights(tuned, step=0), Weights(START), points=3), root, tmp_path)
    assert metrics["error barrier"] == 0, "training starts from the network that it copied"
    assert metrics["error a"] == metrics["error b"]


def test_averages_are_estimated_anew_at_every_point(root: Path, tmp_path: Path) -> None:
    as_they_are, _ = measured(line(*map(Weights, WITH_NORM), points=3), root, tmp_path)
    everything = len(B.inputs("train"))
    trial = line(*map(Weights, WITH_NORM), points=3, re_estimated=everything)
    _, points = measured(trial, root, tmp_path)
    work = work_of(root, tmp_path)
    learner = Weights(WITH_NORM[0]).learner(work)
    a, b = (Weights(twin).state(work) for twin in WITH_NORM)
    learner.load_state_dict(between(a, b, 0.5))
    images, labels = torch.from_numpy(np.asarray(B.inputs("train"))), torch.from_numpy(B.labels("train"))
    norms = [module for module in learner.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms
    with torch.no_grad():  # all rows as one batch, whose own statistics normalise it
        for norm in norms:
            norm.train()
        logits = learner.predict(images, B.name)
    # A batch is normalised by its biased variance, and the averages hold the unbiased one.
    assert points[1]["train loss"] == pytest.approx(float(F.cross_entropy(logits, labels)), rel=0.01)
    assert as_they_are["error a"] == pytest.approx(100 - metrics_of(ran(WITH_NORM[0], root))["training accuracy"])


def test_what_cannot_be_interpolated_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        measured(line(Weights(TWINS[0]), Weights(WITH_NORM[0]), points=3), root, tmp_path)
    with pytest.raises(ValueError, match="no BatchNorm"):
        measured(line(*map(Weights, TWINS), points=3, re_estimated=8), root, tmp_path)
    with pytest.raises(ValueError, match="three points or more"):
        line(Weights(COPIED), Weights(COPIED), points=2)


def test_a_state_between_two_keeps_what_is_counted() -> None:
    a, b = ({"weight": torch.full((2,), value), "seen": torch.tensor(int(value))} for value in (2.0, 4.0))
    found = between(a, b, 0.25)
    assert found["weight"].tolist() == [2.5, 2.5]
    assert found["seen"] == 2


@pytest.mark.parametrize("points", [3, 11, 50, 99, 104])
@pytest.mark.parametrize("beyond", [0.0, 0.5])
def test_both_ends_are_points_of_every_line(points: int, beyond: float) -> None:
    places = line(*map(Weights, TWINS), points=points, beyond=beyond).places()
    assert {0.0, 1.0} <= set(places.tolist())
    assert np.diff(places) == pytest.approx(1 / (points - 1))
    assert places[0] >= -beyond - 1e-9 and len(places) == points + 2 * int(beyond * (points - 1))


def test_every_row_counts_the_same_where_averages_are_estimated_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 16 rows in batches of at most 10 there are two of 8; 10 and 6 would give six rows the weight of ten."""
    monkeypatch.setattr(interpolation, "CHUNK", 10)
    learner = WITH_NORM[0].build()
    images = np.asarray(B.inputs("train"))[:16]
    interpolation.re_estimate(learner, images, B.name)
    norm = next(module for module in learner.modules() if isinstance(module, nn.BatchNorm2d))
    seen: list[torch.Tensor] = []
    norm.register_forward_hook(lambda module, given, out: seen.append(given[0]))
    with torch.no_grad():
        learner.predict(torch.from_numpy(images), B.name)
    torch.testing.assert_close(norm.running_mean, seen[0].mean((0, 2, 3)))
