"""Train: what is frozen stands still, what is fresh is paired, the test only tests, and a kill changes nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.core.trial import Work, dependencies, key
from mtl_bench.datasets import classes
from mtl_bench.datasets.classes import Classes, halves
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.methods.deep.source_only import SourceOnlyLearner
from mtl_bench.models.network import Network
from mtl_bench.models.small_cnn import SmallCNN
from mtl_bench.models.upper import UpperNetwork, activations
from mtl_bench.training import loop
from mtl_bench.training.augmentation import CropAndFlip, Flip
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials import train
from mtl_bench.trials.train import FirstFilters, FirstLayers, Init, Initialisation, RandomLayers, Train, digest
from tests.models.backbones import TinyCNN

Array = np.ndarray[Any, Any]
State = dict[str, Tensor]
IMAGES = SyntheticImages(size=8, train=40, test=15)  # of some classes there are two test images, of others one
A, B = halves(IMAGES, 0)
DEEP = SmallCNN((4, 4, 6, 6, 8, 8), hidden=12, size=8)
WIDE = SmallCNN(size=8)
NORMED = TinyCNN(dropout=0.5)
RECIPE = Recipe(steps=6, batch_size=8, learning_rate=0.05, momentum=0.9, candidates=3)
COPIED = Train(A, DEEP, RECIPE, seed=1)
NORMED_COPIED = Train(A, NORMED, RECIPE, seed=1)


@dataclass(frozen=True)
class Retested:
    """A domain whose test images and test labels are others."""

    of: Classes
    name: str = "half B"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def images(self, split: str) -> Array:
        images = self.of.images(split)
        return 255 - images[::-1] if split == "test" else images

    def labels(self, split: str) -> Array:
        labels = self.of.labels(split)
        return (labels + 1) % len(self.classes) if split == "test" else labels


def ran(trial: Train | FirstFilters, root: Path, **work: Any) -> Path:
    """The folder in which the trial, and before it what it needs, has run."""
    folder = root / key(trial)
    for needed in dependencies(trial):
        if not (root / key(needed) / "metrics.csv").exists():
            ran(needed, root)  # type: ignore[arg-type]
    folder.mkdir(parents=True, exist_ok=True)
    metrics = trial.run(Work(folder, "cpu", folder_of=lambda other: root / key(other), **work))
    with (folder / "metrics.csv").open("w", newline="") as file:
        csv.writer(file).writerows(metrics.items())
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of runs that tests share: one of them costs a moment, and is deterministic."""
    return tmp_path_factory.mktemp("runs")


def metrics_of(folder: Path) -> dict[str, float]:
    with (folder / "metrics.csv").open(newline="") as file:
        return {name: float(value) for name, value in csv.reader(file)}


def state_of(folder: Path, part: str = "network") -> State:
    state: State = torch.load(folder / "last.pt", weights_only=True)[part]
    return state


def curve_of(folder: Path) -> list[float]:
    with (folder / "curve.csv").open(newline="") as file:
        return [float(row["accuracy"]) for row in csv.DictReader(file)]


def stage(state: Mapping[str, Tensor], tap: str) -> State:
    return {name: value for name, value in state.items() if name.startswith(f"stages.{tap}.")}


