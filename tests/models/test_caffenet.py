"""CaffeNet against the numbers of the authors' prototxt, each layer by an independent computation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.models.caffenet import CaffeNet, across_channels
from mtl_bench.models.heads import layers_of
from mtl_bench.models.network import Network
from tests.models.backbones import images

LAYERS = {  # the shape of the weights, their deviation and the bias at the start
    "conv1": ((96, 3, 11, 11), 0.01, 0),
    "conv2": ((256, 48, 5, 5), 0.01, 1),
    "conv3": ((384, 256, 3, 3), 0.01, 0),
    "conv4": ((384, 192, 3, 3), 0.01, 1),
    "conv5": ((256, 192, 3, 3), 0.01, 1),
    "fc6": ((4096, 9216), 0.005, 1),
    "fc7": ((4096, 4096), 0.005, 1),
    "fc8": ((1000, 4096), 0.01, 0),
}
MEAN = torch.tensor([0.48, 0.46, 0.41]).view(3, 1, 1)


@pytest.fixture(scope="module")
def made() -> tuple[Network, nn.Module]:
    """One network for all tests, 240 MB of weights, and its head, in evaluation mode."""
    torch.manual_seed(0)
    net = Network(CaffeNet(), ("imagenet",)).eval()
    net.normalise(MEAN, torch.ones(3, 1, 1))
    return net, net.head(1000).eval()


@pytest.fixture(scope="module")
def layers(made: tuple[Network, nn.Module]) -> dict[str, nn.Conv2d | nn.Linear]:
    """The layers with weights, by Caffe's names."""
    found = {name: [m for m in stage.modules() if isinstance(m, nn.Conv2d | nn.Linear)] for name, stage in parts(made)}
    assert all(len(of_stage) == 1 for of_stage in found.values())
    assert made[0].layers == tuple(LAYERS)[:-1]
    return {name: of_stage[0] for name, of_stage in found.items()}


def parts(made: tuple[Network, nn.Module]) -> list[tuple[str, nn.Module]]:
    net, head = made
    return [*net.stages.items(), ("fc8", head)]


def normalised(x: Tensor) -> Tensor:
    """Krizhevsky's formula, channel by channel."""
    found = torch.empty_like(x)
    for c in range(x.shape[1]):
        squares = x[:, max(0, c - 2) : c + 3].square().sum(1)
        found[:, c] = x[:, c] / (1 + 1e-4 / 5 * squares) ** 0.75
    return found


def pooled(x: Tensor) -> Tensor:
    return x.unfold(2, 3, 2).unfold(3, 3, 2).amax((4, 5))


@pytest.mark.slow
def test_it_has_caffes_number_of_weights(made: tuple[Network, nn.Module]) -> None:
    count = sum(p.numel() for _, stage in parts(made) for p in stage.parameters())
    assert count == 60_965_224


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYERS)
def test_weights_and_biases_start_as_in_the_prototxt(name: str, layers: dict[str, nn.Conv2d | nn.Linear]) -> None:
    shape, std, bias = LAYERS[name]
    weight = layers[name].weight.detach()
    assert tuple(weight.shape) == shape
    assert float(weight.std()) == pytest.approx(std, rel=0.02)
    assert abs(float(weight.mean())) < 5 * std / weight.numel() ** 0.5
    assert float((weight.abs() > 2 * std).float().mean()) == pytest.approx(0.0455, abs=0.005), "normal, not uniform"
    start = layers[name].bias
    assert start is not None and bool((start == bias).all())


