"""Layers that are given to a network: frozen, they stand still wholly; all else is fresh and the same for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import halves
from mtl_bench.methods.deep.source_only import SourceOnlyLearner
from mtl_bench.models.network import Network
from mtl_bench.models.upper import UpperNetwork, activations
from mtl_bench.training.augmentation import CropAndFlip
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.trials import train
from mtl_bench.trials.contracts import Init
from mtl_bench.trials.inits import FirstLayers, Initialisation, RandomLayers
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.trials.transfers import (
    COPIED,
    DEEP,
    EASY,
    INITS,
    NORMED,
    NORMED_COPIED,
    RECIPE,
    WIDE,
    B,
    all_differ,
    curve_of,
    equal,
    parts,
    ran,
    stage,
    start,
    state_of,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of runs that tests share: one of them costs a moment, and is deterministic."""
    return tmp_path_factory.mktemp("runs")


@pytest.mark.parametrize("count", range(1, 8))
def test_frozen_layers_are_the_copied_ones_and_all_others_are_learnt(count: int, root: Path) -> None:
    trial = Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=FirstLayers(Weights(COPIED), count))
    first, last = start(trial, root), state_of(ran(trial, root))
    copied, fresh = state_of(ran(COPIED, root)), start(replace(trial, init=None), root)
    for number, layer in enumerate(DEEP.stages(), 1):
        if number <= count:
            assert equal(stage(last, layer), stage(copied, layer)), f"{layer} moved"
        else:
            assert equal(stage(first, layer), stage(fresh, layer)), f"{layer} is not fresh"
            assert not equal(stage(last, layer), stage(fresh, layer)), f"{layer} has learnt nothing"


@pytest.mark.parametrize("count", [1, 4, 7])
def test_layers_that_are_not_frozen_start_as_copies_and_learn(count: int, root: Path) -> None:
    trial = Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=FirstLayers(Weights(COPIED), count, freeze=False))
    first, last, copied = start(trial, root), state_of(ran(trial, root)), state_of(ran(COPIED, root))
    for number, layer in enumerate(DEEP.stages(), 1):
        assert equal(stage(first, layer), stage(copied, layer)) is (number <= count)
        assert not equal(stage(last, layer), stage(first, layer)), f"{layer} has learnt nothing"


@pytest.mark.parametrize("cache", [train.CACHE, 0], ids=["activations", "trunk"])
def test_running_averages_stand_still_with_their_layer(
    cache: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "CACHE", cache)
    copied = state_of(ran(NORMED_COPIED, tmp_path))
    trial = Train(data=B, backbone=NORMED, recipe=RECIPE, seed=2, init=FirstLayers(Weights(NORMED_COPIED), 1))
    last, first = state_of(ran(trial, tmp_path)), start(trial, tmp_path)
    assert {"stages.first.1.running_mean", "stages.first.1.num_batches_tracked"} <= copied.keys()
    assert equal(stage(last, "first"), stage(copied, "first"))
    moved = {name: value for name, value in stage(last, "second").items() if "running" in name}
    assert len(moved) == 2 and all_differ(moved, first)
    tuned = replace(trial, init=FirstLayers(Weights(NORMED_COPIED), 1, freeze=False))
    assert all_differ(stage(state_of(ran(tuned, tmp_path)), "first"), copied)


@pytest.mark.parametrize("initialisation", ["N(0, .01)", "He", "own"])
def test_random_layers_stay_as_they_were_drawn(initialisation: Initialisation, root: Path) -> None:
    trial = Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=RandomLayers(3, initialisation))
    first, last, fresh = start(trial, root), state_of(ran(trial, root)), start(replace(trial, init=None), root)
    for number, layer in enumerate(DEEP.stages(), 1):
        assert equal(stage(last, layer), stage(first, layer)) is (number <= 3)
        assert equal(stage(first, layer), stage(fresh, layer)) is (number > 3 or initialisation == "own")


@pytest.mark.parametrize("initialisation", ["N(0, .01)", "He"])
def test_random_layers_have_the_deviation_that_they_are_named_for(initialisation: Initialisation, root: Path) -> None:
    net, *_ = parts(Train(data=B, backbone=WIDE, recipe=RECIPE, seed=2, init=RandomLayers(7, initialisation)), root)
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert len(layers) == 7
    for number, layer in enumerate(layers):
        weights = layer.weight.detach()
        levels = 1 if number else 255  # Caffe's pixels are 0 to 255, ours 0 to 1
        expected = 0.01 * levels if initialisation == "N(0, .01)" else (2 / weights[0].numel()) ** 0.5
        assert float(weights.std()) == pytest.approx(expected, rel=5 / (2 * weights.numel()) ** 0.5)
        assert float(weights.mean()) == pytest.approx(0, abs=5 * expected / weights.numel() ** 0.5)
        assert layer.bias is not None and not layer.bias.any()


