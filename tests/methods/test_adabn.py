"""What makes AdaBN AdaBN: target images move the target's statistics and nothing else."""

from __future__ import annotations

import pytest
import torch

from mtl_bench.methods.deep.adabn import AdaBN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.digits import DigitCNN, DigitCNNBatchNorm
from mtl_bench.models.network import Backbone, Network
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import TinyCNN, batches, images


def trained(target_seed: int, method: AdaBN | SourceOnly | None = None, steps: int = 60) -> Learner:
    torch.manual_seed(0)
    backbone = TinyCNN("together" if isinstance(method, SourceOnly) else "per domain")
    model = (method or AdaBN()).build(Network(backbone, ("source", "target")), 3)
    optimizers = model.optimizers(Recipe(steps=steps))
    given = {**batches("source"), "target": Batch(images(32, target_seed, brightness=90), None, target=True)}
    for k in range(steps):
        model.train()
        model.step(given, optimizers, k / steps)
    return model


def statistics(model: Learner, domain: str) -> list[torch.Tensor]:
    return [b for name, b in model.named_buffers() if f"statistics.{domain}.running" in name]


@pytest.mark.slow
def test_target_images_move_the_targets_statistics_and_no_weight() -> None:
    one, other = trained(1), trained(2)
    for (name, a), b in zip(one.named_parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b), name
    assert all(torch.equal(a, b) for a, b in zip(statistics(one, "source"), statistics(other, "source"), strict=True))
    pairs = list(zip(statistics(one, "target"), statistics(other, "target"), strict=True))
    assert len(pairs) == 4
    assert all(not torch.equal(a, b) for a, b in pairs)


@pytest.mark.slow
def test_the_weights_are_those_of_source_only() -> None:
    adapted, plain = trained(1), trained(1, SourceOnly())
    for a, b in zip(adapted.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_the_targets_first_statistics_become_those_of_its_images() -> None:
    model = trained(1)
    x = images(32, 1, brightness=90)
    convolution = model.net.stages["first"].get_submodule("0")
    responses = convolution(model.net.prepared(x)).detach()
    mean, variance = statistics(model, "target")[:2]
    torch.testing.assert_close(mean, responses.mean((0, 2, 3)), rtol=0.05, atol=0.01)
    torch.testing.assert_close(variance, responses.var((0, 2, 3)), rtol=0.1, atol=0.01)


@pytest.mark.slow
def test_a_domain_is_predicted_with_its_own_statistics() -> None:
    model, x = trained(1).eval(), images(6, 1, brightness=90)
    with torch.no_grad():
        assert not torch.allclose(model.predict(x, "target"), model.predict(x, "source"))


@pytest.mark.parametrize("backbone", [DigitCNN(), DigitCNNBatchNorm(), DigitCNNBatchNorm("separate")], ids=str)
def test_a_network_without_statistics_per_domain_is_refused_with_a_sentence(backbone: Backbone) -> None:
    with pytest.raises(ValueError, match="AdaBN needs BatchNorm with statistics per domain; choose a backbone"):
        AdaBN().build(Network(backbone, ("source", "target")), 3)
