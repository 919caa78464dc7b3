"""What makes DSN DSN: private and shared codes, a scale-invariant reconstruction, orthogonality."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtl_bench.methods.deep.dsn import (
    DSN,
    DSNLearner,
    PrivateEncoder,
    decoder,
    pairwise_squared_error,
    soft_orthogonality,
)
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch
from tests.models.backbones import batches, images

SHAPE = DigitCNN.input_shape
TERMS = {"classification", "reconstruction", "difference", "similarity"}


def learner(method: DSN | None = None) -> DSNLearner:
    torch.manual_seed(0)
    net = Network(DigitCNN(), ("source", "target"))
    net.normalise(torch.tensor([0.3, 0.4, 0.5]).view(3, 1, 1), torch.ones(3, 1, 1))
    built = (method or DSN()).build(net, 3)
    assert isinstance(built, DSNLearner)
    return built


def codes(model: DSNLearner, domain: str, batch: Batch) -> tuple[Tensor, Tensor]:
    """Shared and private codes of a batch: the hidden layer of 100 (fc3) above each encoder's convolutions."""
    shared = model.classifier[:2](model.net({domain: batch.inputs})[domain]["conv2"].flatten(1))  # type: ignore[index]
    encoder = model.private[domain]
    assert isinstance(encoder, PrivateEncoder)
    private = encoder.hidden(encoder.net({domain: batch.inputs})[domain]["conv2"].flatten(1))
    assert shared.shape[1] == private.shape[1] == 100
    return shared, private


def test_the_reconstruction_error_is_that_of_all_pairs_of_pixels() -> None:
    """||d||^2 / k - (sum d)^2 / k^2 is half the mean over pairs of (d_i - d_j)^2; the code sums twice that."""
    torch.manual_seed(0)
    made, given = torch.rand(4, 3, 5, 5), torch.rand(4, 3, 5, 5)
    d = (made - given).flatten(1).double().numpy()
    pairs = [np.mean([(a - b) ** 2 for a in row for b in row]) for row in d]
    assert float(pairwise_squared_error(made, given)) == pytest.approx(np.sum(pairs), rel=1e-4)


def test_a_constant_offset_costs_nothing_and_a_pattern_does() -> None:
    given = torch.rand(4, 3, 5, 5)
    offsets = torch.tensor([0.5, -2.0, 0.0, 10.0]).view(4, 1, 1, 1)
    assert float(pairwise_squared_error(given + offsets, given)) == pytest.approx(0, abs=1e-5)
    assert float(pairwise_squared_error(1.5 * given, given)) > 0.01


def test_orthogonal_codes_have_no_difference_loss_and_equal_ones_have() -> None:
    a, b = torch.tensor([1.0, 1, -1, -1]), torch.tensor([1.0, -1, 1, -1])  # zero mean, orthogonal over the batch
    first, second = torch.eye(5)[0], torch.eye(5)[3]
    private, shared = torch.outer(a, first), torch.outer(b, second)
    assert float(soft_orthogonality(private, shared)) == 0
    assert float(soft_orthogonality(private, torch.outer(a, second))) == pytest.approx(16 / 25)
    assert float(soft_orthogonality(3 * private + 7, shared - 2)) == pytest.approx(0, abs=1e-10)


def test_the_difference_loss_by_hand() -> None:
    torch.manual_seed(1)
    private, shared = torch.randn(6, 4), torch.randn(6, 3)
    p, s = (x.double().numpy() - x.double().numpy().mean(0) for x in (private, shared))
    total = 0.0
    for j in range(4):
        for k in range(3):
            total += sum(p[i, j] / np.linalg.norm(p[i]) * s[i, k] / np.linalg.norm(s[i]) for i in range(6)) ** 2
    assert float(soft_orthogonality(private, shared)) == pytest.approx(total / 12, rel=1e-4)