def test_every_layer_gives_what_the_prototxt_says(
    made: tuple[Network, nn.Module], layers: dict[str, nn.Conv2d | nn.Linear]
) -> None:
    """In pixels of 0 to 255 less the mean, stage by stage: one wrong stride, pad, group or order shows."""
    (net, head), given = made, images(2, 0, (3, 227, 227))
    weights = {name: (layer.weight, layer.bias) for name, layer in layers.items()}
    with torch.no_grad():
        found = net({"imagenet": given})["imagenet"]
        x = F.conv2d(given.float() - 255 * MEAN, *weights["conv1"], stride=4).relu()
        assert x.shape[1:] == (96, 55, 55)
        expected = {"conv1": normalised(pooled(x))}
        expected["conv2"] = normalised(pooled(F.conv2d(found["conv1"], *weights["conv2"], padding=2, groups=2).relu()))
        expected["conv3"] = F.conv2d(found["conv2"], *weights["conv3"], padding=1).relu()
        expected["conv4"] = F.conv2d(found["conv3"], *weights["conv4"], padding=1, groups=2).relu()
        expected["conv5"] = pooled(F.conv2d(found["conv4"], *weights["conv5"], padding=1, groups=2).relu())
        expected["fc6"] = F.linear(found["conv5"].reshape(2, -1), *weights["fc6"]).relu()
        expected["fc7"] = F.linear(found["fc6"], *weights["fc7"]).relu()
        scores = head(found["fc7"])
        torch.testing.assert_close(scores, F.linear(found["fc7"], *weights["fc8"]))
    assert {name: tuple(x.shape[1:]) for name, x in found.items()} == {
        "conv1": (96, 27, 27),
        "conv2": (256, 13, 13),
        "conv3": (384, 13, 13),
        "conv4": (384, 13, 13),
        "conv5": (256, 6, 6),
        "fc6": (4096,),
        "fc7": (4096,),
    }
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-3 * float(value.std()), msg=name)
    assert net.width == 4096


def test_the_normalisation_is_krizhevskys_where_it_matters() -> None:
    """Values so large that the squares count, also at the first and last channels; in channels_last too."""
    x = 100 * torch.randn(2, 7, 3, 3)
    ours = nn.Sequential(*across_channels(3))
    torch.testing.assert_close(ours(x), normalised(x))
    torch.testing.assert_close(ours(x.contiguous(memory_format=torch.channels_last)), normalised(x))
    assert float((ours(x) / x).min()) < 0.8


def test_gradients_need_no_three_dimensional_pooling() -> None:
    """Its gradient is refused on GPUs, where every run demands deterministic algorithms."""
    pending, seen = [nn.Sequential(*across_channels(3))(torch.ones(1, 7, 3, 3, requires_grad=True)).grad_fn], set()
    while pending:
        node = pending.pop()
        seen.add(type(node).__name__)
        pending += [parent for parent, _ in node.next_functions if parent is not None]
    assert "AvgPool2DBackward0" in seen
    assert not [name for name in seen if "3D" in name]


@pytest.mark.parametrize(("frozen", "dropped"), [(0, (0.5, 0.5)), (5, (0.5, 0.5)), (6, (0.5, 0.5)), (7, (0, 0.5))])
def test_what_a_frozen_layer_gives_is_still_dropped(
    made: tuple[Network, nn.Module], layers: dict[str, nn.Conv2d | nn.Linear], frozen: int, dropped: tuple[float, float]
) -> None:
    """Half of the inputs of fc7 and fc8, as in Caffe, but that with all seven frozen the input of fc7 is whole."""
    (net, head), shares = made, list[float]()
    hooks = [
        layers[name].register_forward_pre_hook(lambda _, given: shares.append(float((given[0] == 0).float().mean())))
        for name in ("fc7", "fc8")
    ]
    net.freeze(frozen)
    try:
        for part in (net.train().stages["fc7"], head.train()):
            part(torch.ones(2, 4096))
    finally:
        for hook in hooks:
            hook.remove()
        net.freeze(0)
        net.requires_grad_(True)
        net.eval()
        head.eval()
    assert shares == pytest.approx(list(dropped), abs=0.05)


def test_the_layers_of_its_head_are_its_logits(made: tuple[Network, nn.Module]) -> None:
    features = torch.randn(3, 4096)
    (logits,) = layers_of(made[1], features)
    assert np.array_equal(logits.detach().numpy(), made[1](features).detach().numpy())
