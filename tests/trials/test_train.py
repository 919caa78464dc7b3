"""Train: a kill changes nothing, its numbers are those of its weights, and the test only tests."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score
from torch.nn import functional as F

from mtl_bench.core.trial import dependencies, key
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import Classes
from mtl_bench.disk import read_with_checksum
from mtl_bench.inputs import rows
from mtl_bench.inputs.rows import Array, Chosen, digest
from mtl_bench.training import loop
from mtl_bench.training.augmentation import Flip
from mtl_bench.trials.adapt import pixel_mean
from mtl_bench.trials.contracts import Init
from mtl_bench.trials.first_filters import FirstFilters
from mtl_bench.trials.inits import FirstLayers, RandomLayers
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.trials.transfers import (
    COPIED,
    DEEP,
    EASY,
    IMAGES,
    INITS,
    NORMED,
    NORMED_COPIED,
    RECIPE,
    B,
    curve_of,
    last_of,
    metrics_of,
    ran,
    state_of,
    work_of,
)


@dataclass(frozen=True)
class Retested:
    """A domain whose test images and test labels are others."""

    of: Classes
    name: str = "half B"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def inputs(self, split: str) -> Array:
        images = np.asarray(self.of.inputs(split))
        return 255 - images[::-1] if split == "test" else images

    def labels(self, split: str) -> Array:
        labels = self.of.labels(split)
        return (labels + 1) % len(self.classes) if split == "test" else labels


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of runs that tests share: one of them costs a moment, and is deterministic."""
    return tmp_path_factory.mktemp("runs")


KILLED = {
    "base": Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2),
    "dropout and running averages": Train(data=B, backbone=NORMED, recipe=RECIPE, seed=2),
    "kept activations": Train(
        data=B, backbone=NORMED, recipe=RECIPE, seed=2, init=FirstLayers(Weights(NORMED_COPIED), 1)
    ),
    "random layers": Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=RandomLayers(3, "He")),
    "fine-tuned": Train(
        data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=FirstLayers(Weights(COPIED), 3, freeze=False)
    ),
    "bfloat16": Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, precision="bfloat16"),
    "bfloat16 on kept activations": Train(
        data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=FirstLayers(Weights(COPIED), 3), precision="bfloat16"
    ),
    "mirrored": Train(
        data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=FirstLayers(Weights(COPIED), 3), augmentation=Flip()
    ),
}


class StoppedError(Exception):
    """Stands for a kill: nothing after it runs."""


def stop_after(last: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[float, str], None]:
    """Save at every step up to the first checkpoint's follower, then no more, and stop after step `last`."""
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    done: list[str] = []

    def progress(fraction: float, text: str) -> None:
        done.append(text)
        if len(done) == 3:
            monkeypatch.setattr(loop, "SAVE_EVERY", float("inf"))
        if len(done) == last:
            raise StoppedError

    return progress


