"""The recipe of CMD's authors: Adagrad by its own equation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from mtl_bench.models.network import Network
from mtl_bench.training.adagrad_recipe import AdagradRecipe
from tests.models.backbones import TinyCNN


def test_steps_are_those_of_the_paper_of_adagrad() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(3, 2)
    optimizer = AdagradRecipe(steps=5).optimizer_for(layer)
    values = {name: p.detach().numpy().astype(float).copy() for name, p in layer.named_parameters()}
    sums = {name: np.zeros_like(value) for name, value in values.items()}
    for step in range(5):
        optimizer.zero_grad()
        (layer(torch.randn(4, 3)) ** 2 + step).sum().backward()
        for name, p in layer.named_parameters():
            gradient = p.grad.numpy().astype(float)  # type: ignore[union-attr]
            sums[name] += gradient**2
            values[name] -= 0.01 * gradient / (np.sqrt(sums[name]) + 1e-8)
        optimizer.step()
    for name, p in layer.named_parameters():
        np.testing.assert_allclose(p.detach().numpy(), values[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("progress", [0.0, 0.5, 1.0])
def test_no_schedule_touches_its_rate(progress: float) -> None:
    assert AdagradRecipe(steps=5).rate(progress) == 1


def test_frozen_parameters_are_left_out_and_the_rest_is_there_once() -> None:
    net = Network(TinyCNN(), ("a",))
    net.freeze(1)
    head = nn.Linear(24, 3)
    optimizer = AdagradRecipe(steps=1).optimizer_for(net, head)
    listed = [id(p) for group in optimizer.param_groups for p in group["params"]]
    wanted = [id(p) for p in (*net.stages["second"].parameters(), *head.parameters())]
    assert sorted(listed) == sorted(wanted)
