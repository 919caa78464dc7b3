"""What makes MMD MMD: the biased discrepancy of one hidden layer under DSN's nineteen kernels; and DSN with it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from mtl_bench.methods.deep.dsn import DSN, DSNLearner
from mtl_bench.methods.deep.mmd import MMD, WIDTHS, MMDLearner, domain_discrepancy, sources_and_target
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch
from tests.models.backbones import batches, images

SHAPE = DigitCNN.input_shape


def learner(method: MMD | None = None) -> MMDLearner:
    torch.manual_seed(0)
    built = (method or MMD()).build(Network(DigitCNN(), ("a", "b", "target")), 3)
    assert isinstance(built, MMDLearner)
    return built


def test_the_kernels_are_those_of_the_authors_code() -> None:
    assert len(WIDTHS) == 19
    assert (min(WIDTHS), max(WIDTHS)) == (1e-6, 1e6)
    points = torch.tensor([[0.0], [3.0]], dtype=torch.float64)

    def kernel(distance: float) -> float:
        return sum(math.exp(-(distance**2) / (2 * w)) for w in WIDTHS)

    given = batches("a", count=2)
    found = domain_discrepancy({"a": points, "target": points + 1}, given)
    within, across = (kernel(0) + kernel(3)) / 2, (2 * kernel(1) + kernel(4) + kernel(2)) / 4
    assert float(found) == pytest.approx(2 * within - 2 * across)


def test_the_discrepancy_is_that_of_the_first_hidden_layer_of_all_sources_and_the_target() -> None:
    model, given = learner(MMD(gamma=2.0)), batches("a", "b", shape=SHAPE)
    first = model.classifier[:2]  # type: ignore[index]
    hidden = {domain: first(features) for domain, features in model.features(given).items()}
    joined = {"a": torch.cat([hidden["a"], hidden["b"]]), "target": hidden["target"]}
    expected = 2 * domain_discrepancy(joined, {"a": given["a"], "target": given["target"]})
    torch.testing.assert_close(model.losses(given, 0.5)["discrepancy"], expected)


def test_only_the_classification_is_learnt_before_the_start() -> None:
    model, given = learner(MMD(start=0.2)), batches("a", shape=SHAPE)
    for progress, terms in ((0.19, {"classification"}), (0.2, {"classification", "discrepancy"})):
        assert set(model.losses(given, progress)) == terms


def test_only_layers_up_to_the_aligned_one_feel_the_discrepancy() -> None:
    model = learner()
    model.losses(batches("a", shape=SHAPE), 0.5)["discrepancy"].backward()
    felt = [module.weight.grad is not None for module in model.classifier.children() if isinstance(module, nn.Linear)]
    assert felt == [True, False, False]
    assert all(p.grad is not None and bool(p.grad.any()) for p in model.net.parameters())


def test_equal_domains_have_no_discrepancy() -> None:
    model, same = learner(), images(6, 0, SHAPE)
    given = {"a": Batch(same, torch.arange(6) % 3), "target": Batch(same.flip(0), None, target=True)}
    assert float(model.losses(given, 0.5)["discrepancy"].detach()) == pytest.approx(0, abs=1e-5)


def test_training_on_the_discrepancy_brings_the_domains_together() -> None:
    model, given = learner(), batches("a", shape=SHAPE)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    values = []
    for _ in range(10):
        loss = model.losses(given, 0.5)["discrepancy"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        values.append(float(loss.detach()))
    assert values[-1] < 0.5 * values[0]


def test_a_run_without_a_target_is_refused_with_a_sentence() -> None:
    given = batches("a", target=None)
    with pytest.raises(ValueError, match="needs a labelled and an unlabelled one; without a target use SourceOnly"):
        sources_and_target({"a": torch.randn(6, 2)}, given)


def test_dsn_takes_it_as_its_similarity() -> None:
    torch.manual_seed(0)
    model = DSN(similarity="MMD", gamma=2.0).build(Network(DigitCNN(), ("a", "target")), 3)
    assert isinstance(model, DSNLearner)
    given = batches("a", shape=SHAPE)
    losses = model.losses(given, 0.5)
    codes = {name: model.classifier[:2](f) for name, f in model.features(given).items()}  # type: ignore[index]
    torch.testing.assert_close(losses["similarity"], 2 * domain_discrepancy(codes, given))
    assert set(losses) == {"classification", "reconstruction", "difference", "similarity"}
    assert not [name for name, _ in model.named_parameters() if name.startswith("domain_classifier")]
    assert set(model.losses(given, 0.0)) == {"classification"}
