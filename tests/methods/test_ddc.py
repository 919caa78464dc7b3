"""What makes DDC DDC: the distance of the domains' means at the last hidden layer, and nothing of later moments."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from mtl_bench.methods.deep.ddc import DDC
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Learner
from tests.models.backbones import TinyCNN, batches

SHAPE = DigitCNN.input_shape


def learner(method: DDC | None = None) -> Learner:
    torch.manual_seed(0)
    return (method or DDC()).build(Network(DigitCNN(), ("a", "b", "target")), 3)


def test_the_terms_by_hand() -> None:
    model, given = learner(DDC(weight=0.5)), batches("a", "b", shape=SHAPE)
    features = model.features(given)
    hidden = {d: model.classifier[:4](f).detach().double().numpy() for d, f in features.items()}  # type: ignore[index]
    means = np.concatenate([hidden["a"], hidden["b"]]).mean(0), hidden["target"].mean(0)
    losses = model.losses(given, 0.5)
    assert float(losses["discrepancy"].detach()) == pytest.approx(0.5 * np.sum((means[0] - means[1]) ** 2), rel=1e-4)
    torch.testing.assert_close(losses["classification"], model.classification(features, given))
    assert DDC().weight == 0.25


def test_only_layers_up_to_the_last_hidden_one_feel_it() -> None:
    model = learner()
    model.losses(batches("a", shape=SHAPE), 0.5)["discrepancy"].backward()
    linear = [module for module in model.classifier.children() if isinstance(module, nn.Linear)]
    assert [module.weight.grad is not None for module in linear] == [True, True, False]


def test_without_a_hidden_layer_it_is_that_of_the_features() -> None:
    model, given = DDC().build(Network(TinyCNN(), ("a", "target")), 3).eval(), batches("a")
    features = model.features(given)
    expected = 0.25 * (features["a"].mean(0) - features["target"].mean(0)).square().sum()
    torch.testing.assert_close(model.losses(given, 0.0)["discrepancy"], expected)


def test_without_a_target_it_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="without a target use SourceOnly"):
        learner().losses(batches("a", target=None, shape=SHAPE), 0.5)
