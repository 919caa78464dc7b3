"""DANN of one layer: a step is the update that the authors' Algorithm 1 writes out, review by review."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from mtl_bench.methods.deep.dann_of_one_layer import DANNOfOneLayer, DANNOfOneLayerLearner
from mtl_bench.models.network import Network
from mtl_bench.models.one_hidden_layer import OneHiddenLayer
from mtl_bench.training.learner import Batch
from mtl_bench.training.recipe import Recipe

Array = np.ndarray[Any, Any]
RATE = 0.05
RECIPE = Recipe(steps=1, learning_rate=RATE, schedule="constant", momentum=0.0)


def learner(weight: float) -> DANNOfOneLayerLearner:
    torch.manual_seed(0)
    built = DANNOfOneLayer(weight).build(Network(OneHiddenLayer(7, 4), ("source", "target")), 2)
    assert isinstance(built, DANNOfOneLayerLearner)
    nn.init.normal_(built.domain_classifier.weight)
    nn.init.normal_(built.domain_classifier.bias)
    return built.double()


def sigmoid(x: Array) -> Array:
    found: Array = 1 / (1 + np.exp(-x))
    return found


@pytest.mark.parametrize("weight", [0.0, 0.1, 1.0])
def test_a_step_of_one_review_of_each_domain_is_that_of_algorithm_1(weight: float) -> None:
    model = learner(weight)
    x, other = torch.randn(1, 7).double(), torch.randn(1, 7).double()
    batches = {"source": Batch(x.float(), torch.tensor([1])), "target": Batch(other.float(), None, target=True)}
    layer: nn.Linear = model.net.stages["hidden"][0]  # type: ignore[index]
    top, domain = model.classifier, model.domain_classifier
    assert isinstance(top, nn.Linear) and isinstance(domain, nn.Linear)
    hidden, b, output_weights, c = (p.detach().numpy().copy() for p in (layer.weight, layer.bias, top.weight, top.bias))
    # The authors' u tells the source by a 1; the domain classifier here tells the target by one.
    u, d = -domain.weight.detach().numpy()[0].copy(), -float(domain.bias.detach())
    xs, xt = (batches[name].inputs.double().numpy()[0] for name in ("source", "target"))
    hs, ht = sigmoid(hidden @ xs + b), sigmoid(hidden @ xt + b)
    output = np.exp(output_weights @ hs + c) / np.exp(output_weights @ hs + c).sum()
    delta_c = output - np.array([0.0, 1.0])
    delta_b = output_weights.T @ delta_c * hs * (1 - hs)
    delta_d = weight * (1 - sigmoid(u @ hs + d))
    of_source = delta_d * u * hs * (1 - hs)
    delta_u = delta_d * hs
    falsely = weight * sigmoid(u @ ht + d)
    of_target = -falsely * u * ht * (1 - ht)
    expected = {
        "hidden": hidden - RATE * (np.outer(delta_b + of_source, xs) + np.outer(of_target, xt)),
        "b": b - RATE * (delta_b + of_source + of_target),
        "top": output_weights - RATE * np.outer(delta_c, hs),
        "c": c - RATE * delta_c,
        "u": u + RATE * (delta_u - falsely * ht),
        "d": d + RATE * (delta_d - falsely),
    }
    model.float()
    model.step(batches, model.optimizers(RECIPE), 0.0)
    found = {"hidden": layer.weight, "b": layer.bias, "top": top.weight, "c": top.bias, "u": -domain.weight[0]}
    for name, value in found.items():
        np.testing.assert_allclose(value.detach().numpy(), expected[name], atol=1e-6, err_msg=name)
    assert -float(domain.bias.detach()) == pytest.approx(expected["d"], abs=1e-6)


def test_the_domain_classifier_starts_at_zero_and_learns_before_features_hear_of_it() -> None:
    torch.manual_seed(0)
    model = DANNOfOneLayer().build(Network(OneHiddenLayer(7, 4), ("source", "target")), 2)
    assert isinstance(model, DANNOfOneLayerLearner)
    batches = {
        "source": Batch(torch.randn(6, 7), torch.tensor([0, 1] * 3)),
        "target": Batch(torch.randn(6, 7) + 1, None, target=True),
    }
    model.losses(batches, 0.0)["domain"].backward()
    layer: nn.Linear = model.net.stages["hidden"][0]  # type: ignore[index]
    assert layer.weight.grad is not None and not layer.weight.grad.any()
    assert model.domain_classifier.weight.grad is not None and bool(model.domain_classifier.weight.grad.all())


def test_domains_of_differing_sizes_count_alike() -> None:
    model = learner(1.0).float()
    batches = {
        "source": Batch(torch.randn(6, 7), torch.tensor([0, 1] * 3)),
        "target": Batch(torch.randn(2, 7), None, target=True),
    }
    with torch.no_grad():
        found = float(model.losses(batches, 0.3)["domain"])
        logits = {name: model.domain_classifier(f) for name, f in model.features(batches).items()}
        expected = (
            -torch.log(torch.sigmoid(-logits["source"])).mean() - torch.log(torch.sigmoid(logits["target"])).mean()
        )
    assert found == pytest.approx(float(expected), rel=1e-5)
