"""What makes CDAN CDAN: features times predictions, the reversed gradient, weights by certainty, and the random map."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.methods.deep.cdan import CDAN, CDANLearner, OuterProduct, RandomMap, certainty
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Learner
from mtl_bench.training.recipe import Recipe
from tests.methods import peers
from tests.models.backbones import TinyCNN, batches

EITHER = pytest.mark.parametrize("entropy", [False, True], ids=["CDAN", "CDAN+E"])


def learner(method: CDAN | None = None, *sources: str) -> CDANLearner:
    torch.manual_seed(0)
    built = (method or CDAN()).build(Network(TinyCNN(), (*(sources or ("source",)), "target")), 3)
    assert isinstance(built, CDANLearner)
    return built


def written_out(model: CDANLearner, source: Tensor, target: Tensor, given: Tensor, passing: Tensor) -> Tensor:
    """The sum of the two weighted means of the domain's loss, from the formulas.

    `given` are the logits of the map, `passing` those of the weights, so that a test sees their gradients apart.
    """
    weights = torch.ones(len(given), dtype=given.dtype)
    if model.method.entropy:
        p = passing.exp() / passing.exp().sum(1, keepdim=True)
        weights = 1 + torch.exp((p * p.log()).sum(1))
    g = given.exp() / given.exp().sum(1, keepdim=True)
    rows, losses = torch.cat([source, target]), []
    for i, (f, w) in enumerate(zip(rows, weights, strict=True)):
        score = model.domain_classifier(torch.outer(g[i], f).reshape(1, -1))
        losses.append(w * torch.log1p(torch.exp(score if i < len(source) else -score)).squeeze())
    sides = slice(0, len(source)), slice(len(source), None)
    return sum((torch.stack(losses[s]).sum() / weights[s].sum().detach() for s in sides), torch.zeros(()))


@EITHER
def test_the_loss_is_written_out_and_its_gradients_are_reversed_but_the_domain_classifiers(entropy: bool) -> None:
    model = learner(CDAN(entropy, dropout=0.0, hidden=16), "a", "b").double()
    given, factor = batches("a", "b"), math.tanh(2.0)  # 2 / (1 + exp(-10 * .4)) - 1
    found = model.losses(given, 0.4)["domain"]
    features = model.features(given)
    source, target = torch.cat([features["a"], features["b"]]), features["target"]
    logits = model.classifier(torch.cat([source, target]))
    expected = written_out(model, source, target, logits.detach(), logits)
    torch.testing.assert_close(found, expected)
    below = [*model.net.parameters(), *(model.classifier.parameters() if entropy else ())]
    for parts, scale in ((below, -factor), (list(model.domain_classifier.parameters()), 1.0)):
        ours, theirs = (torch.autograd.grad(loss, parts, retain_graph=True) for loss in (found, expected))
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, scale * b)
            assert b.any()
    if not entropy:
        classifier = torch.autograd.grad(found, list(model.classifier.parameters()), allow_unused=True)
        assert all(gradient is None for gradient in classifier), "predictions are a constant of the map"


@EITHER
def test_it_is_the_authors_code_in_value_and_gradient(entropy: bool) -> None:
    """To the 1e-5 that their entropy has inside its logarithm."""
    model = learner(CDAN(entropy, domain_loss="mean")).double()
    model.domain_classifier = nn.Linear(9, 1, bias=False).double()
    model.domain_classifier.weight.data.copy_(-peers.DOMAIN_WEIGHTS)  # theirs says "source", ours "target"
    model.classifier = nn.Identity()
    features = torch.cat(peers.FEATURES).requires_grad_()
    logits = torch.cat(peers.LOGITS).requires_grad_()
    model.classifier.forward = lambda _: logits  # type: ignore[method-assign, assignment]
    loss = model.domain_confusion(features[:4], features[4:], peers.REVERSAL)
    loss.backward()
    assert features.grad is not None
    squared = float(features.grad.square().sum())
    if entropy:
        assert logits.grad is not None
        found = float(loss.detach()), squared, float(logits.grad.square().sum())
        assert found == pytest.approx((peers.CDAN_E, peers.CDAN_E_FEATURES, peers.CDAN_E_LOGITS), rel=1e-3)
        assert found[0] == pytest.approx(peers.CDAN_E, rel=1e-5)
    else:
        assert logits.grad is None
        assert (float(loss.detach()), squared) == pytest.approx((peers.CDAN, peers.CDAN_FEATURES), rel=1e-9)


@EITHER
def test_the_released_mean_is_half_of_the_papers_sum(entropy: bool) -> None:
    paper = CDAN(entropy, dropout=0.0)
    sums, means = (learner(m).losses(batches("source"), 0.5) for m in (paper, replace(paper, domain_loss="mean")))
    torch.testing.assert_close(sums["domain"], 2 * means["domain"])
    torch.testing.assert_close(sums["classification"], means["classification"])


@pytest.mark.parametrize(("horizon", "p", "share"), [(1.0, 0.1, 0.4621), (0.1, 0.1, 0.9999), (0.1, 0.01, 0.4621)])
def test_the_horizon_is_the_share_of_the_run_after_which_the_reversal_is_full(
    horizon: float, p: float, share: float
) -> None:
    model, given = learner(CDAN(horizon=horizon, dropout=0.0)), batches("source")
    parameters = list(model.net.parameters())
    full = torch.autograd.grad(model.losses(given, 100.0)["domain"], parameters)
    for a, b in zip(torch.autograd.grad(model.losses(given, p)["domain"], parameters), full, strict=True):
        torch.testing.assert_close(a, share * b, rtol=1e-3, atol=1e-6)


@EITHER
def test_at_the_start_of_the_run_features_learn_what_the_source_alone_teaches(entropy: bool) -> None:
    torch.manual_seed(0)
    plain: Learner = SourceOnly().build(Network(TinyCNN("separate"), ("source", "target")), 3)
    torch.manual_seed(0)
    model = CDAN(entropy).build(Network(TinyCNN("separate"), ("source", "target")), 3)
    for one in (plain, model):
        sum(one.losses(batches("source"), 0.0).values(), torch.zeros(())).backward()
    mine = dict(model.named_parameters())
    for name, other in plain.named_parameters():
        torch.testing.assert_close(mine[name].grad, other.grad)


def test_the_domain_classifier_has_two_hidden_layers_of_1024_with_dropout() -> None:
    layers = list(learner().domain_classifier.modules())
    linear = [(m.in_features, m.out_features) for m in layers if isinstance(m, nn.Linear)]
    assert linear == [(72, 1024), (1024, 1024), (1024, 1)]
    assert [m.p for m in layers if isinstance(m, nn.Dropout)] == [0.5, 0.5]


def test_certainty_is_two_for_a_sure_prediction_and_stays_finite_with_its_gradient() -> None:
    logits = torch.tensor([[400.0, -400.0, 0.0], [0.0, 0.0, 0.0]], requires_grad=True)
    weights = certainty(logits)
    assert weights.tolist() == pytest.approx([2.0, 1 + 1 / 3])
    weights.sum().backward()
    assert logits.grad is not None
    assert bool(logits.grad.isfinite().all())


@pytest.mark.parametrize(
    ("method", "random"),
    [(CDAN(), False), (CDAN(randomised_above=72), False), (CDAN(randomised_above=71), True)],
    ids=str,
)
def test_above_its_limit_the_outer_product_gives_way_to_a_random_map(method: CDAN, random: bool) -> None:
    model = learner(method)  # 24 features and 3 classes
    assert isinstance(model.map, RandomMap if random else OuterProduct)
    first = next(m for m in model.domain_classifier.modules() if isinstance(m, nn.Linear))
    assert first.in_features == (1024 if random else 72)


@pytest.mark.parametrize(("limit", "kind"), [(4096, RandomMap), (None, OuterProduct)])
def test_31_classes_above_256_units_are_mapped_at_random_by_the_paper_and_not_by_the_code(
    limit: int | None, kind: type[nn.Module]
) -> None:
    model = CDAN(randomised_above=limit).build(Network(Bottleneck(6), ("source", "target")), 31)
    assert isinstance(model, CDANLearner)
    assert isinstance(model.map, kind)


def test_inner_products_under_the_random_map_are_those_of_outer_products_on_average() -> None:
    torch.manual_seed(0)
    f, g = torch.randn(2, 5), torch.tensor([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
    exact = OuterProduct()(f, g)
    found = np.stack([(m := RandomMap(5, 3, 200)(f, g)) @ m.T for _ in range(400)])
    error = found.std(0) / math.sqrt(len(found))
    assert (np.abs(found.mean(0) - (exact @ exact.T).numpy()) < 4 * error).all()
    assert (error < 0.1).all()


def test_the_random_map_is_fixed_seeded_with_the_weights_and_saved_with_them() -> None:
    method = CDAN(randomised_above=0, random_dimension=32)
    model, again, other = learner(method), learner(method), learner(method)
    assert torch.equal(model.map.of_features, again.map.of_features)  # type: ignore[arg-type]
    before = {name: b.clone() for name, b in model.map.named_buffers()}
    assert not list(model.map.parameters())
    optimizers = model.optimizers(Recipe(steps=1))
    model.step(batches("source"), optimizers, 0.5)
    assert all(torch.equal(b, before[name]) for name, b in model.map.named_buffers())
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    other.map = RandomMap(24, 3, 32)
    assert not torch.equal(other.map.of_features, before["of_features"])
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other.map.of_features, before["of_features"])


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there is no domain loss 'sum'; choose one of sum of means \| mean"):
        CDAN(domain_loss="sum")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a horizon of 0 of the run is over at its start; give one above 0"):
        CDAN(horizon=0)


def test_the_outer_product_is_that_of_each_row() -> None:
    f, g = torch.randn(4, 5), F.softmax(torch.randn(4, 3), 1)
    expected = torch.stack([torch.outer(b, a).flatten() for a, b in zip(f, g, strict=True)])
    torch.testing.assert_close(OuterProduct()(f, g), expected)
