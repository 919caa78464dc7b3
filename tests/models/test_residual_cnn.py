"""The residual network: its stages compute what its description says, and the twin has BatchNorm alone besides."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mtl_bench.models.network import Network
from mtl_bench.models.residual_cnn import ResidualBlock, ResidualCNN


def test_a_block_is_its_shortcut_and_a_scaled_branch() -> None:
    torch.manual_seed(0)
    block, x = ResidualBlock(4, 6, 0.3, normalised=False), torch.randn(2, 4, 8, 8)
    assert isinstance(block.shortcut, nn.Conv2d)
    first, second = (layer for layer in block.branch if isinstance(layer, nn.Conv2d))
    branch = F.conv2d(F.conv2d(x, first.weight, first.bias, padding=1).relu(), second.weight, second.bias, padding=1)
    expected = (F.conv2d(x, block.shortcut.weight) + 0.3 * branch).relu()
    torch.testing.assert_close(block(x), expected)
    same = ResidualBlock(4, 4, 0.3, normalised=False)
    nn.init.zeros_(same.get_parameter("branch.2.weight"))
    torch.testing.assert_close(same(x), x.relu())


def test_stages_halve_the_image_after_the_first_block_and_end_in_means() -> None:
    net = Network(ResidualCNN(), ("photographs",)).eval()
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = net({"photographs": images})["photographs"]
    assert {name: tuple(value.shape[1:]) for name, value in found.items()} == {
        "stem": (32, 32, 32),
        "block1": (32, 32, 32),
        "block2": (64, 16, 16),
        "block3": (128, 8, 8),
        "block4": (128,),
    }


@pytest.mark.parametrize("normalised", [False, True])
def test_only_the_twin_has_batch_norm(normalised: bool) -> None:
    modules = list(Network(ResidualCNN(normalised=normalised), ("photographs",)).modules())
    norms = sum(isinstance(module, nn.BatchNorm2d) for module in modules)
    convolutions = [module for module in modules if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3)]
    assert norms == (len(convolutions) if normalised else 0)
    assert all((layer.bias is None) == normalised for layer in convolutions)
    assert len(convolutions) == 9
