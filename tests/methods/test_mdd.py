"""What makes MDD MDD: the margin's factor, two unlike losses, and a reversal that acts on the features alone."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from mtl_bench.methods.deep.mdd import MDD, MDDLearner, log_of_the_others
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Learner
from tests.methods import peers
from tests.models.backbones import TinyCNN, batches


def learner(method: MDD | None = None, *sources: str) -> MDDLearner:
    torch.manual_seed(0)
    built = (method or MDD()).build(Network(TinyCNN(), (*(sources or ("source",)), "target")), 3)
    assert isinstance(built, MDDLearner)
    return built


def test_both_terms_are_written_out_and_their_gradients_are_reversed_on_the_features_alone() -> None:
    model, given = learner(MDD(gamma=3.0, eta=0.5, horizon=0.2), "a", "b").double(), batches("a", "b")
    losses = model.losses(given, 0.4)
    features = model.features(given)
    terms: dict[str, list[Tensor]] = {"source disparity": [], "target disparity": []}
    for domain, rows in features.items():
        for f in rows:
            label = int(model.classifier(f).argmax())
            scores = model.auxiliary_classifier(f).exp()
            p = scores[label] / scores.sum()
            terms["target disparity" if domain == "target" else "source disparity"].append(
                -torch.log(1 - p) if domain == "target" else -3 * torch.log(p)
            )
    factor = 0.5 * math.tanh(1.0)  # eta (2 / (1 + exp(-.4 / .2)) - 1)
    for name, values in terms.items():
        expected = torch.stack(values).mean()
        torch.testing.assert_close(losses[name], expected)
        for module, scale in ((model.net, -factor), (model.auxiliary_classifier, 1.0)):
            parameters = list(module.parameters())
            ours, theirs = (torch.autograd.grad(x, parameters, retain_graph=True) for x in (losses[name], expected))
            for a, b in zip(ours, theirs, strict=True):
                torch.testing.assert_close(a, scale * b)
                assert b.any()
        unmoved = torch.autograd.grad(losses[name], list(model.classifier.parameters()), None, True, allow_unused=True)
        assert all(gradient is None for gradient in unmoved), "predictions are labels"


def test_it_is_the_authors_code() -> None:
    model = learner().double()
    model.classifier = Given(torch.cat(peers.LOGITS))
    model.auxiliary_classifier = Given(torch.cat(peers.SECOND_LOGITS))
    on_source, on_target = model.disparities(*peers.FEATURES, 0.1)
    assert float(4 * on_source + on_target) == pytest.approx(peers.MDD, rel=1e-12)


class Given(nn.Module):
    """These logits, whatever the features are."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, features: Tensor) -> Tensor:
        return self.logits


@pytest.mark.parametrize(
    ("method", "p", "factor"),
    [
        (MDD(), 0.0, 0.0),
        (MDD(), 0.01, 0.0462),  # the code's at step 1,000 of 100,000
        (MDD(), 0.05, 0.0987),
        (MDD(), 1.0, 0.1),
        (MDD(horizon=0.05), 0.05, 0.0462),
        (MDD(eta=0.0), 1.0, 0.0),
    ],
)
def test_the_factor_on_the_features_gradient_grows_to_eta(method: MDD, p: float, factor: float) -> None:
    given = batches("source")
    model, whole = learner(method).double(), learner(MDD(eta=1.0, alpha=1e9)).double()

    def gradients(one: MDDLearner, progress: float) -> tuple[Tensor, ...]:
        return torch.autograd.grad(one.losses(given, progress)["target disparity"], list(one.net.parameters()))

    for a, b in zip(gradients(model, p), gradients(whole, 1.0), strict=True):
        torch.testing.assert_close(a, factor * b, rtol=2e-3, atol=1e-8)


def test_without_the_reversal_features_and_classifier_learn_what_the_source_alone_teaches() -> None:
    torch.manual_seed(0)
    plain: Learner = SourceOnly().build(Network(TinyCNN("separate"), ("source", "target")), 3)
    torch.manual_seed(0)
    model = MDD(eta=0.0).build(Network(TinyCNN("separate"), ("source", "target")), 3)
    for one in (plain, model):
        sum(one.losses(batches("source"), 0.5).values(), torch.zeros(())).backward()
    mine = dict(model.named_parameters())
    for name, other in plain.named_parameters():
        torch.testing.assert_close(mine[name].grad, other.grad)


def test_the_auxiliary_classifier_has_the_classifiers_shape_and_other_weights() -> None:
    torch.manual_seed(0)
    model = MDD().build(Network(DigitCNN(), ("source", "target")), 3)
    assert isinstance(model, MDDLearner)
    shapes = [[p.shape for p in c.parameters()] for c in (model.classifier, model.auxiliary_classifier)]
    assert shapes[0] == shapes[1]
    one, other = (next(c.parameters()) for c in (model.classifier, model.auxiliary_classifier))
    assert not torch.equal(one, other)


def test_the_log_of_the_others_is_finite_with_a_bounded_gradient_where_the_label_is_certain() -> None:
    labels = torch.tensor([0, 1, 2])
    logits = torch.tensor([[3.0, 0.5, -1.0], [-2.0, 0.1, 0.4], [1.0, 1.0, 1.0]], dtype=torch.float64)
    p = (logits.exp() / logits.exp().sum(1, keepdim=True))[torch.arange(3), labels]
    torch.testing.assert_close(log_of_the_others(logits, labels), torch.log(1 - p))
    sure = torch.tensor([[200.0, 0.0, 0.0]], requires_grad=True)
    value = log_of_the_others(sure, labels[:1])
    assert float(value.detach()) == pytest.approx(math.log(2) - 200)
    value.backward()
    assert sure.grad is not None
    assert sure.grad.tolist() == [pytest.approx([-1.0, 0.5, 0.5])]


def test_predictions_are_the_classifiers() -> None:
    model = learner().eval()
    x = batches("source")["target"].inputs
    torch.testing.assert_close(
        model.predict(x, "target"), model.classifier(model.net({"target": x})["target"]["second"].flatten(1))
    )


def test_a_horizon_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="a horizon of 0 of the run is over at its start; give one above 0"):
        MDD(horizon=0)
