"""The layers of a head, and the digit network with BatchNorm."""

from __future__ import annotations

import torch
from torch import nn

from mtl_bench.models.digits import DigitCNN, DigitCNNBatchNorm
from mtl_bench.models.heads import first_layer, layers_of
from mtl_bench.models.network import Network
from tests.models.backbones import images


def test_the_layers_of_a_head_are_its_activations_and_then_its_logits() -> None:
    head, features = DigitCNN().head(768, 10), torch.randn(5, 768)
    layers = layers_of(head, features)
    assert [tuple(layer.shape) for layer in layers] == [(5, 100), (5, 100), (5, 10)]
    assert torch.equal(layers[-1], head(features))
    assert all(bool((layer >= 0).all()) for layer in layers[:2])
    assert bool((layers[-1] < 0).any())


def test_the_first_layer_is_what_comes_before_the_second() -> None:
    head, features = DigitCNN().head(768, 10), torch.randn(5, 768)
    assert torch.equal(first_layer(head)(features), layers_of(head, features)[0])
    linear = nn.Linear(6, 3)
    assert len(first_layer(linear)) == 0
    assert torch.equal(first_layer(linear)(features), features)


def test_a_linear_head_and_one_that_starts_otherwise() -> None:
    linear, features = nn.Linear(6, 3), torch.randn(4, 6)
    (logits,) = layers_of(linear, features)
    assert torch.equal(logits, linear(features))
    (logits,) = layers_of(nn.Sequential(nn.ReLU(), linear), features)
    assert torch.equal(logits, linear(features.relu()))


def test_dropout_belongs_to_the_layer_it_thins() -> None:
    head = nn.Sequential(nn.Linear(6, 50), nn.ReLU(), nn.Dropout(0.5), nn.Linear(50, 3))
    hidden, _ = layers_of(head, torch.randn(4, 6))
    assert 0.5 < float((hidden == 0).float().mean()) < 1


def test_the_network_with_batch_norm_has_the_plain_ones_features_normalised() -> None:
    plain, normalised = (Network(backbone, ("a", "b")) for backbone in (DigitCNN(), DigitCNNBatchNorm()))
    assert plain.width == normalised.width == 768
    assert plain.layers == normalised.layers
    norms = [module for module in normalised.modules() if isinstance(module, nn.BatchNorm2d)]
    assert [norm.num_features for norm in norms] == [32, 48]
    before = [norm.running_mean.clone() for norm in norms if norm.running_mean is not None]
    normalised({"a": images(8, 0, (3, 28, 28)), "b": images(8, 1, (3, 28, 28), 60)})
    after = [norm.running_mean for norm in norms if norm.running_mean is not None]
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
