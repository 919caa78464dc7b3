"""Multiplications counted without computing, and what they say of a run's cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.execution.costs import Rates
from mtl_bench.models.caffenet import CaffeNet
from mtl_bench.models.macs import macs
from mtl_bench.models.small_cnn import SmallCNN
from mtl_bench.models.timm_backbone import TimmBackbone
from mtl_bench.training.augmentation import Flip
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.inits import FirstLayers, RandomLayers
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights

RUN = Train(SyntheticImages(size=32), SmallCNN(), Recipe(steps=10, batch_size=4), seed=0)


def test_convolutions_and_linear_layers_are_counted_by_their_sizes() -> None:
    counted = macs(SmallCNN(widths=(24, 32, 64, 64, 96, 128), hidden=256))
    by_hand = {
        **{"conv1": 32 * 32 * 24 * 3 * 9, "conv2": 16 * 16 * 32 * 24 * 9, "conv3": 16 * 16 * 64 * 32 * 9},
        **{"conv4": 8 * 8 * 64 * 64 * 9, "conv5": 8 * 8 * 96 * 64 * 9, "conv6": 4 * 4 * 128 * 96 * 9},
        "fc7": 4 * 4 * 128 * 256,
    }
    assert counted == by_hand


def test_alexnet_multiplies_as_often_as_is_known_of_it() -> None:
    million = sum(macs(CaffeNet()).values()) / 1e6
    assert 715 < million < 725  # 724 with the classifier's 4


def test_frozen_layers_cost_nothing_where_they_are_kept_and_a_forward_pass_where_images_change() -> None:
    stages = list(macs(SmallCNN()).values())
    frozen = replace(RUN, init=FirstLayers(Weights(RUN), 3))
    assert RUN.macs() == 40 * 3 * sum(stages)
    assert frozen.macs() == 40 * 3 * sum(stages[3:])
    assert replace(frozen, augmentation=Flip()).macs() == 40 * (sum(stages[:3]) + 3 * sum(stages[3:]))
    assert replace(RUN, init=FirstLayers(Weights(RUN), 3, freeze=False)).macs() == RUN.macs()
    assert replace(RUN, init=RandomLayers(3)).macs() == frozen.macs()


def test_a_larger_network_is_estimated_to_cost_more_per_image() -> None:
    rates = Rates("laptop")
    rates.learn(RUN, 30.0)
    small = replace(RUN, init=FirstLayers(Weights(RUN), 6))  # computes next to nothing, and takes its time all the same
    rates.learn(small, 3.0)
    large = replace(RUN, backbone=CaffeNet())
    assert rates.of(large) == large.macs() * 33.0 / (RUN.macs() + small.macs())


def test_a_network_of_timm_is_counted_although_it_is_compared_with_its_model_by_content() -> None:
    assert sum(macs(TimmBackbone("resnet18", 32)).values()) == pytest.approx(37e6, rel=0.1), "1.8 G at 224 pixels"
