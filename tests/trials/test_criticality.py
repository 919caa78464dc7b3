"""Criticality: stages set back and blurred by hand give the same errors, and the trained network is left in between."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mtl_bench.trials.criticality import MAP, TRIED, Criticality, NoiseMap
from mtl_bench.trials.inits import Whole
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.trials.transfers import DEEP, RECIPE, B, metrics_of, prepare, ran, work_of

TRAINED = Train(data=B, backbone=DEEP, recipe=replace(RECIPE, steps=12), seed=2)
ROWS = len(B.inputs("train"))
QUICK = Criticality(Weights(TRAINED), B, shares=(0.0, 0.5, 1.0), draws=2, bisections=3)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def measured(trial: Criticality, root: Path, folder: Path) -> tuple[dict[str, float], list[dict[str, float]]]:
    prepare(trial, root)
    found = dict(trial.run(work_of(root, folder)))
    with (folder / TRIED).open(encoding="utf-8") as file:
        return found, [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def test_a_stage_set_back_errs_as_by_hand_and_all_others_stay_as_trained(root: Path, tmp_path: Path) -> None:
    found, _ = measured(QUICK, root, tmp_path)
    work = work_of(root, tmp_path)
    images, labels = torch.from_numpy(np.asarray(B.inputs("train"))), B.labels("train")
    begun = Weights(TRAINED, step=0).state(work)
    for layer in Weights(TRAINED).learner(work).net.layers:
        learner = Weights(TRAINED).learner(work)
        own = {name: value for name, value in begun.items() if name.startswith(f"net.stages.{layer}.")}
        learner.load_state_dict(own, strict=False)
        with torch.no_grad():
            error = 100 * float((learner.predict(images, B.name).argmax(1).numpy() != labels).mean())
        assert found[f"set back {layer}"] == pytest.approx(error)
        assert (found[f"criticality {layer}"] == 0) == (error <= found["allowed"])


def test_criticality_is_the_least_of_what_was_tried_within_the_error_allowed(root: Path, tmp_path: Path) -> None:
    found, tried = measured(replace(QUICK, allowed=0.3), root, tmp_path)
    expected = 100 * float(np.mean([metrics_of(ran(TRAINED, root))["training accuracy"]])) / 100
    assert found["error"] == pytest.approx(100 - expected, abs=5), "classes differ in size by a row"
    assert found["allowed"] == pytest.approx(found["error"] + 0.3 * (100 - 100 / len(B.classes) - found["error"]))
    work = work_of(root, tmp_path)
    net, begun = Weights(TRAINED).learner(work).net, Weights(TRAINED, step=0).state(work)
    for i, layer in enumerate(net.layers):
        moved = sum(
            float((weight.detach() - begun[f"net.stages.{layer}.{name}"]).double().square().sum())
            for name, weight in net.stages[layer].named_parameters()
        )
        within = [one for one in tried if one["stage"] == i and one["error"] <= found["allowed"]]
        least = min(one["place"] ** 2 * moved / one["noise"] ** 2 for one in within)
        assert found[f"criticality {layer}"] == pytest.approx(least, rel=1e-5)


def test_more_noise_is_no_better_and_the_same_draws_come_again(root: Path, tmp_path: Path) -> None:
    trial = replace(QUICK, shares=(1.0,), allowed=0.01)
    first, tried = measured(trial, root, tmp_path)
    again, same = measured(trial, root, tmp_path)
    assert (first, tried) == (again, same)
    most, least = ([one["error"] for one in tried if one["noise"] == noise] for noise in (1, 1e-4))
    assert len(most) == len(least) == len(DEEP.stages())
    assert np.mean(most) > np.mean(least)


def test_a_network_that_moved_nowhere_can_be_set_back_wholly(root: Path, tmp_path: Path) -> None:
    still = replace(TRAINED, recipe=replace(RECIPE, steps=2, learning_rate=1e-30), init=Whole(Weights(TRAINED), True))
    found, _ = measured(replace(QUICK, of=Weights(still), draws=1, bisections=1), root, tmp_path)
    assert {value for name, value in found.items() if name.startswith("criticality")} == {0.0}
    assert {value for name, value in found.items() if name.startswith("set back")} == {found["error"]}


def test_an_error_that_nothing_keeps_to_is_said(root: Path, tmp_path: Path) -> None:
    trial = replace(QUICK, of=Weights(TRAINED), allowed=-1.0, shares=(1.0,), draws=1)
    with pytest.raises(ValueError, match="bears no noise within the error allowed"):
        measured(trial, root, tmp_path)


def test_the_way_that_training_took_passes_its_own_weights(root: Path, tmp_path: Path) -> None:
    kept = replace(TRAINED, weights_at=(6,))
    prepare(Criticality(Weights(kept), B), root)
    work = work_of(root, tmp_path)
    NoiseMap(Weights(kept), B, steps=(6,), draws=1, rows=ROWS, noises=(0.0, 0.1)).run(work)
    with (tmp_path / MAP).open(encoding="utf-8") as file:
        lines = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert {(line["place"], line["noise"]) for line in lines} == {(p, n) for p in (0, 6, 12) for n in (0, 0.1)}
    images, labels = torch.from_numpy(np.asarray(B.inputs("train"))), B.labels("train")
    passed = Weights(kept, step=6).state(work)
    for i, layer in enumerate(Weights(kept).learner(work).net.layers):
        learner = Weights(kept).learner(work)
        own = {name: value for name, value in passed.items() if name.startswith(f"net.stages.{layer}.")}
        learner.load_state_dict(own, strict=False)
        with torch.no_grad():
            error = 100 * float((learner.predict(images, B.name).argmax(1).numpy() != labels).mean())
        (found,) = [x["error"] for x in lines if (x["stage"], x["place"], x["noise"]) == (i, 6, 0)]
        assert found == pytest.approx(error)


def test_noise_is_told_by_itself_and_over_the_size_of_the_parameters(root: Path, tmp_path: Path) -> None:
    found, tried = measured(replace(QUICK, allowed=0.3), root, tmp_path)
    state = Weights(TRAINED).state(work_of(root, tmp_path))
    for i, layer in enumerate(Weights(TRAINED).learner(work_of(root, tmp_path)).net.layers):
        at_end = [x["noise"] for x in tried if (x["stage"], x["place"]) == (i, 1) and x["error"] <= found["allowed"]]
        assert found[f"noise {layer}"] == pytest.approx(max(at_end), rel=1e-6)
        own = torch.cat([v.flatten() for n, v in state.items() if n.startswith(f"net.stages.{layer}.")])
        rms = float(own.double().square().mean() ** 0.5)
        assert found[f"relative noise {layer}"] == pytest.approx(found[f"noise {layer}"] / rms, rel=1e-5)
