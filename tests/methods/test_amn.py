"""AMN's objective: its terms by hand, and a reversal that stops growing."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from mtl_bench.methods.deep.amn import AMN, AMNLearner
from mtl_bench.models.network import Network
from mtl_bench.training.seeding import seed_everything
from tests.models.backbones import TinyCNN, batches


def learner(method: AMN) -> AMNLearner:
    seed_everything(0, "weights")
    return AMNLearner(Network(TinyCNN(), ("a", "target")), 3, method).eval()


@pytest.mark.parametrize("progress", [0.0, 0.01, 0.5])
def test_terms_and_gradients_are_those_of_the_equations(progress: float) -> None:
    method, given = AMN(), batches("a")
    own = learner(method)
    found = own.losses(given, progress)
    sum(found.values(), torch.zeros(())).backward()
    gradients = {name: value.grad for name, value in own.named_parameters()}

    other = learner(method)
    features = other.features(given)
    answers = other.domain_classifier(torch.cat([features["a"], features["target"]])).squeeze(1)
    domain = F.binary_cross_entropy_with_logits(answers, torch.arange(12).ge(6).float())
    classification = F.cross_entropy(other.classifier(features["a"]), given["a"].labels)  # type: ignore[arg-type]
    heads = [*other.classifier.parameters(), *other.domain_classifier.parameters()]
    norm = 0.0025 * sum(float(one.detach().square().sum()) for one in heads)
    assert [float(found[name].detach()) for name in ("classification", "domain", "norm")] == pytest.approx(
        [float(classification.detach()), float(domain.detach()), norm], abs=1e-6
    )
    factor = min(2 / (1 + math.exp(-10 * progress)) - 1, 0.1)
    stages, top = list(other.net.parameters()), list(other.domain_classifier.parameters())
    of_class = torch.autograd.grad(classification, stages, retain_graph=True)
    of_domain = torch.autograd.grad(domain, stages, retain_graph=True)
    for (name, _), c, d in zip(other.net.named_parameters(), of_class, of_domain, strict=True):
        torch.testing.assert_close(gradients[f"net.{name}"], c - factor * d)
    for (name, value), d in zip(
        other.domain_classifier.named_parameters(), torch.autograd.grad(domain, top), strict=True
    ):
        torch.testing.assert_close(gradients[f"domain_classifier.{name}"], d + 0.005 * value.detach())
