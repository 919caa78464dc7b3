"""What makes DANN DANN: the reversed gradient, its schedule, and a domain classifier that learns at full rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtl_bench.methods.deep.cdan import CDAN, CDANLearner
from mtl_bench.methods.deep.dann import DANN, DANNLearner, DomainLoss, domain_classifier, reverse_gradient
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch
from tests.models.backbones import batches

SHAPE = DigitCNN.input_shape


def learner(method: DANN | None = None, sources: tuple[str, ...] = ("source",)) -> DANNLearner:
    torch.manual_seed(0)
    built = (method or DANN()).build(Network(DigitCNN(), (*sources, "target")), 3)
    assert isinstance(built, DANNLearner)
    return built


def gradients(loss: Tensor, *modules: nn.Module) -> list[Tensor]:
    return list(torch.autograd.grad(loss, [p for m in modules for p in m.parameters()], retain_graph=True))


def test_the_reversal_is_the_identity_forward() -> None:
    x = torch.randn(3, 4, 5)
    assert torch.equal(reverse_gradient(x, 0.7), x)


@pytest.mark.parametrize("factor", [0.0, 0.3, 1.0, 2.5])
def test_the_reversal_turns_the_gradient_round(factor: float) -> None:
    """Against central differences of the function without the reversal."""
    torch.manual_seed(0)
    head = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    x = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    head(reverse_gradient(x, factor)).sum().backward()
    assert x.grad is not None
    step = 1e-6
    for i in range(5):
        for j in range(4):
            nudge = torch.zeros_like(x)
            nudge[i, j] = step
            with torch.no_grad():
                slope = float((head(x + nudge).sum() - head(x - nudge).sum()) / (2 * step))
            assert float(x.grad[i, j]) == pytest.approx(-factor * slope, abs=1e-8)


def test_the_reversal_is_minus_the_derivative_for_autograds_own_check() -> None:
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)

    def twice_reversed(x: Tensor) -> Tensor:  # minus times minus: an honest derivative again
        return reverse_gradient(reverse_gradient(x, 1.0), 1.0).sin()

    assert torch.autograd.gradcheck(twice_reversed, (x,))


@pytest.mark.parametrize("reduction", ["sum of means", "mean"])
def test_the_domain_loss_is_the_papers_sum_of_means_or_the_released_mean(reduction: DomainLoss) -> None:
    """Cross-entropies with the target as positive; there are twice as many images of sources."""
    model, given = learner(DANN(domain_loss=reduction), sources=("a", "b")), batches("a", "b", shape=SHAPE)
    terms: dict[bool, list[float]] = {True: [], False: []}
    for domain, batch in given.items():
        with torch.no_grad():
            scores = model.domain_classifier(model.features({domain: batch})[domain]).double().numpy().ravel()
        chance = 1 / (1 + np.exp(-scores))
        terms[domain == "target"] += list(-np.log(chance if domain == "target" else 1 - chance))
    summed = np.mean(terms[False]) + np.mean(terms[True])
    expected = summed if reduction == "sum of means" else np.mean(terms[False] + terms[True])
    for order in (["a", "b", "target"], ["target", "b", "a"]):
        loss = model.losses({domain: given[domain] for domain in order}, 0.4)["domain"]
        assert float(loss.detach()) == pytest.approx(expected, rel=1e-5)


def test_without_a_target_the_domain_loss_is_that_of_the_sources() -> None:
    model, given = learner(), batches("source", target=None, shape=SHAPE)
    assert torch.isfinite(model.losses(given, 0.4)["domain"])


def test_an_unknown_domain_loss_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there is no domain loss 'sum'; choose one of sum of means \| mean"):
        DANN(domain_loss="sum")  # type: ignore[arg-type]


def test_a_domain_classifier_without_a_hidden_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="a domain classifier of 0 hidden layers; give one or more"):
        DANN(hidden_layers=0)


@pytest.mark.parametrize("gamma", [10.0, 4.0])
@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
def test_the_features_get_minus_lambda_times_the_domain_gradient(p: float, gamma: float) -> None:
    """2 / (1 + exp(-x)) - 1 is tanh(x / 2); the loss without reversal is written anew."""
    model, given = learner(DANN(gamma, domain_loss="mean")), batches("source", shape=SHAPE)
    features = model.features(given)
    plain = nn.BCEWithLogitsLoss()(
        model.domain_classifier(torch.cat([features["source"], features["target"]])).squeeze(1),
        torch.tensor([0.0] * 6 + [1.0] * 6),
    )
    found = gradients(model.losses(given, p)["domain"], model.net)
    for reversed_gradient, gradient in zip(found, gradients(plain, model.net), strict=True):
        torch.testing.assert_close(reversed_gradient, -math.tanh(gamma * p / 2) * gradient, rtol=1e-4, atol=1e-8)


def test_at_the_start_the_domain_loss_does_not_reach_the_features_at_all() -> None:
    model, given = learner(), batches("source", shape=SHAPE)
    assert all(bool((g == 0).all()) for g in gradients(model.losses(given, 0.0)["domain"], model.net))
    torch.manual_seed(0)
    plain = SourceOnly().build(Network(DigitCNN(), ("source", "target")), 3)
    ours = gradients(sum(model.losses(given, 0.0).values(), torch.zeros(())), model.net, model.classifier)
    theirs = gradients(plain.losses(given, 0.0)["classification"], plain.net, plain.classifier)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-8)


def test_the_domain_classifier_learns_at_full_rate_whatever_lambda_is() -> None:
    """Scaling it too is a frequent mistake, worth a factor of 100 early in the run."""
    model, given = learner(), batches("source", shape=SHAPE)
    at = {p: gradients(model.losses(given, p)["domain"], model.domain_classifier) for p in (0.0, 0.1, 1.0)}
    assert all(bool(g.any()) for g in at[0.0])
    for p in (0.1, 1.0):
        assert all(torch.equal(a, b) for a, b in zip(at[0.0], at[p], strict=True))


def test_the_domain_classifier_has_one_hidden_layer_of_100() -> None:
    sizes = [(m.in_features, m.out_features) for m in learner().domain_classifier.modules() if isinstance(m, nn.Linear)]
    assert sizes == [(768, 100), (100, 1)]
    assert [m.out_features for m in domain_classifier(5, 7).modules() if isinstance(m, nn.Linear)] == [7, 1]
    assert not [m for m in learner().domain_classifier.modules() if isinstance(m, nn.Dropout)]


def test_the_one_for_photographs_is_that_of_cdan_but_for_what_it_sees() -> None:
    ours = learner(DANN(hidden=1024, hidden_layers=2, dropout=0.5))
    theirs = CDAN().build(Network(DigitCNN(), ("source", "target")), 3)
    assert isinstance(theirs, CDANLearner)
    first, *others = ours.domain_classifier.children()
    first_of_cdan, *others_of_cdan = theirs.domain_classifier.children()
    assert [str(layer) for layer in others] == [str(layer) for layer in others_of_cdan]
    assert str(first) == "Linear(in_features=768, out_features=1024, bias=True)"
    assert first_of_cdan.out_features == 1024


def test_the_label_of_an_image_is_not_needed_to_tell_its_domain() -> None:
    model, given = learner(), batches("source", shape=SHAPE)
    labels = given["source"].labels
    assert labels is not None
    others = {**given, "source": Batch(given["source"].inputs, labels.roll(1))}
    assert torch.equal(model.losses(given, 0.5)["domain"], model.losses(others, 0.5)["domain"])