@pytest.mark.filterwarnings("ignore:this processor computes bfloat16 in detours")
@pytest.mark.parametrize("name", KILLED)
def test_stopped_and_resumed_it_leaves_the_same_bits(
    name: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop comes after the second of three checkpoints, the resume_state before it."""
    trial, whole = KILLED[name], ran(KILLED[name], root)
    with pytest.raises(StoppedError):
        ran(trial, tmp_path, progress=stop_after(5, monkeypatch))
    folder = tmp_path / key(trial)
    content = read_with_checksum(folder / "resume_state.pt")
    assert content is not None and torch.load(io.BytesIO(content), weights_only=True)["step"] == 3
    assert len(curve_of(folder)) == 2 and not (folder / "weights-6.pt").exists()
    torch.rand(3)  # what the process did before must not matter
    steps: list[str] = []
    ran(trial, tmp_path, progress=lambda fraction, text: steps.append(text))
    assert steps == ["step 4/6", "step 5/6", "step 6/6"], "it did not go on from the resume_state"
    for file in ("weights-6.pt", "curve.csv", "metrics.csv"):
        assert (folder / file).read_bytes() == (whole / file).read_bytes(), f"{file} differs"
    assert {path.name for path in folder.iterdir()} == {path.name for path in whole.iterdir()}


def test_ended_but_not_recorded_it_runs_again_to_the_same_bits(tmp_path: Path) -> None:
    """A kill between the last step and the record leaves a whole curve and no resume_state."""
    first = {path.name: path.read_bytes() for path in ran(KILLED["base"], tmp_path).iterdir()}
    again = {path.name: path.read_bytes() for path in ran(KILLED["base"], tmp_path).iterdir()}
    assert again == first and first.keys() == {"weights-6.pt", "curve.csv", "metrics.csv"}


@pytest.mark.parametrize("init", [None, FirstLayers(Weights(COPIED), 2), RandomLayers(7, "He")], ids=str)
def test_accuracies_are_those_of_the_weights_that_it_leaves(init: Init | None, root: Path) -> None:
    trial = Train(data=IMAGES, backbone=DEEP, recipe=replace(RECIPE, steps=40), seed=2, init=init)
    folder = ran(trial, root)
    state, head = state_of(folder), state_of(folder, "classifier")
    for metric, split in (("accuracy", "test"), ("training accuracy", "train")):
        x = torch.from_numpy(IMAGES.inputs(split)).float() / 255 - state["mean"]
        for number, layer in enumerate(DEEP.stages(), 1):
            linear = layer == "fc7"
            weight, bias = (state[f"stages.{layer}.{int(linear)}.{name}"] for name in ("weight", "bias"))
            x = F.linear(x.flatten(1), weight, bias) if linear else F.conv2d(x, weight, bias, padding=1)
            x = F.relu(F.max_pool2d(x, 2) if number % 2 and not linear else x)
        predicted = F.linear(x, head["weight"], head["bias"]).argmax(1).numpy()
        labels = IMAGES.labels(split)
        expected = 100 * balanced_accuracy_score(labels, predicted)
        assert metrics_of(folder)[metric] == pytest.approx(expected, rel=1e-6)
    assert curve_of(folder)[-1] == metrics_of(folder)["accuracy"]


@pytest.mark.slow
@pytest.mark.parametrize(("checkpoints", "steps"), [(24, 48), (11, 44), (10, 40), (4, 40), (1, 5)])
def test_the_paper_reports_the_mean_of_the_ten_highest(checkpoints: int, steps: int, root: Path) -> None:
    trial = Train(data=IMAGES, backbone=EASY, recipe=replace(RECIPE, steps=steps, checkpoints=checkpoints), seed=2)
    folder = ran(trial, root)
    reached = curve_of(folder)
    assert len(reached) == checkpoints
    expected = sum(sorted(reached, reverse=True)[:10]) / min(10, checkpoints)
    assert metrics_of(folder)["ten highest"] == pytest.approx(expected)
    assert metrics_of(folder)["accuracy"] == reached[-1]
    if checkpoints > 10:
        assert expected > sum(reached) / checkpoints, "the ten highest are not all"


def test_the_loss_falls_and_training_reaches_more_than_chance(root: Path) -> None:
    trial = Train(data=IMAGES, backbone=EASY, recipe=replace(RECIPE, steps=60, checkpoints=6), seed=2)
    folder = ran(trial, root)
    with (folder / "curve.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["step"]) for row in rows] == [10, 20, 30, 40, 50, 60]
    assert float(rows[-1]["loss"]) < 0.5 * float(rows[0]["loss"])
    assert metrics_of(folder)["training accuracy"] > 60


@pytest.mark.parametrize("init", [None, FirstLayers(Weights(COPIED), 2), RandomLayers(3)], ids=str)
def test_the_test_plays_no_part_in_training(init: Init | None, root: Path, tmp_path: Path) -> None:
    own = ran(Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=init), root)
    other = ran(Train(data=Retested(B), backbone=DEEP, recipe=RECIPE, seed=2, init=init), tmp_path)
    assert last_of(other).read_bytes() == last_of(own).read_bytes()
    assert metrics_of(other)["training accuracy"] == metrics_of(own)["training accuracy"]
    assert not np.array_equal(Retested(B).inputs("test"), np.asarray(B.inputs("test")))
    turned = ran(
        Train(data=Classes(B.of, B.name, B.classes[::-1]), backbone=DEEP, recipe=RECIPE, seed=2, init=init), tmp_path
    )
    assert last_of(turned).read_bytes() != last_of(own).read_bytes(), "labels of training images matter"


@pytest.mark.slow
def test_other_test_labels_change_the_accuracy(root: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=60)
    own, other = (ran(Train(data=data, backbone=EASY, recipe=recipe, seed=2), tmp_path) for data in (B, Retested(B)))
    assert metrics_of(own)["accuracy"] > 60 > metrics_of(other)["accuracy"]


@pytest.mark.parametrize(("source", "target"), [(2, 7), (7, 2)])
@pytest.mark.parametrize("freeze", [True, False])
def test_source_and_target_may_have_different_numbers_of_classes(
    source: int, target: int, freeze: bool, tmp_path: Path
) -> None:
    few, many = (Classes(IMAGES, f"{n} classes", IMAGES.classes[:n]) for n in (source, target))
    copied = Train(data=few, backbone=DEEP, recipe=RECIPE, seed=1)
    folder = ran(
        Train(data=many, backbone=DEEP, recipe=RECIPE, seed=2, init=FirstLayers(Weights(copied), 7, freeze)), tmp_path
    )
    assert len(state_of(folder, "classifier")["weight"]) == target
    assert len(state_of(tmp_path / key(copied), "classifier")["weight"]) == source


def test_pixels_are_centred_on_the_training_images_of_the_own_data(root: Path) -> None:
    state = state_of(
        ran(Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=FirstLayers(Weights(COPIED), 2)), root)
    )
    np.testing.assert_allclose(state["mean"].flatten(), np.asarray(B.inputs("train")).mean((0, 2, 3)) / 255, rtol=1e-5)
    assert not torch.equal(state["mean"], state_of(ran(COPIED, root))["mean"])
    assert bool((state["std"] == 1).all())
    colour = np.asarray(B.inputs("train"))
    grey = colour[:, :1]
    np.testing.assert_allclose(pixel_mean([grey]), np.full((1, 1, 1), grey.mean() / 255), rtol=1e-5)
    both = (grey.mean() + colour.mean((0, 2, 3))) / 2 / 255
    np.testing.assert_allclose(pixel_mean([grey, colour]).flatten(), both, rtol=1e-5)


def test_images_that_are_read_on_demand_train_the_same_network(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = KILLED["mirrored"]
    own = ran(trial, root)
    monkeypatch.setattr(rows, "IN_MEMORY", 0)
    assert isinstance(B.inputs("train"), Chosen)
    other = ran(trial, tmp_path)
    for file in ("weights-6.pt", "curve.csv", "metrics.csv"):
        assert (other / file).read_bytes() == (own / file).read_bytes()


def test_the_record_names_the_data_and_each_kind_of_start_has_its_key(tmp_path: Path) -> None:
    trial = Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=FirstLayers(Weights(COPIED), 2))
    ran(COPIED, tmp_path)
    work = work_of(tmp_path, tmp_path)
    trial.run(work)
    assert work.data == {
        f"half B {split} {kind}": digest(array)
        for split in ("train", "test")
        for kind, array in (("inputs", B.inputs(split)), ("labels", B.labels(split)))
    }
    assert dependencies(trial) == [COPIED] and dependencies(replace(trial, init=None)) == []
    trials = [
        Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=init)
        for init in (*INITS, FirstLayers(Weights(COPIED), 3))
    ]
    assert len({key(one) for one in trials}) == len(INITS) + 1


@pytest.mark.parametrize(
    "init",
    [
        FirstLayers(Weights(COPIED), 8),
        FirstLayers(Weights(COPIED), 0),
        FirstLayers(Weights(COPIED), -1),
        RandomLayers(8),
    ],
    ids=str,
)
def test_a_number_of_layers_that_there_is_not_is_one_sentence(init: FirstLayers | RandomLayers, root: Path) -> None:
    expected = rf"^{init.count} layers cannot be taken from a network of 7 \(conv1, .*, fc7\)$"
    with pytest.raises(ValueError, match=expected):
        ran(Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=init), root)


@pytest.mark.parametrize("other", [NORMED, replace(DEEP, hidden=13)])
def test_layers_of_another_backbone_are_one_sentence(other: Any, root: Path) -> None:
    with pytest.raises(ValueError, match=r"^layers of SmallCNN\(.* do not fit into .*; use one backbone for both$"):
        ran(Train(data=B, backbone=other, recipe=RECIPE, seed=2, init=FirstLayers(Weights(COPIED), 1)), root)


def test_an_unknown_initialisation_or_precision_is_one_sentence() -> None:
    with pytest.raises(
        ValueError, match=r"^there is no initialisation 'Xavier'; choose one of N\(0, .01\) \| He \| own"
    ):
        RandomLayers(2, "Xavier")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^there is no precision 'bf16'; choose one of float32 \| bfloat16"):
        Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, precision="bf16")  # type: ignore[arg-type]


def test_images_of_another_size_are_one_sentence(root: Path) -> None:
    with pytest.raises(
        ValueError, match=r"don't fit a network for pixels of \(3, 8, 8\); give the data set another size"
    ):
        ran(Train(data=SyntheticImages(size=12), backbone=DEEP, recipe=RECIPE, seed=2), root)


def test_the_first_filters_are_the_first_convolutions_weights(root: Path) -> None:
    trial = FirstFilters(Weights(COPIED))
    folder = ran(trial, root)
    found = np.load(folder / "filters.npy", allow_pickle=False)
    assert found.dtype == np.float32 and found.flags.c_contiguous
    assert np.array_equal(found, state_of(root / key(COPIED))["stages.conv1.0.weight"].numpy())
    assert metrics_of(folder) == {"filters": 4} and trial.keep == ("filters.npy",)
