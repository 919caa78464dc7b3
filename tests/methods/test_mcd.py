"""What makes MCD MCD: three steps, each moving its own part, and the discrepancy of two classifiers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.methods.deep.mcd import MCD, MCDLearner
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import batches

SHAPE = DigitCNN.input_shape
PARTS = {"generator": ("net",), "classifiers": ("classifier", "second_classifier")}
GENTLE = Recipe(steps=1, learning_rate=0.01, momentum=0.0)


def learner(generator_steps: int = 3) -> MCDLearner:
    torch.manual_seed(0)
    built = MCD(generator_steps).build(Network(DigitCNN(), ("source", "target")), 3)
    assert isinstance(built, MCDLearner)
    return built


def state(model: MCDLearner, part: str) -> list[Tensor]:
    modules = [model.get_submodule(name) for name in PARTS[part]]
    return [p.detach().clone() for module in modules for p in module.parameters()]


def equal(a: list[Tensor], b: list[Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def snapshots(model: MCDLearner) -> list[tuple[str, Mapping[str, list[Tensor]]]]:
    """One training step: which optimiser moved, in order, and all weights after it, the start first."""
    optimizers = model.optimizers(GENTLE)
    taken: list[tuple[str, Mapping[str, list[Tensor]]]] = [("start", {part: state(model, part) for part in PARTS})]
    for name, optimizer in optimizers.items():
        optimizer.register_step_post_hook(
            lambda *_, name=name: taken.append((name, {part: state(model, part) for part in PARTS}))
        )
    model.step(batches("source", shape=SHAPE), optimizers, 0.5)
    return taken


def test_step_a_moves_all_step_b_the_classifiers_step_c_the_features() -> None:
    taken = snapshots(learner(generator_steps=3))
    moved = [name for name, _ in taken[1:]]
    assert sorted(moved[:2]) == ["classifiers", "generator"]
    assert moved[2:] == ["classifiers", "generator", "generator", "generator"]
    for (_, before), (name, after) in itertools.pairwise(taken):
        for part in PARTS:
            assert equal(before[part], after[part]) is (part != name), f"{part} at a step of the {name}"


def test_step_b_raises_the_discrepancy_and_step_c_lowers_it() -> None:
    model = learner(generator_steps=8)
    images = batches("source", shape=SHAPE)["target"].inputs
    optimizers = model.optimizers(GENTLE)
    values: list[tuple[str, float]] = []

    def measure(name: str) -> None:
        with torch.no_grad():
            values.append((name, float(model.discrepancy(model.net({"target": images})["target"]["conv2"].flatten(1)))))

    for name, optimizer in optimizers.items():
        optimizer.register_step_post_hook(lambda *_, name=name: measure(name))
    for _ in range(3):
        model.step(batches("source", shape=SHAPE), optimizers, 0.5)
    rounds = [values[i : i + 11] for i in range(0, 33, 11)]
    for entries in rounds:  # A: two optimisers, B: one, C: eight times one
        (_, after_a), (b, after_b), *steps_c = entries[1:]
        assert b == "classifiers"
        assert after_b > after_a
        assert steps_c[-1][1] < after_b


def by_hand(model: MCDLearner, rate: float, generator_steps: int) -> dict[str, Tensor]:
    """Steps A, B and C written out with plain gradients, for the digit network."""
    w = {name: p.detach().clone().requires_grad_() for name, p in model.named_parameters()}
    given = batches("source", shape=SHAPE)
    labels = given["source"].labels
    assert labels is not None

    def features(domain: str) -> Tensor:
        x = given[domain].inputs.float() / 255
        for stage in ("conv1", "conv2"):
            x = F.conv2d(x, w[f"net.stages.{stage}.0.weight"], w[f"net.stages.{stage}.0.bias"])
            x = F.max_pool2d(F.relu(x), 2)
        return x.flatten(1)

    def scores(head: str, z: Tensor) -> Tensor:
        for layer in (0, 2):
            z = F.relu(F.linear(z, w[f"{head}.{layer}.weight"], w[f"{head}.{layer}.bias"]))
        return F.linear(z, w[f"{head}.4.weight"], w[f"{head}.4.bias"])

    def source_loss() -> Tensor:
        z = features("source")
        heads = ("classifier", "second_classifier")
        return sum((F.nll_loss(F.log_softmax(scores(h, z), 1), labels) for h in heads), torch.zeros(()))

    def disagreement() -> Tensor:
        z = features("target")
        gap = torch.softmax(scores("classifier", z), 1) - torch.softmax(scores("second_classifier", z), 1)
        return gap.abs().sum() / gap.numel()

    def descend(loss: Tensor, prefixes: tuple[str, ...]) -> None:
        names = [name for name in w if name.startswith(prefixes)]
        for name, gradient in zip(names, torch.autograd.grad(loss, [w[n] for n in names]), strict=True):
            w[name] = (w[name] - rate * gradient).detach().requires_grad_()

    everything, heads = ("net", "classifier", "second_classifier"), ("classifier", "second_classifier")
    descend(source_loss(), everything)
    descend(source_loss() - disagreement(), heads)
    for _ in range(generator_steps):
        descend(disagreement(), ("net",))
    return w


def test_one_step_equals_the_papers_three_written_by_hand() -> None:
    model = learner(generator_steps=2)
    expected = by_hand(model, rate=0.05, generator_steps=2)
    model.step(batches("source", shape=SHAPE), model.optimizers(Recipe(steps=1, learning_rate=0.05, momentum=0.0)), 0.0)
    for name, value in model.named_parameters():
        torch.testing.assert_close(value.detach(), expected[name].detach(), rtol=1e-4, atol=1e-6)


def test_equal_classifiers_have_no_discrepancy() -> None:
    model = learner()
    assert float(model.discrepancy(torch.randn(5, 768)).detach()) > 0
    model.second_classifier.load_state_dict(model.classifier.state_dict())
    assert float(model.discrepancy(torch.randn(5, 768)).detach()) == 0


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_the_discrepancy_is_the_mean_absolute_difference_of_probabilities(classes: int) -> None:
    """Between 0 and 2 / classes, which opposite certainties reach."""
    torch.manual_seed(classes)
    model = learner()
    heads = nn.Linear(12, classes), nn.Linear(12, classes)
    model.classifier, model.second_classifier = heads
    for scale in (0.1, 1.0, 30.0):
        z = scale * torch.randn(6, 12)
        first, second = (h(z).detach().double().numpy() for h in heads)
        p, q = (np.exp(s - s.max(1, keepdims=True)) for s in (first, second))
        expected = np.abs(p / p.sum(1, keepdims=True) - q / q.sum(1, keepdims=True)).sum() / (6 * classes)
        found = float(model.discrepancy(z).detach())
        assert found == pytest.approx(expected, rel=1e-4)
        assert 0 <= found <= 2 / classes + 1e-6
    with torch.no_grad():
        for shift, head in enumerate(heads):
            head.bias.zero_()
            head.weight.copy_(torch.eye(classes, 12).roll(shift, 0))
    assert float(model.discrepancy(1000 * torch.eye(classes, 12)).detach()) == pytest.approx(2 / classes)


def test_predictions_are_those_of_both_classifiers_together() -> None:
    model = learner().eval()
    images = batches("source", shape=SHAPE)["target"].inputs
    z = model.net({"target": images})["target"]["conv2"].flatten(1)
    expected = model.classifier(z) + model.second_classifier(z)
    torch.testing.assert_close(model.predict(images, "target"), expected)
    assert not torch.allclose(model.classifier(z), model.second_classifier(z))


def test_without_a_target_it_is_two_classifiers_on_the_source() -> None:
    model = learner()
    reported = model.step(batches("source", target=None, shape=SHAPE), model.optimizers(GENTLE), 0.0)
    assert set(reported) == {"classification", "second classification"}
