"""What makes JAN JAN: one kernel of features and predictions together, both of which move, and a weight that grows."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mtl_bench.methods.deep.jan import JAN, JANLearner
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner
from tests.methods import peers
from tests.models.backbones import TinyCNN, batches

GIVEN = {"source": Batch(torch.zeros(4, 1), None), "target": Batch(torch.zeros(4, 1), None, target=True)}


def learner(method: JAN | None = None, *sources: str) -> JANLearner:
    torch.manual_seed(0)
    built = (method or JAN()).build(Network(TinyCNN(), (*(sources or ("source",)), "target")), 3)
    assert isinstance(built, JANLearner)
    return built


def gram(layer: Tensor, bandwidths: tuple[float, ...], relative: bool) -> Tensor:
    """The summed kernels of every row with every row, from differences."""
    d = (layer[:, None] - layer[None]).square().sum(2)
    scale = float(d.detach().sum()) / (len(d) ** 2 - len(d)) if relative else 1.0
    return torch.stack([torch.exp(-d / (b * scale)) for b in bandwidths]).sum(0)


def joint(features: Tensor, logits: Tensor) -> Tensor:
    """As released: five kernels around the mean distance, summed, times the one of 1.68 of the softmax."""
    return gram(features, (0.25, 0.5, 1, 2, 4), True) * gram(torch.softmax(logits, 1), (1.68,), False)


def test_the_discrepancy_is_written_out_in_value_and_in_the_gradient_of_every_weight() -> None:
    model, given = learner(None, "a", "b").double(), batches("a", "b")
    found = model.losses(given, 0.3)["joint discrepancy"]
    features = model.features(given)
    rows = torch.cat([features["a"], features["b"], features["target"]])
    kernel = joint(rows, model.classifier(rows)) / 5
    within = (kernel[:12, :12].sum() - 12) / 132 + (kernel[12:, 12:].sum() - 6) / 30
    expected = math.tanh(1.5) * (within - 2 * kernel[:12, 12:].mean())  # 2 / (1 + exp(-3)) - 1
    torch.testing.assert_close(found, expected)
    weights = [p for p in model.parameters() if p.requires_grad]
    pairs = [torch.autograd.grad(loss, weights, retain_graph=True) for loss in (found, expected)]
    for a, b in zip(*pairs, strict=True):
        torch.testing.assert_close(a, b)
        assert a.any(), "predictions and features both pass a gradient on"


def test_it_is_the_released_estimate_over_pairs_in_a_row_on_average_over_the_orders_of_rows() -> None:
    """Of every order of four source and four target rows: sum of five kernels, s_i with s_i+1, t_i+1 and so on."""
    model = learner(JAN(kernels="sum", gamma=None)).double()
    torch.nn.init.eye_(model.classifier.weight[:, :3])  # type: ignore[index]
    features = {
        name: torch.cat([side, side.new_zeros(4, 21)], 1) for name, side in zip(GIVEN, peers.FEATURES, strict=True)
    }
    rows = torch.cat(list(features.values()))
    kernel = joint(rows, model.classifier(rows)).detach().numpy()
    estimates = []
    for s, t in itertools.product(itertools.permutations(range(4)), itertools.permutations(range(4, 8))):
        s1, t1 = np.roll(s, -1), np.roll(t, -1)
        estimates.append((kernel[s, s1] + kernel[t, t1] - kernel[s, t1] - kernel[s1, t]).sum() / 4)
    found = model.weight * model.joint_discrepancy(features, GIVEN)
    assert float(found.detach()) == pytest.approx(np.mean(estimates), rel=1e-9)
    assert np.std(estimates) > 0.01


@pytest.mark.parametrize(("gamma", "p", "share"), [(10.0, 0.0, 0.0), (10.0, 0.1, 0.4621), (4.0, 1.0, 0.964)])
def test_the_weight_grows_over_the_run_or_is_constant_as_released(gamma: float, p: float, share: float) -> None:
    given = batches("source")
    grown = learner(JAN(weight=0.3, gamma=gamma)).losses(given, p)["joint discrepancy"]
    constant = learner(JAN(weight=0.3, gamma=None)).losses(given, p)["joint discrepancy"]
    assert float(grown.detach()) == pytest.approx(share * float(constant.detach()), rel=1e-3)


def test_as_released_the_five_kernels_are_summed() -> None:
    paper, released = (learner(JAN(kernels=k)).losses(batches("source"), 0.5) for k in ("mean", "sum"))
    torch.testing.assert_close(released["joint discrepancy"], 5 * paper["joint discrepancy"])
    with pytest.raises(ValueError, match="kernels can't be combined by 'median'; choose mean or sum"):
        JAN(kernels="median")  # type: ignore[arg-type]


def test_without_weight_it_learns_what_the_source_alone_teaches() -> None:
    torch.manual_seed(0)
    plain: Learner = SourceOnly().build(Network(TinyCNN("separate"), ("source", "target")), 3)
    torch.manual_seed(0)
    model = JAN(weight=0.0).build(Network(TinyCNN("separate"), ("source", "target")), 3)
    given = batches("source")
    for one in (plain, model):
        sum(one.losses(given, 0.5).values(), torch.zeros(())).backward()
    for mine, other in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


def test_on_a_bottleneck_it_acts_on_its_output() -> None:
    torch.manual_seed(0)
    model = JAN().build(Network(Bottleneck(12, width=8), ("source", "target")), 3).eval()
    assert isinstance(model, JANLearner)
    given = {name: Batch(torch.rand(5, 12), torch.arange(5) % 3, name == "target") for name in GIVEN}
    seen = {name: model.net.stages["bottleneck"](batch.inputs) for name, batch in given.items()}
    torch.testing.assert_close(model.losses(given, 9.0)["joint discrepancy"], model.joint_discrepancy(seen, given))
