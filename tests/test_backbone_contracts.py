"""What every backbone must do. They are found by walking the folder: a new file is tested without being named here."""

from __future__ import annotations

from dataclasses import MISSING, fields
from math import prod
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import mtl_bench.models
from mtl_bench.core.trial import describe
from mtl_bench.models.network import Backbone, Network
from mtl_bench.training.seeding import seed_everything
from tests.discovery import dataclasses_with

DOMAINS = ("source", "target")
CLASSES = 4
BACKBONES = [
    cls
    for cls in dataclasses_with(mtl_bench.models, "stages", "head")
    if all(f.default is not MISSING or f.default_factory is not MISSING for f in fields(cls))  # others: tests/models
]
LARGE = 20_000  # values of an input: networks for photographs take seconds


def marked(backbone: type[Any]) -> Any:
    large = prod(backbone().input_shape) > LARGE
    return pytest.param(backbone, marks=pytest.mark.slow if large else (), id=backbone.__name__)


every_backbone = pytest.mark.parametrize("backbone", [marked(cls) for cls in BACKBONES])


def built(backbone: type[Any], seed: int = 0) -> tuple[Network, nn.Module]:
    """A network in evaluation mode, and a head on it."""
    seed_everything(seed, "weights")
    net = Network(backbone(), DOMAINS)
    return net.eval(), net.head(CLASSES).eval()


def inputs(shape: tuple[int, ...], count: int = 3) -> Tensor:
    """Random rows of the modality that the shape stands for: pixels (C, H, W), features (d,) or tokens ()."""
    draw = torch.Generator().manual_seed(1)
    if len(shape) == 3:
        return torch.randint(0, 256, (count, *shape), generator=draw).to(torch.uint8)
    if len(shape) == 1:
        return torch.randn(count, *shape, generator=draw)
    return torch.randint(1, 50, (count, 9), generator=draw)


def logits(net: Network, head: nn.Module, x: Tensor) -> Tensor:
    found: Tensor = head(net({"source": x})["source"][net.layers[-1]].flatten(1))
    return found


def test_the_walk_finds_what_is_known_to_be_there() -> None:
    assert {"DigitCNN", "SmallCNN"} <= {cls.__name__ for cls in BACKBONES}


@every_backbone
def test_a_backbone_is_a_frozen_value(backbone: type[Any]) -> None:
    value: Backbone = backbone()
    assert backbone.__dataclass_params__.frozen
    assert value == backbone()
    assert hash(value) == hash(backbone())
    assert describe(value)["class"] == backbone.__name__
    assert backbone.__doc__
    assert not backbone.__doc__.startswith(f"{backbone.__name__}(")


@pytest.mark.slow
@every_backbone
def test_stages_lead_from_inputs_to_features_and_the_head_to_classes(backbone: type[Any]) -> None:
    net, head = built(backbone)
    x = inputs(net.input_shape, 2)
    with torch.no_grad():
        layers = net({"source": x})["source"]
        assert tuple(layers) == net.layers == tuple(backbone().stages())
        assert layers[net.layers[-1]].flatten(1).shape == (2, net.width)
        found = logits(net, head, x)
    assert found.shape == (2, CLASSES)
    assert torch.isfinite(found).all()


@pytest.mark.slow
@every_backbone
def test_the_seed_decides_the_weights(backbone: type[Any]) -> None:
    """A pre-trained backbone starts at its published weights; its head is drawn all the same."""
    (net, head), (again, its_head), (_, other_head) = built(backbone), built(backbone), built(backbone, seed=1)
    assert net.state_dict().keys() == again.state_dict().keys()
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in net.state_dict().items())
    assert all(torch.equal(value, its_head.state_dict()[name]) for name, value in head.state_dict().items())
    assert any(not torch.equal(value, other_head.state_dict()[name]) for name, value in head.state_dict().items())


@pytest.mark.slow
@every_backbone
def test_a_row_is_predicted_as_among_others(backbone: type[Any]) -> None:
    net, head = built(backbone)
    x = inputs(net.input_shape)
    with torch.no_grad():
        together = logits(net, head, x)
        alone = torch.cat([logits(net, head, x[i : i + 1]) for i in range(len(x))])
    torch.testing.assert_close(alone, together, rtol=1e-3, atol=1e-4)
    assert not torch.allclose(together[0], together[1])  # and it looks at the row


@pytest.mark.slow
@every_backbone
def test_every_weight_gets_a_gradient(backbone: type[Any]) -> None:
    net, head = built(backbone)
    x = inputs(net.input_shape, 4)
    named = [*net.named_parameters(), *head.named_parameters()]
    with torch.no_grad():  # a branch whose last weights start at 0 hands no gradient down
        for _, p in named:
            if not p.any():
                p.normal_(std=0.01)
    nn.functional.cross_entropy(logits(net, head, x), torch.arange(4)).backward()
    assert [name for name, p in named if p.requires_grad and (p.grad is None or not p.grad.any())] == []