def test_biases_of_random_layers_are_zero_where_the_backbones_own_are_not(root: Path) -> None:
    for init, drawn in ((RandomLayers(1), True), (RandomLayers(1, "He"), True), (RandomLayers(1, "own"), False)):
        net, *_ = parts(Train(data=B, backbone=EASY, recipe=RECIPE, seed=2, init=init), root)
        assert bool((net.stages["first"].get_parameter("0.bias") == 0).all()) is drawn
        assert net.stages["second"].get_parameter("0.bias").any(), "what is above is the backbone's own"


@pytest.mark.parametrize("init", INITS[1:], ids=str)
def test_fresh_weights_depend_on_the_seed_alone(init: Init | None, root: Path) -> None:
    """Otherwise two networks of a replicate would differ in more than their first layers."""
    trial = Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2)
    (net, learner, _), (other, beside, _) = parts(trial, root), parts(replace(trial, init=init), root)
    for layer in net.layers[2:]:
        assert equal(net.stages[layer].state_dict(), other.stages[layer].state_dict())
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
    uses: ClassVar[tuple[str, ...]] = ()

    def build(self, net: Network, classes: int) -> Learner:
        SEEN.clear()
        return Watched(net, classes)


def test_the_order_of_images_depends_on_the_seed_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "CACHE", 0)  # so that all batches are pixels
    ran(COPIED, tmp_path)
    orders = []
    for seed, init in ((2, None), (2, FirstLayers(Weights(COPIED), 2)), (2, RandomLayers(3)), (3, None)):
        ran(Train(data=B, backbone=DEEP, recipe=RECIPE, seed=seed, method=Watching(), init=init), tmp_path)
        orders.append(torch.cat([batch.inputs for batch in SEEN]))
    base, copied, random, other = orders
    assert len(base) == RECIPE.steps * RECIPE.batch_size
    assert torch.equal(copied, base) and torch.equal(random, base)
    assert not torch.equal(other, base)


CACHED = [
    Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=FirstLayers(Weights(COPIED), 1)),
    Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=FirstLayers(Weights(COPIED), 7)),
    Train(data=B, backbone=WIDE, recipe=RECIPE, seed=2, init=RandomLayers(3, "He")),
    Train(data=B, backbone=NORMED, recipe=RECIPE, seed=2, init=FirstLayers(Weights(NORMED_COPIED), 1)),
    Train(data=B, backbone=NORMED, recipe=RECIPE, seed=2, init=FirstLayers(Weights(NORMED_COPIED), 2)),
]


@pytest.mark.slow
@pytest.mark.parametrize("trial", CACHED, ids=lambda t: f"{type(t.backbone).__name__} {t.init.count}")
def test_kept_activations_and_a_recomputed_trunk_train_the_same_network(
    trial: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to what convolutions round otherwise in batches of other sizes: 1e-5 of a weight, and no accuracy."""
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
    trial = Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=RandomLayers(4))
    net, *_ = parts(trial, root)
    size = sum(activations(net, 4, B.inputs(split)).nbytes for split in ("train", "test"))
    for cache, kind in ((size, UpperNetwork), (size - 1, Network)):
        monkeypatch.setattr(train, "CACHE", cache)
        assert type(parts(trial, root)[1].net) is kind


@pytest.mark.parametrize("init", [None, FirstLayers(Weights(COPIED), 2, freeze=False)], ids=str)
def test_what_moves_is_not_kept(init: Init | None, root: Path) -> None:
    _, learner, inputs = parts(Train(data=B, backbone=DEEP, recipe=RECIPE, seed=2, init=init), root)
    assert type(learner.net) is Network and inputs["train"].dtype == np.uint8


@pytest.mark.parametrize("init", [None, RandomLayers(2, "He")], ids=str)
def test_augmented_images_are_not_kept_and_have_the_networks_size(init: Init | None, root: Path) -> None:
    large, _ = halves(SyntheticImages(size=12, train=40, test=15), 0)
    settings: dict[str, Any] = {"seed": 2, "method": Watching(), "init": init, "augmentation": CropAndFlip(8)}
    trial = Train(data=large, backbone=DEEP, recipe=RECIPE, **settings)
    _, learner, inputs = parts(trial, root)
    assert type(learner.net) is Network
    assert inputs["train"].shape[2:] == inputs["test"].shape[2:] == (12, 12)
    folder = ran(trial, root)
    assert [batch.inputs.shape for batch in SEEN] == [(8, 3, 8, 8)] * RECIPE.steps
    windows = {batch.inputs[i].numpy().tobytes() for batch in SEEN for i in range(8)}
    assert len(windows) > len(large.inputs("train")), "an image is seen in more than one way"
    # In tests it is the middle: on images that are cut there before, the same network says the same.
    learner.net.load_state_dict(state_of(folder))
    learner.classifier.load_state_dict(state_of(folder, "classifier"))
    middle = large.inputs("test")[:, :, 2:10, 2:10]
    plain = replace(trial, augmentation=None)
    np.testing.assert_allclose(trial.logits(learner, inputs["test"]), plain.logits(learner, middle), rtol=1e-6)
