"""The network for reviews: how its weights are drawn, and that domains pass it one by one as they do together."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from torch import nn

from mtl_bench.models.network import Network
from mtl_bench.models.one_hidden_layer import OneHiddenLayer


def hidden(backbone: OneHiddenLayer) -> nn.Linear:
    layer = backbone.stages()["hidden"][0]  # type: ignore[index]
    assert isinstance(layer, nn.Linear)
    return layer


@pytest.mark.parametrize(("drawn_as_for", "inputs"), [(None, 400), (3000, 3000)])
def test_weights_are_uniform_up_to_the_bound_of_danns_code(drawn_as_for: int | None, inputs: int) -> None:
    torch.manual_seed(0)
    layer = hidden(OneHiddenLayer(400, 50, drawn_as_for))
    bound = sqrt(6 / (inputs + 50))
    assert 0.99 * bound < float(layer.weight.detach().abs().max()) <= bound
    assert float(layer.weight.detach().std()) == pytest.approx(bound / sqrt(3), rel=0.02)
    assert not layer.bias.any()


def test_features_are_sigmoids_and_the_head_is_linear() -> None:
    torch.manual_seed(0)
    net = Network(OneHiddenLayer(6, 3), ("a", "b"))
    x, y = torch.randn(5, 6), torch.randn(4, 6)
    layer = net.stages["hidden"][0]  # type: ignore[index]
    found = net({"a": x, "b": y})
    for name, inputs in (("a", x), ("b", y)):
        torch.testing.assert_close(found[name]["hidden"], torch.sigmoid(inputs @ layer.weight.T + layer.bias))
    assert isinstance(net.head(2), nn.Linear)