def test_the_terms_of_the_objective_by_hand() -> None:
    model, given = learner(DSN(alpha=0.5, beta=0.25, gamma=2.0)), batches("source", shape=SHAPE)
    found = {name: float(loss.detach()) for name, loss in model.losses(given, 0.5).items()}
    assert set(found) == TERMS
    reconstruction = difference = 0.0
    domain_terms = []
    for domain, batch in given.items():
        shared, private = codes(model, domain, batch)
        d = (model.decoder(shared + private) - (batch.inputs / 255 - model.net.mean)).detach().double().numpy()
        reconstruction += float(2 * np.sum(d.reshape(len(d), -1).var(1)))
        difference += float(soft_orthogonality(private, shared).detach())
        scores = model.domain_classifier(shared).detach().double().numpy().ravel()
        domain_terms += list(np.log1p(np.exp(-scores if domain == "target" else scores)))
    assert found["reconstruction"] == pytest.approx(0.5 * reconstruction, rel=1e-4)
    assert found["difference"] == pytest.approx(0.25 * difference, rel=1e-4)
    assert found["similarity"] == pytest.approx(2.0 * np.mean(domain_terms), rel=1e-4)


def test_only_the_classification_is_learnt_before_the_start() -> None:
    model, given = learner(DSN(start=0.2)), batches("source", shape=SHAPE)
    for progress, terms in ((0.0, {"classification"}), (0.19, {"classification"}), (0.2, TERMS), (1.0, TERMS)):
        assert set(model.losses(given, progress)) == terms


def test_private_encoders_are_per_domain_and_unlike_the_shared_one() -> None:
    model = learner()
    assert set(model.private) == {"source", "target"}
    encoders = [model.net, model.private["source"], model.private["target"]]
    kernels = [next(e.parameters()).detach() for e in encoders]
    for i in range(3):
        for j in range(i):
            assert not torch.equal(kernels[i], kernels[j])
    networks = [model.net, *(e.net for e in model.private.values() if isinstance(e, PrivateEncoder))]
    pixels = [net.prepared(images(2, 0, SHAPE)) for net in networks]
    assert len(pixels) == 3
    assert torch.equal(pixels[0], pixels[1])
    assert torch.equal(pixels[0], pixels[2])


def test_an_encoder_learns_from_its_own_domain_only() -> None:
    model, given = learner(), batches("source", shape=SHAPE)
    other = {**given, "target": Batch(images(6, 1234, SHAPE), None, target=True)}

    def gradient(batches: dict[str, Batch], module: nn.Module) -> list[Tensor]:
        losses = model.losses(batches, 0.5)
        return list(torch.autograd.grad(losses["reconstruction"] + losses["difference"], [*module.parameters()]))

    for domain, unchanged in (("source", True), ("target", False)):
        pair = zip(gradient(given, model.private[domain]), gradient(other, model.private[domain]), strict=True)
        assert all(torch.allclose(a, b, rtol=1e-4, atol=1e-8) for a, b in pair) is unchanged


def test_the_similarity_reverses_the_gradient_of_its_weight() -> None:
    model, given = learner(DSN(gamma=0.25)), batches("source", shape=SHAPE)
    loss = model.losses(given, 0.5)["similarity"]
    features = [codes(model, domain, batch)[0] for domain, batch in given.items()]
    plain = nn.BCEWithLogitsLoss()(
        model.domain_classifier(torch.cat(features)).squeeze(1), torch.tensor([0.0] * 6 + [1.0] * 6)
    )
    for module, factor in ((model.net, -0.25), (model.domain_classifier, 0.25)):
        found = torch.autograd.grad(loss, [*module.parameters()], retain_graph=True)
        expected = torch.autograd.grad(plain, [*module.parameters()], retain_graph=True)
        for a, b in zip(found, expected, strict=True):
            torch.testing.assert_close(a, factor * b, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("shape", [(3, 28, 28), (1, 32, 32), (3, 30, 33), (3, 8, 8)])
def test_the_decoder_gives_images_of_the_networks_shape(shape: tuple[int, int, int]) -> None:
    assert decoder(12, shape)(torch.randn(2, 12)).shape == (2, *shape)


def test_the_private_codes_do_not_predict() -> None:
    model = learner().eval()
    x = images(4, 0, SHAPE)
    before = model.predict(x, "target")
    for p in [*model.private.parameters(), *model.decoder.parameters()]:
        nn.init.zeros_(p)
    assert torch.equal(model.predict(x, "target"), before)
