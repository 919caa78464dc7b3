"""What makes StageMMD what it says: each named stage, and no other, has its discrepancy."""

from __future__ import annotations

import pytest
import torch

from mtl_bench.measures.mmd import squared_mmd
from mtl_bench.methods.deep.dan import DAN
from mtl_bench.methods.deep.stage_mmd import StageMMD
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Learner
from tests.models.backbones import TinyCNN, batches


def learner(method: StageMMD | DAN) -> Learner:
    torch.manual_seed(0)
    return method.build(Network(TinyCNN(), ("a", "target")), 3)


def test_with_the_last_stage_and_the_logits_it_is_dan() -> None:
    given = batches("a")
    ours = learner(StageMMD(("second", "logits"), weight=0.5)).losses(given, 0.5)
    dans = learner(DAN(weight=0.5, layers="features and head")).losses(given, 0.5)
    for mine, theirs in zip(ours.values(), dans.values(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_a_lower_stage_is_compared_by_its_whole_output_and_moves_nothing_above_it() -> None:
    model, given = learner(StageMMD(("first",), weight=2.0)), batches("a")
    loss = model.losses(given, 0.5)["discrepancy of first"]
    outputs = model.net({name: batch.inputs for name, batch in given.items()})
    expected = 2.0 * squared_mmd(outputs["a"]["first"].flatten(1), outputs["target"]["first"].flatten(1))
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert any(weight.grad is not None for weight in model.net.stages["first"].parameters())
    assert all(weight.grad is None for weight in model.net.stages["second"].parameters())


def test_stages_that_are_not_there_or_named_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="the network has no stage third to align; it has first, second, logits"):
        learner(StageMMD(("third",)))
    with pytest.raises(ValueError, match=r"StageMMD aligns each stage once, not \['first', 'first'\]"):
        StageMMD(("first", "first"))
