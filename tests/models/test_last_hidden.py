"""A head cut before its logits is the same head, and shares its weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mtl_bench.models.heads import layers_of
from mtl_bench.models.last_hidden import below_and_above

HEADS = {
    "two hidden layers": nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)),
    "linear": nn.Linear(5, 3),
    "with dropout": nn.Sequential(nn.Dropout(0.5), nn.Linear(5, 3)),
}


@pytest.mark.parametrize("name", HEADS)
def test_the_parts_together_are_the_head(name: str) -> None:
    head, features = HEADS[name].eval(), torch.randn(7, 5)
    below, above = below_and_above(head)
    assert torch.equal(above.eval()(below.eval()(features)), head(features))
    assert {id(p) for part in (below, above) for p in part.parameters()} == {id(p) for p in head.parameters()}
    assert sum(isinstance(module, nn.Linear) for module in above) == 1


def test_what_the_last_layer_reads_is_the_last_hidden_layer_after_its_activation() -> None:
    head, features = HEADS["two hidden layers"], torch.randn(7, 5)
    below, _ = below_and_above(head)
    assert torch.equal(below(features), layers_of(head, features)[-2])
    for name in ("linear", "with dropout"):  # dropout belongs to what reads the layer
        assert torch.equal(below_and_above(HEADS[name].train())[0](features), features)
