"""Similarity and distance of trained networks, against the measures on what their stages give and hold."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mtl_bench.measures.kernel_alignment import cka
from mtl_bench.trials.similarity import ALL_PAIRS, Distance, Similarity
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.trials.transfers import COPIED, DEEP, NORMED, RECIPE, B, prepare, work_of

ONE, OTHER = (Train(data=B, backbone=DEEP, recipe=RECIPE, seed=seed) for seed in (2, 3))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def measured(trial: Similarity | Distance, root: Path, folder: Path) -> Mapping[str, float]:
    prepare(trial, root)
    return trial.run(work_of(root, folder))


def test_every_pair_of_stages_is_the_cka_of_what_they_give(root: Path, tmp_path: Path) -> None:
    found = measured(Similarity(Weights(ONE), Weights(COPIED), B), root, tmp_path)
    work = work_of(root, tmp_path)
    images = torch.from_numpy(np.asarray(B.inputs("test")))
    a, b = (Weights(run).learner(work).net for run in (ONE, COPIED))
    with torch.no_grad():
        of_a, of_b = a({B.name: images})[B.name], b({COPIED.data.name: images})[COPIED.data.name]
    with (tmp_path / ALL_PAIRS).open(encoding="utf-8") as file:
        lines = [*csv.DictReader(file)]
    assert [*lines[0]] == [*of_b] and len(lines) == len(of_a)
    for line, layer in zip(lines, of_a, strict=True):
        for other in of_b:
            assert float(line[other]) == pytest.approx(float(cka(of_a[layer], of_b[other])), abs=1e-5)
        assert found[f"CKA {layer}"] == pytest.approx(float(line[layer]), abs=1e-8)


def test_a_network_is_like_itself_and_at_no_distance(root: Path, tmp_path: Path) -> None:
    same = Weights(ONE), Weights(ONE)
    assert [*measured(Similarity(*same, B), root, tmp_path).values()] == pytest.approx([1.0] * 7)
    assert set(measured(Distance(*same), root, tmp_path).values()) == {0.0}


def test_distances_are_of_parameters_stage_by_stage(root: Path, tmp_path: Path) -> None:
    found = measured(Distance(Weights(ONE), Weights(OTHER)), root, tmp_path)
    work = work_of(root, tmp_path)
    nets = [Weights(run).learner(work).net for run in (ONE, OTHER)]
    for layer in nets[0].layers:
        one, other = (
            np.concatenate([weight.detach().numpy().ravel() for weight in net.stages[layer].parameters()])
            for net in nets
        )
        raw = np.linalg.norm(one - other)
        assert found[f"distance {layer}"] == pytest.approx(raw, rel=1e-6)
        assert found[f"per parameter {layer}"] == pytest.approx(raw / len(one) ** 0.5, rel=1e-6)
        mean = (np.linalg.norm(one) + np.linalg.norm(other)) / 2
        assert found[f"relative {layer}"] == pytest.approx(raw / mean, rel=1e-6)


def test_running_averages_are_no_parameters(root: Path, tmp_path: Path) -> None:
    """Of one network before and after a step at which no weight moves, the averages alone differ."""
    still = Train(data=B, backbone=NORMED, recipe=replace(RECIPE, learning_rate=1e-30, weight_decay=0.0), seed=2)
    before, after = Weights(still, step=0), Weights(still)
    assert max(measured(Distance(before, after), root, tmp_path).values()) < 1e-25
    work = work_of(root, tmp_path)
    states = [weights.state(work) for weights in (before, after)]
    assert any(not torch.equal(states[0][name], states[1][name]) for name in states[0] if "running_mean" in name)


def test_two_architectures_have_no_distance(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        measured(Distance(Weights(ONE), Weights(replace(ONE, backbone=NORMED))), root, tmp_path)
