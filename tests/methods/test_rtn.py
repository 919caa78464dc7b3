"""What makes RTN RTN: a residual on the sources' logits, entropy of the target's, one MMD of their outer products."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from mtl_bench.methods.deep.rtn import RTN, RTNLearner, mean_entropy, outer_products
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import TinyCNN, batches, images

SHAPE = DigitCNN.input_shape


def learner(method: RTN | None = None) -> RTNLearner:
    torch.manual_seed(0)
    built = (method or RTN()).build(Network(TinyCNN(), ("a", "b", "target")), 3)
    assert isinstance(built, RTNLearner)
    return built


def plain_losses(model: RTNLearner, given: dict[str, Batch], features: dict[str, Tensor]) -> dict[str, Tensor]:
    """Row by row, pair by pair, from the paper's formulas; the head is linear."""
    weight, bias = model.classifier.parameters()
    first, second = [module for module in model.residual.modules() if isinstance(module, nn.Linear)]
    terms, entropies, fused = [], [], {"source": list[Tensor](), "target": list[Tensor]()}
    for domain, batch in given.items():
        for row, x in enumerate(features[domain]):
            z = weight @ x + bias
            fused["target" if batch.target else "source"].append(torch.stack([a * b for a in x for b in z]))
            if batch.target:
                p = torch.exp(z) / torch.exp(z).sum()
                entropies.append(-sum((q * torch.log(q) for q in p), torch.zeros(())))
            else:
                assert batch.labels is not None
                z = z + second.weight @ (first.weight @ z + first.bias).clamp_min(0) + second.bias
                terms.append(torch.log(torch.exp(z).sum()) - z[batch.labels[row]])
    points = [*fused["source"], *fused["target"]]
    distances = sorted(float((p - q).detach().square().sum()) for i, p in enumerate(points) for q in points[:i])
    median = distances[(len(distances) - 1) // 2]

    def mean(one: str, other: str) -> Tensor:
        return torch.stack(
            [torch.exp(-(p - q).square().sum() / median) for p in fused[one] for q in fused[other]]
        ).mean()

    return {
        "classification": torch.stack(terms).mean(),
        "entropy": 0.7 * torch.stack(entropies).mean(),
        "discrepancy": 0.4 * (mean("source", "source") + mean("target", "target") - 2 * mean("source", "target")),
    }


def test_each_term_is_the_papers_formula_in_value_and_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    model, given = learner(RTN(weight=0.4, entropy_weight=0.7)).double(), batches("a", "b", count=4)
    torch.nn.init.normal_(model.residual.layers[0].weight)  # type: ignore[union-attr,index]
    draw = torch.Generator().manual_seed(1)
    features = {
        domain: (torch.randn(4, 24, generator=draw, dtype=torch.float64) / 3).requires_grad_() for domain in given
    }
    monkeypatch.setattr(model, "features", lambda batches: features)
    expected, found = plain_losses(model, given, features), model.losses(given, 0.5)
    assert set(found) == set(expected)
    inputs = [*features.values(), *model.classifier.parameters(), *model.residual.parameters()]
    for name in expected:
        torch.testing.assert_close(found[name], expected[name])
        gradients = (
            torch.autograd.grad(loss[name], inputs, retain_graph=True, allow_unused=True) for loss in (found, expected)
        )
        for a, b in zip(*gradients, strict=True):
            assert (a is None) == (b is None)
            if a is not None and b is not None:
                torch.testing.assert_close(a, b, rtol=1e-7, atol=1e-10)


def test_the_target_is_predicted_without_the_residual_and_a_source_with_it() -> None:
    model = learner().eval()
    residual = model.residual
    torch.nn.init.normal_(residual.layers[2].weight)  # type: ignore[union-attr,index]
    x = images(5, 0)
    f_t = model.classifier(model.features({"a": Batch(x, None)})["a"])
    torch.testing.assert_close(model.predict(x, "target"), f_t)
    assert not torch.allclose(model.predict(x, "a"), f_t)
    for domain in ("a", "b"):
        torch.testing.assert_close(model.predict(x, domain), residual(f_t))


def test_the_two_classifiers_start_alike() -> None:
    model = learner().eval()
    x = images(5, 0)
    torch.testing.assert_close(model.predict(x, "a"), model.predict(x, "target"), rtol=0, atol=1e-3)


def test_the_residual_learns_from_the_sources_alone() -> None:
    model, given = learner().eval(), batches("a", "b")
    other = {**given, "target": Batch(images(6, 1234), None, target=True)}
    gradients = []
    for batches_ in (given, other):
        losses = model.losses(batches_, 0.5)
        for name in ("entropy", "discrepancy"):
            found = torch.autograd.grad(
                losses[name], [*model.residual.parameters()], retain_graph=True, allow_unused=True
            )
            assert all(gradient is None for gradient in found)
        gradients.append(torch.autograd.grad(losses["classification"], [*model.residual.parameters()]))
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b)


def test_a_few_labels_of_the_target_are_learnt_by_its_own_classifier() -> None:
    model, given = learner().eval(), batches("a")
    known = {**given, "target": given["target"]._replace(labels=torch.tensor([0, -1, -1, 2, -1, -1]))}
    torch.nn.init.normal_(model.residual.layers[2].weight)  # type: ignore[union-attr,index]
    features = model.features(known)
    logits = torch.cat([model.classifier_of("a")(features["a"]), model.classifier(features["target"])[[0, 3]]])
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 0, 1, 2, 0, 2]))
    torch.testing.assert_close(model.losses(known, 0.5)["classification"], expected)


def test_without_the_residual_both_domains_have_one_classifier() -> None:
    model = learner(RTN(residual=False))
    assert not [*model.residual.parameters()]
    model.step(batches("a", "b"), model.optimizers(Recipe(steps=1)), 0.0)
    x = images(5, 0)
    assert torch.equal(model.eval().predict(x, "a"), model.predict(x, "target"))


def test_a_head_with_hidden_layers_is_fused_at_its_last() -> None:
    model = RTN().build(Network(DigitCNN(), ("a", "target")), 3)
    model.losses(batches("a", shape=SHAPE), 0.5)["discrepancy"].backward()
    assert [p.grad is not None for p in model.classifier.parameters()] == [True] * 6


def test_the_parts() -> None:
    product = outer_products(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0, 7.0]]))
    assert product.tolist() == [[3, 5, 7, 6, 10, 14]]
    assert float(mean_entropy(torch.zeros(2, 4))) == pytest.approx(math.log(4))
    assert float(mean_entropy(torch.tensor([[200.0, 0.0]]))) == pytest.approx(0, abs=1e-6)


def test_as_released_the_entropy_comes_in_over_the_horizon() -> None:
    given = batches("a", "b")
    losses = {
        progress: learner(RTN(horizon=0.1)).losses(given, progress)["entropy"].detach() for progress in (0.0, 0.05, 1.0)
    }
    constant = learner(RTN()).losses(given, 0.0)["entropy"].detach()
    assert losses[0.0] == 0
    torch.testing.assert_close(losses[0.05], constant * (2 / (1 + math.exp(-5)) - 1))
    torch.testing.assert_close(losses[1.0], constant)
    with pytest.raises(ValueError, match=r"a horizon of 0\.0 of the run is over at its start; give one above 0"):
        RTN(horizon=0.0)
