"""What makes CMD CMD: moments of a bounded layer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mtl_bench.measures.cmd import central_moment_discrepancy
from mtl_bench.methods.deep.cmd import CMD, with_bounded_layer
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.heads import layers_of
from mtl_bench.models.network import Network
from mtl_bench.models.one_hidden_layer import OneHiddenLayer
from mtl_bench.training.learner import Batch, Learner
from tests.models.backbones import TinyCNN, batches, images

SHAPE = DigitCNN.input_shape


def learner(method: CMD | None = None) -> Learner:
    torch.manual_seed(0)
    return (method or CMD()).build(Network(DigitCNN(), ("a", "b", "target")), 3)


def test_the_last_hidden_layer_alone_becomes_a_tanh() -> None:
    head = DigitCNN().head(768, 3)
    kinds = [type(module) for module in with_bounded_layer(head, "tanh").children()]
    assert kinds == [nn.Linear, nn.ReLU, nn.Linear, nn.Tanh, nn.Linear]


def test_the_aligned_layer_is_bounded_however_large_the_features() -> None:
    model = learner()
    bounded = layers_of(model.classifier, 1e4 * torch.randn(50, 768))[-2].detach()
    assert bool((bounded.abs() <= 1).all())
    assert float(bounded.max() - bounded.min()) > 1.9


@pytest.mark.parametrize("moments", [1, 3, 5])
def test_the_discrepancy_is_that_of_the_bounded_layer(moments: int) -> None:
    model, given = learner(CMD(weight=0.5, moments=moments)), batches("a", "b", shape=SHAPE)
    part = model.classifier[:4]  # type: ignore[index]
    features = model.features(given)
    source, target = part(torch.cat([features["a"], features["b"]])), part(features["target"])
    expected = 0.5 * central_moment_discrepancy(source, target, moments, width=2.0)
    torch.testing.assert_close(model.losses(given, 0.5)["discrepancy"], expected)


def test_it_predicts_through_the_bounded_layer() -> None:
    model, x = learner().eval(), images(4, 0, SHAPE)
    features = model.net({"target": x})["target"]["conv2"].flatten(1)
    assert torch.equal(model.predict(x, "target"), model.classifier(features))


def test_a_head_without_a_hidden_layer_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="CMD needs a hidden layer to bound; choose a backbone"):
        CMD().build(Network(TinyCNN(), ("a", "target")), 3)


def test_above_a_bottleneck_its_units_are_bounded_by_a_sigmoid() -> None:
    """The authors' network: one sigmoid layer on fixed features, and an interval of length 1."""
    torch.manual_seed(0)
    model = CMD(weight=0.5, bounded="sigmoid").build(Network(Bottleneck(features=12), ("a", "target")), 3)
    given = {
        name: Batch(torch.randn(40, 12) + shift, labels, target=name == "target")
        for name, shift, labels in (("a", 0.0, torch.zeros(40, dtype=torch.int64)), ("target", 1.0, None))
    }
    features = model.features(given)
    assert 0 < float(features["a"].detach().min()) < float(features["a"].detach().max()) < 1
    expected = 0.5 * central_moment_discrepancy(features["a"], features["target"], 5, width=1.0)
    torch.testing.assert_close(model.losses(given, 0.5)["discrepancy"], expected)
    with pytest.raises(ValueError, match="CMD bounds no layer by 'ReLU'; choose tanh or sigmoid"):
        CMD(bounded="ReLU")  # type: ignore[arg-type]


def test_a_stage_that_ends_bounded_so_already_is_left_as_it_is() -> None:
    torch.manual_seed(0)
    net = Network(OneHiddenLayer(12, 5), ("a", "target"))
    stage = net.stages["hidden"]
    built = CMD(bounded="sigmoid").build(net, 3)
    assert built.net.stages["hidden"] is stage
    given = {
        "a": Batch(torch.randn(6, 12), torch.tensor([0, 1, 2] * 2)),
        "target": Batch(torch.randn(4, 12), None, True),
    }
    source, target = (torch.sigmoid(stage[0](given[name].inputs)) for name in given)  # type: ignore[index]
    torch.testing.assert_close(
        built.losses(given, 0.0)["discrepancy"], central_moment_discrepancy(source, target, 5, width=1.0)
    )
    with pytest.raises(ValueError, match="CMD needs a hidden layer to bound"):
        CMD(bounded="tanh").build(Network(OneHiddenLayer(12, 5), ("a", "target")), 3)
