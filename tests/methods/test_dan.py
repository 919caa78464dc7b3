"""What makes DAN DAN: every layer of the head, five kernels, an unbiased estimate."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import nn

from mtl_bench.measures.mmd import squared_mmd
from mtl_bench.methods.deep.dan import DAN, Kernels, Layers
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Learner
from tests.models.backbones import TinyCNN, batches

SHAPE = DigitCNN.input_shape


def learner(method: DAN | None = None) -> Learner:
    torch.manual_seed(0)
    return (method or DAN()).build(Network(DigitCNN(), ("a", "b", "target")), 3)


def test_each_layer_of_the_head_has_its_unbiased_discrepancy() -> None:
    model, given = learner(DAN(weight=0.5)), batches("a", "b", shape=SHAPE)
    losses = model.losses(given, 0.5)
    assert set(losses) == {"classification", "discrepancy 1", "discrepancy 2", "discrepancy 3"}
    features = model.features(given)
    for name, depth in (("discrepancy 1", 2), ("discrepancy 2", 4), ("discrepancy 3", 5)):
        part = model.classifier[:depth]  # type: ignore[index]
        source, target = part(torch.cat([features["a"], features["b"]])), part(features["target"])
        expected = 0.5 * squared_mmd(source, target, (0.25, 0.5, 1, 2, 4), relative=True, biased=False)
        torch.testing.assert_close(losses[name], expected)


def test_as_released_the_five_kernels_are_summed() -> None:
    given = batches("a", "b", shape=SHAPE)
    paper, released = (learner(DAN(weight=0.5, kernels=kernels)).losses(given, 0.5) for kernels in ("mean", "sum"))
    for name in ("discrepancy 1", "discrepancy 2", "discrepancy 3"):
        torch.testing.assert_close(released[name], 5 * paper[name])
    torch.testing.assert_close(released["classification"], paper["classification"])
    with pytest.raises(ValueError, match=r"DAN has no kernels 'median'; choose one of mean | sum | one"):
        DAN(kernels="median")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="DAN has no layers 'all'; choose one of head"):
        DAN(layers="all")  # type: ignore[arg-type]


@pytest.mark.parametrize(("kernels", "bandwidths"), [("one", (1.0,)), ("33", [2 ** (k / 2) for k in range(-16, 17)])])
def test_other_kernels_are_the_middle_one_of_the_five_or_those_of_the_paper(
    kernels: Kernels, bandwidths: Sequence[float]
) -> None:
    given = batches("a", "b", shape=SHAPE)
    model = learner(DAN(kernels=kernels))
    layer = model.classifier[:2]  # type: ignore[index]
    features = model.features(given)
    source, target = layer(torch.cat([features["a"], features["b"]])), layer(features["target"])
    torch.testing.assert_close(model.losses(given, 0.5)["discrepancy 1"], squared_mmd(source, target, bandwidths))


def test_the_features_may_be_one_of_the_layers_or_the_only_one() -> None:
    """Above a bottleneck, the head is the last layer alone."""
    given = batches("a")
    network = Network(TinyCNN(), ("a", "target"))
    names: dict[Layers, int] = {"head": 1, "features": 1, "features and head": 2}
    for layers, count in names.items():
        model = DAN(layers=layers).build(network, 3)
        losses, features = model.losses(given, 0.5), model.features(given)
        assert len(losses) == 1 + count
        first = features if layers != "head" else {name: model.classifier(f) for name, f in features.items()}
        torch.testing.assert_close(losses["discrepancy 1"], squared_mmd(first["a"], first["target"]))


def test_each_term_reaches_the_layers_below_it_and_no_other() -> None:
    model = learner()
    for name, expected in (("discrepancy 1", [True, False, False]), ("discrepancy 2", [True, True, False])):
        model.zero_grad()
        model.losses(batches("a", shape=SHAPE), 0.5)[name].backward()
        linear = [module for module in model.classifier.children() if isinstance(module, nn.Linear)]
        assert [module.weight.grad is not None for module in linear] == expected


def test_equal_domains_are_near_zero_on_either_side() -> None:
    """The unbiased estimate may be negative, so the biased one is not what is minimised."""
    model, values = learner(), []
    for k in range(8):
        given = batches("a", shape=SHAPE, count=16)
        shuffled = torch.randint(0, 256, (32, *SHAPE), generator=torch.Generator().manual_seed(k)).to(torch.uint8)
        given = {name: batch._replace(inputs=shuffled[16 * i :][:16]) for i, (name, batch) in enumerate(given.items())}
        values.append(float(model.losses(given, 0.5)["discrepancy 1"].detach()))
    assert min(values) < 0 < max(values)
    assert sum(values) / len(values) == pytest.approx(0, abs=0.02)


def test_a_linear_head_has_one_term() -> None:
    model = DAN().build(Network(TinyCNN(), ("a", "target")), 3)
    assert set(model.losses(batches("a"), 0.5)) == {"classification", "discrepancy 1"}
