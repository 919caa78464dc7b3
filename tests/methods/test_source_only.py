"""The baseline sees no target at all."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.network import Network
from tests.models.backbones import TinyCNN, batches


def test_the_loss_is_the_cross_entropy_of_the_sources() -> None:
    torch.manual_seed(0)
    learner = SourceOnly().build(Network(TinyCNN("separate"), ("a", "b", "target")), 3).eval()
    given = batches("a", "b")
    labels = [given[d].labels for d in ("a", "b")]
    scores = torch.cat([learner.predict(given[d].inputs, d) for d in ("a", "b")])
    expected = F.cross_entropy(scores, torch.cat([x for x in labels if x is not None]))
    assert set(learner.losses(given, 0.0)) == {"classification"}
    torch.testing.assert_close(learner.losses(given, 0.0)["classification"], expected)


def test_target_images_reach_neither_weights_nor_running_averages() -> None:
    """With batch statistics of all domains together, a baseline would adapt through them."""
    finals = []
    for given in (batches("a"), batches("a", target=None)):
        torch.manual_seed(0)
        learner = SourceOnly().build(Network(TinyCNN("together"), ("a", "target")), 3).train()
        learner.losses(given, 0.0)["classification"].backward()
        finals.append([*learner.buffers(), *(p.grad for p in learner.parameters())])
    assert all(x is not None and y is not None and torch.equal(x, y) for x, y in zip(*finals, strict=True))
