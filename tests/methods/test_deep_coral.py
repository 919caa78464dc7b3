"""What makes Deep CORAL Deep CORAL: the covariances of the logits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mtl_bench.methods.deep.deep_coral import DeepCORAL
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Learner
from tests.models.backbones import TinyCNN, batches


def learner(method: DeepCORAL | None = None) -> Learner:
    torch.manual_seed(0)
    return (method or DeepCORAL()).build(Network(TinyCNN("separate"), ("a", "b", "target")), 3)


def test_the_loss_is_that_of_the_logits_of_all_sources_and_the_target() -> None:
    model, given = learner(DeepCORAL(weight=7.0)), batches("a", "b")
    logits = {domain: model.predict(batch.inputs, domain).detach().double().numpy() for domain, batch in given.items()}
    source, target = np.concatenate([logits["a"], logits["b"]]), logits["target"]
    difference = np.cov(source, rowvar=False) - np.cov(target, rowvar=False)
    found = model.losses(given, 0.5)["correlation"].detach()
    assert float(found) == pytest.approx(7 * np.sum(difference**2) / (4 * 3**2), rel=1e-3)


def test_the_classifiers_bias_is_free() -> None:
    """Covariances do not see it, so alignment alone leaves it where the labels put it."""
    model = learner()
    model.losses(batches("a"), 0.5)["correlation"].backward()
    weight, bias = (p.grad for p in model.classifier.parameters())
    assert weight is not None
    assert bias is not None
    assert bool(weight.any())
    assert float(bias.abs().max()) < 1e-6
