"""What makes Deep CORAL Deep CORAL: the covariances of the logits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mtl_bench.methods.deep.deep_coral import DeepCORAL, DeepCORALLearner
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Learner
from mtl_bench.training.recipe import Recipe
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


def test_the_balance_moves_the_weight_towards_where_both_losses_are_equal() -> None:
    """By at most 1 % a step: down while classification is the larger loss, up while CORAL is."""
    model, given = learner(), batches("a", "b")
    assert isinstance(model, DeepCORALLearner)
    assert float(model.weight) == 1
    optimizers = model.optimizers(Recipe(steps=1, learning_rate=1e-9))
    for scale, upwards in ((1.0, False), (100.0, True)):
        with torch.no_grad():
            model.classifier.get_parameter("weight").mul_(scale)
        before = float(model.weight)
        losses = model.step(given, optimizers, 0.5)
        classification, correlation = float(losses["classification"]), float(losses["correlation"]) / before
        assert (correlation > classification) is upwards
        drive = (correlation - classification) / (correlation + classification)
        assert float(model.weight) == pytest.approx(before * np.exp(0.01 * drive), rel=1e-5)


def test_a_number_is_a_constant_weight() -> None:
    model = learner(DeepCORAL(weight=0.5))
    assert isinstance(model, DeepCORALLearner)
    model.step(batches("a"), model.optimizers(Recipe(steps=1)), 0.5)
    assert float(model.weight) == 0.5
