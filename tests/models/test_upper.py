"""The layers above frozen ones, on activations, are the network on pixels; and the small network."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from mtl_bench.models.network import Backbone, Network
from mtl_bench.models.small_cnn import SmallCNN
from mtl_bench.models.upper import UpperNetwork, activations
from tests.models.backbones import TinyCNN, images

NARROW = SmallCNN((4, 4, 6, 6, 8, 8), hidden=12, size=8)
EVERY: list[tuple[Backbone, int]] = [(TinyCNN(), 1), (TinyCNN(), 2), *((NARROW, count) for count in range(1, 8))]
every_cut = pytest.mark.parametrize(("backbone", "count"), EVERY)


def network(backbone: Backbone, count: int) -> Network:
    """Frozen up to `count`, with running averages and a normalisation that are not the first ones."""
    torch.manual_seed(0)
    net = Network(backbone, ("photographs",))
    net.normalise(torch.full((3, 1, 1), 0.4), torch.full((3, 1, 1), 0.5))
    net({"photographs": images(30, 0)})
    net.freeze(count)
    return net


@every_cut
def test_on_activations_it_computes_what_the_whole_computes_on_pixels(backbone: Backbone, count: int) -> None:
    net, pixels = network(backbone, count), images(12, 1)
    upper = UpperNetwork(net, count)
    assert upper.layers == net.layers[count - 1 :]
    below = activations(net, count, pixels.numpy())
    assert below.dtype == np.float32 and len(below) == 12
    for mode in (False, True):  # the frozen layers' averages stand still, the others' are of the batch
        net.train(mode)
        expected = net({"photographs": pixels})["photographs"]
        upper.train(mode)
        found = upper({"photographs": torch.from_numpy(below)})["photographs"]
        assert found.keys() == set(upper.layers)
        for layer, value in found.items():
            torch.testing.assert_close(value, expected[layer], rtol=1e-5, atol=1e-5)


@every_cut
def test_gradients_are_those_of_the_whole_and_stop_at_the_frozen_layers(backbone: Backbone, count: int) -> None:
    net, pixels = network(backbone, count), images(12, 1)
    upper, last = UpperNetwork(net, count), net.layers[-1]
    torch.manual_seed(1)
    head = upper.head(3)
    below = torch.from_numpy(activations(net, count, pixels.numpy()))
    found = []
    for part, x in ((net, pixels), (upper, below)):
        for p in (*net.parameters(), *head.parameters()):
            p.grad = None
        logits = head(part({"photographs": x})["photographs"][last].flatten(1))
        nn.functional.cross_entropy(logits, torch.arange(12) % 3).backward()
        found.append([p.grad for p in (*net.parameters(), *head.parameters())])
    frozen = [p for layer in net.layers[:count] for p in net.stages[layer].parameters()]
    for parameter, whole, above in zip((*net.parameters(), *head.parameters()), *found, strict=True):
        if any(parameter is p for p in frozen):
            assert whole is None and above is None
        else:
            assert whole is not None and above is not None
            torch.testing.assert_close(above, whole, rtol=1e-4, atol=1e-5)


def test_it_shares_the_upper_stages_alone_and_these_alone_change_their_mode() -> None:
    net = network(TinyCNN(dropout=0.5), 1)
    upper = UpperNetwork(net, 1)
    assert {id(p) for p in upper.parameters()} == {id(p) for p in net.stages["second"].parameters()}
    for mode in (False, True):
        upper.train(mode)
        assert [net.stages[layer].training for layer in net.layers] == [False, mode]
        assert upper.training is mode


@pytest.mark.parametrize("size", [1, 5, 7])
def test_activations_do_not_depend_on_the_pieces(size: int) -> None:
    net, pixels = network(TinyCNN(), 2), images(7, 3).numpy()
    np.testing.assert_allclose(activations(net, 2, pixels, size), activations(net, 2, pixels), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", [True, False])
def test_activations_leave_the_network_as_it_was(mode: bool) -> None:
    """In training mode with nothing frozen, running averages would move and dropout would draw."""
    torch.manual_seed(0)
    net = Network(TinyCNN(dropout=0.5), ("photographs",)).train(mode)
    before, state = {name: value.clone() for name, value in net.state_dict().items()}, torch.get_rng_state()
    first = activations(net, 2, images(7, 3).numpy())
    assert np.array_equal(activations(net, 2, images(7, 3).numpy()), first)
    assert net.training is mode and net.stages["second"].training is mode
    assert torch.equal(torch.get_rng_state(), state)
    assert all(value.equal(before[name]) for name, value in net.state_dict().items())


def test_the_small_network_has_seven_layers_each_after_its_relu() -> None:
    net = Network(SmallCNN(), ("photographs",))
    found = net({"photographs": images(2, 0, (3, 32, 32))})["photographs"]
    assert {layer: tuple(value.shape[1:]) for layer, value in found.items()} == {
        **{"conv1": (24, 16, 16), "conv2": (32, 16, 16), "conv3": (64, 8, 8), "conv4": (64, 8, 8)},
        **{"conv5": (96, 4, 4), "conv6": (128, 4, 4), "fc7": (256,)},
    }
    assert all(float(value.detach().min()) >= 0 for value in found.values())
    assert net.width == 256
    for stage in net.stages.values():
        assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in stage.modules()) == 1


def test_the_small_network_pools_what_is_rectified() -> None:
    """The order of pooling and ReLU is for speed: it changes no value."""
    torch.manual_seed(0)
    stage = SmallCNN().stages()["conv1"]
    assert isinstance(stage, nn.Sequential)
    x = torch.randn(4, 3, 32, 32)
    assert torch.equal(stage(x), nn.functional.max_pool2d(stage[0](x).relu(), 2))


def test_the_small_networks_weights_are_scaled_for_relu() -> None:
    torch.manual_seed(0)
    for stage in SmallCNN().stages().values():
        layer = next(layer for layer in stage.modules() if isinstance(layer, nn.Conv2d | nn.Linear))
        weights = layer.weight.detach()
        expected = math.sqrt(2 / weights[0].numel())
        assert float(weights.std()) == pytest.approx(expected, rel=5 / math.sqrt(2 * weights.numel()))
        assert float(weights.mean()) == pytest.approx(0, abs=5 * expected / math.sqrt(weights.numel()))
        assert layer.bias is not None and not layer.bias.any()


@pytest.mark.parametrize("size", [8, 32, 64])
def test_the_small_network_takes_other_sizes(size: int) -> None:
    net = Network(SmallCNN(size=size), ("photographs",))
    assert net.input_shape == (3, size, size)
    assert net({"photographs": images(2, 0, (3, size, size))})["photographs"]["fc7"].shape == (2, 256)
