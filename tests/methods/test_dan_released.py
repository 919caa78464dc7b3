"""DAN's released codes against their formulas, written out pair by pair; what one kernel and five differ in."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch
from torch import Tensor, nn

from mtl_bench.methods.deep.dan import DAN
from mtl_bench.methods.deep.dan_released import DANReleased
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Learner
from tests.models.backbones import TinyCNN, batches

SHAPE = DigitCNN.input_shape
XLEARN, TLLIB = DANReleased(), DANReleased(code="TLlib")
ALL_PAIRS = replace(TLLIB, estimate="all pairs")


def learner(method: DANReleased | DAN) -> Learner:
    torch.manual_seed(0)
    return method.build(Network(DigitCNN(), ("a", "target")), 3)


def samples(size: int = 6) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, size, 4, generator=generator, dtype=torch.float64)
    return x.requires_grad_(), (1.5 * y + 0.5).requires_grad_()


def kernels_of(method: DANReleased, points: Tensor) -> Tensor:
    """(N, N), summed over five: Xlearn's bandwidths are doubled, TLlib's are 2 alpha s, s with the zero diagonal."""
    distances = (points[:, None] - points[None]).square().sum(2)
    count = len(points)
    if method.code == "Xlearn":
        first = float(distances.detach().sum()) / (count**2 - count) / 2**2
        return sum((torch.exp(-distances / (first * 2**k)) for k in range(5)), torch.zeros(()))
    unit = float(distances.detach().mean())
    return sum((torch.exp(-distances / (2 * 2.0**k * unit)) for k in range(-3, 2)), torch.zeros(()))


@pytest.mark.parametrize("method", [XLEARN, TLLIB, ALL_PAIRS], ids=["Xlearn", "TLlib", "TLlib --non-linear"])
def test_the_loss_is_the_codes_in_value_and_gradient(method: DANReleased) -> None:
    x, y = samples()
    n, kernel = len(x), kernels_of(method, torch.cat([x, y]))
    index = torch.zeros(2 * n, 2 * n, dtype=torch.float64)
    for i in range(n):
        if method.estimate == "quadruples":
            j = (i + 1) % n
            index[i, j] = index[n + i, n + j] = 1 / n
            index[i, n + j] = index[j, n + i] = -1 / n
        else:
            index[i, :n] = index[n + i, n:] = 1 / (n * (n - 1))
            index[i, i] = index[n + i, n + i] = 0
            index[i, n:] = index[n + i, :n] = -1 / n**2
    expected = (index * kernel).sum() + (2 / (n - 1) if method.code == "TLlib" else 0)
    found = method.discrepancy(x, y)
    torch.testing.assert_close(found, expected)
    for a, b in zip(torch.autograd.grad(found, (x, y)), torch.autograd.grad(expected, (x, y)), strict=True):
        torch.testing.assert_close(a, b)


def test_the_variants_differ() -> None:
    x, y = samples()
    others = [replace(XLEARN, estimate="all pairs"), replace(XLEARN, combined="mean"), replace(XLEARN, kernels=1)]
    values = [float(method.discrepancy(x, y).detach()) for method in (XLEARN, TLLIB, ALL_PAIRS, *others)]
    assert len({round(value, 6) for value in values}) == len(values)


def test_one_kernel_and_five_differ_in_the_number_alone() -> None:
    """Each is a mean of kernels k(u, u) = 1, and the one is the middle one of the five."""
    x, y = samples()
    one, five = (DANReleased(kernels=kernels, combined="mean") for kernels in (1, 5))
    assert [f.name for f in fields(one) if getattr(one, f.name) != getattr(five, f.name)] == ["kernels"]
    far = torch.full((2, 4), 1e3, dtype=torch.float64), torch.full((2, 4), -1e3, dtype=torch.float64)
    for method in (one, five):  # two points, each domain's in one place: k(x, x') = k(y, y') = 1
        across = 2 - float(method.discrepancy(*far))
        unit = 2 / 3  # of the six pairs of different points four are far apart
        expected = sum(
            torch.exp(torch.tensor(-1 / (unit * b))) for b in ((1,) if method is one else (0.25, 0.5, 1, 2, 4))
        )
        assert across == pytest.approx(2 * float(expected) / method.kernels, rel=1e-6)
    assert float(one.discrepancy(x, y).detach()) != float(five.discrepancy(x, y).detach())


def test_the_layers_are_the_last_hidden_one_and_if_asked_the_logits() -> None:
    given, method = batches("a", shape=SHAPE), DANReleased(layers="last hidden and logits", weight=0.5)
    model = learner(method)
    losses = model.losses(given, 0.5)
    assert set(losses) == {"classification", "discrepancy", "discrepancy of logits"}
    features = model.features(given)
    for name, depth in (("discrepancy", 4), ("discrepancy of logits", 5)):
        part = model.classifier[:depth]  # type: ignore[index]
        expected = 0.5 * method.discrepancy(part(features["a"]), part(features["target"]))
        torch.testing.assert_close(losses[name], expected)
    assert set(learner(XLEARN).losses(given, 0.5)) == {"classification", "discrepancy"}
    losses["discrepancy"].backward(retain_graph=True)
    linear = [module for module in model.classifier.children() if isinstance(module, nn.Linear)]
    assert [module.weight.grad is not None for module in linear] == [True, True, False]


def test_over_all_pairs_it_is_dans_loss_of_that_layer() -> None:
    given = batches("a", shape=SHAPE)
    found = learner(DANReleased(estimate="all pairs")).losses(given, 0.5)["discrepancy"]
    torch.testing.assert_close(found, learner(DAN(kernels="sum")).losses(given, 0.5)["discrepancy 2"])


def test_several_sources_are_one_sample_whose_order_does_not_matter() -> None:
    model = XLEARN.build(Network(TinyCNN(), ("a", "b", "target")), 3).eval()
    given = batches("a", "b")
    features = model.features(given)
    for one, other in (("a", "b"), ("b", "a")):
        joined = torch.cat([features[one], features[other]])
        expected = XLEARN.discrepancy(joined, features["target"].repeat(2, 1))
        kernel_only = XLEARN.discrepancy(joined, features["target"])
        assert float(expected.detach()) != pytest.approx(float(kernel_only.detach()), rel=1e-4)  # another mean distance
        torch.testing.assert_close(model.losses(given, 0.5)["discrepancy"], kernel_only)


def test_what_no_code_has_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="code can't be 'DALIB'; choose Xlearn or TLlib"):
        DANReleased(code="DALIB")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="estimate can't be 'linear'; choose quadruples or all pairs"):
        DANReleased(estimate="linear")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="there are no 0 kernels"):
        DANReleased(kernels=0)
