"""Fixup-ResNet-50: torchvision's ResNet-50 without its BatchNorm, started as the Fixup paper says."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.models.fixup_resnet50 import FixupBlock, FixupResNet50, ScalarBias, ScalarMultiplier
from mtl_bench.models.network import Network
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import images

SCALARS = 16 * 7 + 2  # of a block: six biases and a multiplier; a bias after the first convolution, one before fc
SIDE = 64  # pixels: means over places fit images of any size


@pytest.fixture(scope="module")
def net() -> Network:
    torch.manual_seed(0)
    return Network(FixupResNet50(SIDE), ("images",)).eval()


@pytest.fixture(scope="module")
def torchvisions() -> nn.Module:
    """ResNet-50 with nothing in place of BatchNorm."""
    from torchvision.models import resnet50

    made: nn.Module = resnet50(norm_layer=lambda width: nn.Identity())
    return made


def blocks(net: nn.Module) -> list[FixupBlock]:
    return [module for module in net.modules() if isinstance(module, FixupBlock)]


def convolutions(net: nn.Module) -> list[nn.Conv2d]:
    return [module for module in net.modules() if isinstance(module, nn.Conv2d)]


def projections(block: FixupBlock) -> list[nn.Conv2d]:
    """The shortcut's convolution, where it has one."""
    return [] if block.shortcut is None else convolutions(block.shortcut)


def features(net: Network, x: Tensor) -> dict[str, Tensor]:
    with torch.no_grad():
        found: dict[str, Tensor] = net({"images": x})["images"]
    return found


@pytest.mark.slow
def test_it_has_torchvisions_weights_and_single_numbers_beside_them(net: Network, torchvisions: nn.Module) -> None:
    theirs = sum(p.numel() for p in torchvisions.parameters())
    ours = sum(p.numel() for part in (net, net.head(1000)) for p in part.parameters())
    assert ours == theirs + SCALARS == 25_504_026
    assert sum(isinstance(module, ScalarBias | ScalarMultiplier) for module in net.modules()) == SCALARS
    assert not [module for module in net.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]


def test_at_the_start_each_block_is_its_shortcut(net: Network) -> None:
    assert len(blocks(net)) == 16
    for block in blocks(net):
        width = convolutions(block)[0].in_channels
        x = torch.randn(2, width, 8, 8)
        shortcut = x
        for one in projections(block):
            shortcut = F.conv2d(x, one.weight, stride=one.stride)
        torch.testing.assert_close(block(x), shortcut.relu())
    assert [len(projections(block)) for block in blocks(net)] == [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0]


def test_weights_of_branches_start_at_half_of_hes(net: Network) -> None:
    """L = 16 blocks of m = 3 layers: 16^(-1/4) = 1/2; shortcuts are He's, the last of a branch is 0."""
    for block in blocks(net):
        first, second, last = convolutions(block.branch)
        for layer, scale in [(first, 0.5), (second, 0.5), *((one, 1.0) for one in projections(block))]:
            going_out = layer.out_channels * layer.kernel_size[0] ** 2
            weight = layer.weight.detach()
            assert float(weight.std()) == pytest.approx(scale * sqrt(2 / going_out), rel=0.05)
            assert float((weight.abs() > 2 * weight.std()).float().mean()) == pytest.approx(0.0455, abs=0.01), "normal"
        assert not last.weight.any()


def test_single_numbers_start_as_nothing_and_the_classifier_does_not(net: Network) -> None:
    for module in net.modules():
        if isinstance(module, ScalarBias | ScalarMultiplier):
            assert module.value.tolist() == [float(isinstance(module, ScalarMultiplier))]
    head = net.head(5)
    assert isinstance(head, nn.Linear) and float(head.weight.detach().std()) > 0.01


@pytest.mark.slow
def test_features_are_torchvisions_with_its_weights(torchvisions: nn.Module) -> None:
    """With its random weights, none of which is 0: a wrong stride, order or shortcut shows."""
    ours = Network(FixupResNet50(SIDE), ("images",)).eval()
    x = images(2, 0, (3, SIDE, SIDE))
    with torch.no_grad():
        for mine, theirs in zip(convolutions(ours), convolutions(torchvisions), strict=True):
            mine.weight.copy_(theirs.weight)
        expected = nn.Sequential(*list(torchvisions.children())[:-1])(ours.prepared(x)).flatten(1)
    found = features(ours, x)["layer4"]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


def sides(block: FixupBlock) -> list[tuple[nn.Conv2d, int]]:
    """The convolutions with the sides of their squares."""
    return [(layer, layer.kernel_size[0]) for layer in convolutions(block)]


def test_single_numbers_are_where_the_paper_has_them() -> None:
    """Before each convolution and each activation, a multiplier after the last; a 1 × 1 image can be done by hand."""
    torch.manual_seed(0)
    block, x = FixupBlock(8, 4), torch.randn(2, 8, 1, 1)
    draw = torch.Generator().manual_seed(1)
    numbers = [module for module in block.modules() if isinstance(module, ScalarBias | ScalarMultiplier)]
    with torch.no_grad():
        for module in numbers:
            module.value.copy_(torch.randn(1, generator=draw))
        nn.init.normal_(convolutions(block.branch)[2].weight, generator=draw)
    bias1a, bias1b, bias2a, bias2b, bias3a, scale, bias3b = (module.value for module in numbers)
    one, two, three, shortcut = (layer.weight[:, :, side // 2, side // 2] for layer, side in sides(block))
    inner = x[:, :, 0, 0]
    first = ((inner + bias1a) @ one.T + bias1b).relu()
    second = ((first + bias2a) @ two.T + bias2b).relu()
    expected = ((inner + bias1a) @ shortcut.T + ((second + bias3a) @ three.T) * scale + bias3b).relu()
    torch.testing.assert_close(block(x)[:, :, 0, 0], expected)


def test_stages_halve_the_image_as_in_resnet_50_and_end_in_means(net: Network) -> None:
    shapes = {name: tuple(x.shape[1:]) for name, x in features(net, images(2, 0, (3, SIDE, SIDE))).items()}
    assert shapes == {
        "conv1": (64, 16, 16),
        "layer1": (256, 16, 16),
        "layer2": (512, 8, 8),
        "layer3": (1024, 4, 4),
        "layer4": (2048,),
    }
    assert FixupResNet50().input_shape == (3, 224, 224)


def test_single_numbers_learn_at_a_tenth_of_the_rate(net: Network) -> None:
    optimizer = Recipe(steps=1, learning_rate=0.1).optimizer_for(net, net.head(3))
    sizes: dict[float, list[int]] = {}
    for group in optimizer.param_groups:
        sizes.setdefault(round(group["lr"], 9), []).extend(p.numel() for p in group["params"])
    assert sizes.keys() == {0.1, 0.01}
    assert sizes[0.01] == [1] * SCALARS
    assert len(sizes[0.1]) == 53 + 2


def test_a_branch_that_starts_at_zero_learns() -> None:
    torch.manual_seed(0)
    block = FixupBlock(8, 4)
    optimizer = Recipe(steps=1, learning_rate=0.1).optimizer_for(block)
    before = [c.weight.clone() for c in convolutions(block.branch)]
    for _ in range(2):  # the last convolution at the first step, what is before it at the second
        optimizer.zero_grad()
        block(torch.randn(4, 8, 6, 6)).square().mean().backward()
        optimizer.step()
    assert all(not torch.equal(c.weight, old) for c, old in zip(convolutions(block.branch), before, strict=True))