def equal(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Bit for bit."""
    assert one and one.keys() == other.keys()
    return all(torch.equal(value, other[name]) for name, value in one.items())


def all_differ(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return all(not torch.equal(value, other[name]) for name, value in one.items())


def parts(trial: Train, root: Path) -> tuple[Network, Learner, Mapping[str, Array]]:
    """The network before training, the learner around it and its inputs."""
    images = {split: trial.data.images(split) for split in ("train", "test")}
    for needed in dependencies(trial):
        ran(needed, root)  # type: ignore[arg-type]
    net = trial.network(images["train"], Work(root, "cpu", folder_of=lambda other: root / key(other)))
    return net, *trial.learner(net, images, "cpu")


def start(trial: Train, root: Path) -> State:
    return {name: value.clone() for name, value in parts(trial, root)[0].state_dict().items()}


@pytest.mark.parametrize("count", range(1, 8))
def test_frozen_layers_are_the_copied_ones_and_all_others_are_learnt(count: int, root: Path) -> None:
    trial = Train(B, DEEP, RECIPE, seed=2, init=FirstLayers(COPIED, count))
    first, last = start(trial, root), state_of(ran(trial, root))
    copied, fresh = state_of(ran(COPIED, root)), start(replace(trial, init=None), root)
    for number, tap in enumerate(DEEP.stages(), 1):
        if number <= count:
            assert equal(stage(last, tap), stage(copied, tap)), f"{tap} moved"
        else:
            assert equal(stage(first, tap), stage(fresh, tap)), f"{tap} is not fresh"
            assert not equal(stage(last, tap), stage(fresh, tap)), f"{tap} has learnt nothing"


@pytest.mark.parametrize("count", [1, 4, 7])
def test_layers_that_are_not_frozen_start_as_copies_and_learn(count: int, root: Path) -> None:
    trial = Train(B, DEEP, RECIPE, seed=2, init=FirstLayers(COPIED, count, freeze=False))
    first, last, copied = start(trial, root), state_of(ran(trial, root)), state_of(ran(COPIED, root))
    for number, tap in enumerate(DEEP.stages(), 1):
        assert equal(stage(first, tap), stage(copied, tap)) is (number <= count)
        assert not equal(stage(last, tap), stage(first, tap)), f"{tap} has learnt nothing"


@pytest.mark.parametrize("cache", [train.CACHE, 0], ids=["activations", "trunk"])
def test_running_averages_stand_still_with_their_layer(
    cache: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "CACHE", cache)
    copied = state_of(ran(NORMED_COPIED, tmp_path))
    trial = Train(B, NORMED, RECIPE, seed=2, init=FirstLayers(NORMED_COPIED, 1))
    last, first = state_of(ran(trial, tmp_path)), start(trial, tmp_path)
    assert {"stages.first.1.running_mean", "stages.first.1.num_batches_tracked"} <= copied.keys()
    assert equal(stage(last, "first"), stage(copied, "first"))
    moved = {name: value for name, value in stage(last, "second").items() if "running" in name}
    assert len(moved) == 2 and all_differ(moved, first)
    tuned = replace(trial, init=FirstLayers(NORMED_COPIED, 1, freeze=False))
    assert all_differ(stage(state_of(ran(tuned, tmp_path)), "first"), copied)


@pytest.mark.parametrize("initialisation", ["N(0, .01)", "He", "own"])
def test_random_layers_stay_as_they_were_drawn(initialisation: Initialisation, root: Path) -> None:
    trial = Train(B, DEEP, RECIPE, seed=2, init=RandomLayers(3, initialisation))
    first, last, fresh = start(trial, root), state_of(ran(trial, root)), start(replace(trial, init=None), root)
    for number, tap in enumerate(DEEP.stages(), 1):
        assert equal(stage(last, tap), stage(first, tap)) is (number <= 3)
        assert equal(stage(first, tap), stage(fresh, tap)) is (number > 3 or initialisation == "own")


@pytest.mark.parametrize("initialisation", ["N(0, .01)", "He"])
def test_random_layers_have_the_deviation_that_they_are_named_for(initialisation: Initialisation, root: Path) -> None:
    net, *_ = parts(Train(B, WIDE, RECIPE, seed=2, init=RandomLayers(7, initialisation)), root)
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert len(layers) == 7
    for number, layer in enumerate(layers):
        weights = layer.weight.detach()
        levels = 1 if number else 255  # Caffe's pixels are 0 to 255, ours 0 to 1
        expected = 0.01 * levels if initialisation == "N(0, .01)" else (2 / weights[0].numel()) ** 0.5
        assert float(weights.std()) == pytest.approx(expected, rel=5 / (2 * weights.numel()) ** 0.5)
        assert float(weights.mean()) == pytest.approx(0, abs=5 * expected / weights.numel() ** 0.5)
        assert layer.bias is not None and not layer.bias.any()


INITS: tuple[Init, ...] = (
    None,
    FirstLayers(COPIED, 2),
    FirstLayers(replace(COPIED, data=B, seed=5), 2),
    FirstLayers(COPIED, 2, freeze=False),
    *(RandomLayers(count, kind) for count in (1, 2) for kind in ("N(0, .01)", "He", "own")),
)


@pytest.mark.parametrize("init", INITS[1:], ids=str)
def test_fresh_weights_depend_on_the_seed_alone(init: Init, root: Path) -> None:
    """Otherwise two networks of a replicate would differ in more than their first layers."""
    trial = Train(B, DEEP, RECIPE, seed=2)
    (net, learner, _), (other, beside, _) = parts(trial, root), parts(replace(trial, init=init), root)
    for tap in net.taps[2:]:
        assert equal(net.stages[tap].state_dict(), other.stages[tap].state_dict())
    assert equal(learner.classifier.state_dict(), beside.classifier.state_dict())
    seed3, learner3, _ = parts(replace(trial, seed=3), root)
    assert not equal(seed3.stages["fc7"].state_dict(), net.stages["fc7"].state_dict())
    assert not equal(learner3.classifier.state_dict(), learner.classifier.state_dict())


SEEN: list[Batch] = []


class Watched(SourceOnlyLearner):
    """Remembers every batch that it trains on."""

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        SEEN.extend(batches.values())
        return super().losses(batches, progress)


@dataclass(frozen=True)
class Watching:
    def build(self, net: Network, classes: int) -> Learner:
        SEEN.clear()
        return Watched(net, classes)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Batch]:
    """The batches of the last run."""
    monkeypatch.setattr(train, "SourceOnly", Watching)
    return SEEN


def test_the_order_of_images_depends_on_the_seed_alone(
    seen: list[Batch], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "CACHE", 0)  # so that all batches are pixels
    ran(COPIED, tmp_path)
    orders = []
    for seed, init in ((2, None), (2, FirstLayers(COPIED, 2)), (2, RandomLayers(3)), (3, None)):
        ran(Train(B, DEEP, RECIPE, seed, init), tmp_path)
        orders.append(torch.cat([batch.images for batch in seen]))
    base, copied, random, other = orders
    assert len(base) == RECIPE.steps * RECIPE.batch_size
    assert torch.equal(copied, base) and torch.equal(random, base)
    assert not torch.equal(other, base)


CACHED = [
    Train(B, DEEP, RECIPE, 2, FirstLayers(COPIED, 1)),
    Train(B, DEEP, RECIPE, 2, FirstLayers(COPIED, 7)),
    Train(B, WIDE, RECIPE, 2, RandomLayers(3, "He")),
    Train(B, NORMED, RECIPE, 2, FirstLayers(NORMED_COPIED, 1)),
    Train(B, NORMED, RECIPE, 2, FirstLayers(NORMED_COPIED, 2)),
]


@pytest.mark.parametrize("trial", CACHED, ids=lambda t: f"{type(t.backbone).__name__} {t.init.count}")
def test_kept_activations_and_a_recomputed_trunk_train_the_same_network(
    trial: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to the rounding of convolutions over batches of other sizes: 1e-5 of a weight and of the loss."""
    found = []
    for cache, kind, dtype in ((train.CACHE, UpperNetwork, np.float32), (0, Network, np.uint8)):
        monkeypatch.setattr(train, "CACHE", cache)
        folder = tmp_path / str(cache)
        _, learner, inputs = parts(trial, folder)
        assert type(learner.net) is kind and {array.dtype.type for array in inputs.values()} == {dtype}
        left = ran(trial, folder)
        found.append(({**state_of(left), **state_of(left, "classifier")}, curve_of(left)))
    (kept, kept_curve), (recomputed, curve) = found
    assert kept.keys() == recomputed.keys()
    for name, value in recomputed.items():
        torch.testing.assert_close(kept[name], value, rtol=1e-5, atol=1e-6, msg=f"{name} differs")
    assert kept_curve == curve


def test_activations_are_kept_as_long_as_they_fit(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Train(B, DEEP, RECIPE, 2, RandomLayers(4))
    net, *_ = parts(trial, root)
    size = sum(activations(net, 4, B.images(split)).nbytes for split in ("train", "test"))
    for cache, kind in ((size, UpperNetwork), (size - 1, Network)):
        monkeypatch.setattr(train, "CACHE", cache)
        assert type(parts(trial, root)[1].net) is kind


@pytest.mark.parametrize("init", [None, FirstLayers(COPIED, 2, freeze=False)], ids=str)
def test_what_moves_is_not_kept(init: Init, root: Path) -> None:
    _, learner, inputs = parts(Train(B, DEEP, RECIPE, 2, init), root)
    assert type(learner.net) is Network and inputs["train"].dtype == np.uint8


@pytest.mark.parametrize("init", [None, RandomLayers(2, "He")], ids=str)
def test_augmented_images_are_not_kept_and_have_the_networks_size(init: Init, seen: list[Batch], root: Path) -> None:
    large, _ = halves(SyntheticImages(size=12, train=40, test=15), 0)
    trial = Train(large, DEEP, RECIPE, 2, init, CropAndFlip(8))
    _, learner, inputs = parts(trial, root)
    assert type(learner.net) is Network
    assert inputs["train"].shape[2:] == inputs["test"].shape[2:] == (12, 12)
    folder = ran(trial, root)
    assert [batch.images.shape for batch in seen] == [(8, 3, 8, 8)] * RECIPE.steps
    windows = {batch.images[i].numpy().tobytes() for batch in seen for i in range(8)}
    assert len(windows) > len(large.images("train")), "an image is seen in more than one way"
    # In tests it is the middle: on images that are cut there before, the same network says the same.
    learner.net.load_state_dict(state_of(folder))
    learner.classifier.load_state_dict(state_of(folder, "classifier"))
    middle = large.images("test")[:, :, 2:10, 2:10]
    plain = replace(trial, augmentation=None)
    np.testing.assert_allclose(trial.logits(learner, inputs["test"]), plain.logits(learner, middle), rtol=1e-6)


KILLED = {
    "base": Train(B, DEEP, RECIPE, 2),
    "dropout and running averages": Train(B, NORMED, RECIPE, 2),
    "kept activations": Train(B, NORMED, RECIPE, 2, FirstLayers(NORMED_COPIED, 1)),
    "random layers": Train(B, DEEP, RECIPE, 2, RandomLayers(3, "He")),
    "fine-tuned": Train(B, DEEP, RECIPE, 2, FirstLayers(COPIED, 3, freeze=False)),
    "bfloat16": Train(B, DEEP, RECIPE, 2, precision="bfloat16"),
    "bfloat16 on kept activations": Train(B, DEEP, RECIPE, 2, FirstLayers(COPIED, 3), precision="bfloat16"),
    "mirrored": Train(B, DEEP, RECIPE, 2, FirstLayers(COPIED, 3), Flip()),
}


class StoppedError(Exception):
    """Stands for a kill: nothing after it runs."""


def stop_after(last: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[float, str], None]:
    """Save at every step up to the first candidate's follower, then no more, and stop after step `last`."""
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    done: list[str] = []

    def progress(share: float, text: str) -> None:
        done.append(text)
        if len(done) == 3:
            monkeypatch.setattr(loop, "SAVE_EVERY", float("inf"))
        if len(done) == last:
            raise StoppedError

    return progress


@pytest.mark.parametrize("name", KILLED)
def test_stopped_and_resumed_it_leaves_the_same_bits(
    name: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop comes after the second of three candidates, the checkpoint before it."""
    trial, whole = KILLED[name], ran(KILLED[name], root)
    with pytest.raises(StoppedError):
        ran(trial, tmp_path, progress=stop_after(5, monkeypatch))
    folder = tmp_path / key(trial)
    assert torch.load(folder / "checkpoint.pt", weights_only=True)["step"] == 3
    assert len(curve_of(folder)) == 2 and not (folder / "last.pt").exists()
    torch.rand(3)  # what the process did before must not matter
    steps: list[str] = []
    ran(trial, tmp_path, progress=lambda share, text: steps.append(text))
    assert steps == ["step 4/6", "step 5/6", "step 6/6"], "it did not go on from the checkpoint"
    for file in ("last.pt", "curve.csv", "metrics.csv"):
        assert (folder / file).read_bytes() == (whole / file).read_bytes(), f"{file} differs"
    assert not (folder / "checkpoint.pt").exists()


def test_ended_but_not_recorded_it_runs_again_to_the_same_bits(tmp_path: Path) -> None:
    """A kill between the last step and the record leaves a whole curve and no checkpoint."""
    first = {path.name: path.read_bytes() for path in ran(KILLED["base"], tmp_path).iterdir()}
    again = {path.name: path.read_bytes() for path in ran(KILLED["base"], tmp_path).iterdir()}
    assert again == first and first.keys() == {"last.pt", "curve.csv", "metrics.csv"}


@pytest.mark.parametrize("init", [None, FirstLayers(COPIED, 2), RandomLayers(7, "He")], ids=str)
def test_accuracies_are_those_of_the_weights_that_it_leaves(init: Init, root: Path) -> None:
    trial = Train(IMAGES, DEEP, replace(RECIPE, steps=40), 2, init)
    folder = ran(trial, root)
    state, head = state_of(folder), state_of(folder, "classifier")
    for metric, split in (("accuracy", "test"), ("training accuracy", "train")):
        x = torch.from_numpy(IMAGES.images(split)).float() / 255 - state["mean"]
        for number, tap in enumerate(DEEP.stages(), 1):
            linear = tap == "fc7"
            weight, bias = (state[f"stages.{tap}.{int(linear)}.{name}"] for name in ("weight", "bias"))
            x = F.linear(x.flatten(1), weight, bias) if linear else F.conv2d(x, weight, bias, padding=1)
            x = F.relu(F.max_pool2d(x, 2) if number % 2 and not linear else x)
        predicted = F.linear(x, head["weight"], head["bias"]).argmax(1).numpy()
        labels = IMAGES.labels(split)
        expected = 100 * balanced_accuracy_score(labels, predicted)
        assert metrics_of(folder)[metric] == pytest.approx(expected, rel=1e-6)
    assert curve_of(folder)[-1] == metrics_of(folder)["accuracy"]


@pytest.mark.parametrize(("candidates", "steps"), [(24, 48), (11, 44), (10, 40), (4, 40), (1, 5)])
def test_the_paper_reports_the_mean_of_the_ten_highest(candidates: int, steps: int, root: Path) -> None:
    trial = Train(IMAGES, WIDE, replace(RECIPE, steps=steps, candidates=candidates), 2)
    folder = ran(trial, root)
    reached = curve_of(folder)
    assert len(reached) == candidates
    expected = sum(sorted(reached, reverse=True)[:10]) / min(10, candidates)
    assert metrics_of(folder)["ten highest"] == pytest.approx(expected)
    assert metrics_of(folder)["accuracy"] == reached[-1]
    if candidates > 10:
        assert expected > sum(reached) / candidates, "the ten highest are not all"


def test_the_loss_falls_and_training_reaches_more_than_chance(root: Path) -> None:
    trial = Train(IMAGES, WIDE, replace(RECIPE, steps=120, candidates=6), 2)
    folder = ran(trial, root)
    with (folder / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["step"]) for row in rows] == [20, 40, 60, 80, 100, 120]
    assert float(rows[-1]["loss"]) < 0.5 * float(rows[0]["loss"])
    assert metrics_of(folder)["training accuracy"] > 60


@pytest.mark.parametrize("init", [None, FirstLayers(COPIED, 2), RandomLayers(3)], ids=str)
def test_the_test_plays_no_part_in_training(init: Init, root: Path, tmp_path: Path) -> None:
    own = ran(Train(B, DEEP, RECIPE, 2, init), root)
    other = ran(Train(Retested(B), DEEP, RECIPE, 2, init), tmp_path)
    assert (other / "last.pt").read_bytes() == (own / "last.pt").read_bytes()
    assert metrics_of(other)["training accuracy"] == metrics_of(own)["training accuracy"]
    assert not np.array_equal(Retested(B).images("test"), B.images("test"))
    turned = ran(Train(Classes(B.of, B.name, B.classes[::-1]), DEEP, RECIPE, 2, init), tmp_path)
    assert (turned / "last.pt").read_bytes() != (own / "last.pt").read_bytes(), "labels of training images matter"


def test_other_test_labels_change_the_accuracy(root: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=120)
    own, other = (ran(Train(data, WIDE, recipe, 2), tmp_path) for data in (B, Retested(B)))
    assert metrics_of(own)["accuracy"] > 60 > metrics_of(other)["accuracy"]


@pytest.mark.parametrize(("source", "target"), [(2, 7), (7, 2)])
@pytest.mark.parametrize("freeze", [True, False])
def test_source_and_target_may_have_different_numbers_of_classes(
    source: int, target: int, freeze: bool, tmp_path: Path
) -> None:
    few, many = (Classes(IMAGES, f"{n} classes", IMAGES.classes[:n]) for n in (source, target))
    copied = Train(few, DEEP, RECIPE, 1)
    folder = ran(Train(many, DEEP, RECIPE, 2, FirstLayers(copied, 7, freeze)), tmp_path)
    assert len(state_of(folder, "classifier")["weight"]) == target
    assert len(state_of(tmp_path / key(copied), "classifier")["weight"]) == source


def test_pixels_are_centred_on_the_training_images_of_the_own_data(root: Path) -> None:
    state = state_of(ran(Train(B, DEEP, RECIPE, 2, FirstLayers(COPIED, 2)), root))
    np.testing.assert_allclose(state["mean"].flatten(), B.images("train").mean((0, 2, 3)) / 255, rtol=1e-5)
    assert not torch.equal(state["mean"], state_of(ran(COPIED, root))["mean"])
    assert bool((state["std"] == 1).all())


def test_images_that_are_read_on_demand_train_the_same_network(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = KILLED["mirrored"]
    own = ran(trial, root)
    monkeypatch.setattr(classes, "IN_MEMORY", 0)
    assert isinstance(B.images("train"), classes.Rows)
    other = ran(trial, tmp_path)
    for file in ("last.pt", "curve.csv", "metrics.csv"):
        assert (other / file).read_bytes() == (own / file).read_bytes()


def test_the_record_names_the_data_and_each_kind_of_start_has_its_key(tmp_path: Path) -> None:
    trial = Train(B, DEEP, RECIPE, 2, FirstLayers(COPIED, 2))
    ran(COPIED, tmp_path)
    work = Work(tmp_path, "cpu", folder_of=lambda other: tmp_path / key(other))
    trial.run(work)
    assert work.data == {
        f"half B {split} {kind}": digest(array)
        for split in ("train", "test")
        for kind, array in (("images", B.images(split)), ("labels", B.labels(split)))
    }
    assert dependencies(trial) == [COPIED] and dependencies(replace(trial, init=None)) == []
    trials = [Train(B, DEEP, RECIPE, 2, init) for init in (*INITS, FirstLayers(COPIED, 3))]
    assert len({key(one) for one in trials}) == len(INITS) + 1


@pytest.mark.parametrize(
    "init", [FirstLayers(COPIED, 8), FirstLayers(COPIED, 0), FirstLayers(COPIED, -1), RandomLayers(8)], ids=str
)
def test_a_number_of_layers_that_there_is_not_is_one_sentence(init: FirstLayers | RandomLayers, root: Path) -> None:
    expected = rf"^{init.count} layers cannot be taken from a network of 7 \(conv1, .*, fc7\)$"
    with pytest.raises(ValueError, match=expected):
        ran(Train(B, DEEP, RECIPE, 2, init), root)


@pytest.mark.parametrize("other", [NORMED, replace(DEEP, hidden=13)])
def test_layers_of_another_backbone_are_one_sentence(other: Any, root: Path) -> None:
    with pytest.raises(ValueError, match=r"^layers of SmallCNN\(.* do not fit into .*; use one backbone for both$"):
        ran(Train(B, other, RECIPE, 2, FirstLayers(COPIED, 1)), root)


def test_an_unknown_initialisation_or_precision_is_one_sentence() -> None:
    with pytest.raises(
        ValueError, match=r"^there is no initialisation 'Xavier'; choose one of N\(0, .01\) \| He \| own"
    ):
        RandomLayers(2, "Xavier")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^there is no precision 'bf16'; choose one of float32 \| bfloat16"):
        Train(B, DEEP, RECIPE, 2, precision="bf16")  # type: ignore[arg-type]


def test_images_of_another_size_are_one_sentence(root: Path) -> None:
    with pytest.raises(ValueError, match=r"don't fit a network for \(3, 8, 8\); give the data set another size"):
        ran(Train(SyntheticImages(size=12), DEEP, RECIPE, 2), root)


def test_the_first_filters_are_the_first_convolutions_weights(root: Path) -> None:
    trial = FirstFilters(COPIED)
    folder = ran(trial, root)
    found = np.load(folder / "filters.npy", allow_pickle=False)
    assert found.dtype == np.float32 and found.flags.c_contiguous
    assert np.array_equal(found, state_of(root / key(COPIED))["stages.conv1.0.weight"].numpy())
    assert metrics_of(folder) == {"filters": 4} and trial.keep == ("filters.npy",)
