"""Joint MMD against a double loop and the authors' library, and what makes it joint."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from mtl_bench.measures.joint_mmd import Gaussians, squared_joint_mmd
from mtl_bench.measures.mmd import OCTAVES, squared_mmd
from tests.methods import peers

JAN = (Gaussians(OCTAVES, relative=True), Gaussians((1.68,), relative=False))
Layers = list[Tensor]


def samples(n: int, m: int, seed: int = 0) -> tuple[Layers, Layers]:
    """Two layers of three and two units each, the second one of probabilities."""
    generator = torch.Generator().manual_seed(seed)

    def layers(rows: int, shift: float) -> Layers:
        drawn = torch.randn(rows, 5, generator=generator, dtype=torch.float64) + shift
        return [drawn[:, :3], drawn[:, 3:].softmax(1)]

    return layers(n, 0), layers(m, 0.5)


def by_double_loop(x: Layers, y: Layers, kernels: tuple[Gaussians, ...]) -> Tensor:
    points = [torch.cat(pair) for pair in zip(x, y, strict=True)]
    scales = []
    for layer in points:
        apart = [float((p - q).square().sum()) for p, q in itertools.combinations(layer.detach(), 2)]
        scales.append(sum(apart) / len(apart))

    def kernel(i: int, j: int) -> Tensor:
        factors = []
        for layer, scale, gaussians in zip(points, scales, kernels, strict=True):
            d = (layer[i] - layer[j]).square().sum()
            values = [torch.exp(-d / (b * (scale if gaussians.relative else 1))) for b in gaussians.bandwidths]
            factors.append(torch.stack(values).sum() / len(values))
        return torch.stack(factors).prod()

    def mean(pairs: list[tuple[int, int]]) -> Tensor:
        return torch.stack([kernel(i, j) for i, j in pairs]).sum() / len(pairs)

    first, second = range(len(x[0])), range(len(x[0]), len(points[0]))
    within = mean(list(itertools.permutations(first, 2))) + mean(list(itertools.permutations(second, 2)))
    return within - 2 * mean(list(itertools.product(first, second)))


@pytest.mark.parametrize("kernels", [JAN, (Gaussians((0.7, 3.0), relative=False), Gaussians((1.0,)))], ids=["JAN", "b"])
def test_it_is_the_double_loop_in_value_and_gradient(kernels: tuple[Gaussians, ...]) -> None:
    x, y = samples(5, 4)
    leaves = [layer.requires_grad_() for layer in (*x, *y)]
    found, expected = squared_joint_mmd(x, y, kernels), by_double_loop(x, y, kernels)
    torch.testing.assert_close(found, expected)
    pairs = zip(torch.autograd.grad(found, leaves), torch.autograd.grad(expected, leaves), strict=True)
    for a, b in pairs:
        torch.testing.assert_close(a, b)


def test_it_is_that_of_the_authors_library_in_value_and_gradient() -> None:
    """Their sum of three kernels is three times the mean; their mean distance counts each point with itself."""
    features, logits = (side.clone().requires_grad_() for side in (peers.FEATURES[0], peers.LOGITS[0]))
    x, y = [features, logits.softmax(1)], [peers.FEATURES[1], peers.LOGITS[1].softmax(1)]
    kernels = Gaussians(tuple(2 * alpha * 7 / 8 for alpha in (0.5, 1.0, 2.0))), JAN[1]
    found = 3 * squared_joint_mmd(x, y, kernels)
    assert float(found.detach()) == pytest.approx(peers.JOINT_MMD, rel=1e-9)
    gradients = torch.autograd.grad(found, (features, logits))
    assert [float(g.square().sum()) for g in gradients] == pytest.approx(peers.JOINT_MMD_GRADIENTS, rel=1e-9)


@pytest.mark.parametrize("bandwidths", [(1.0,), OCTAVES], ids=len)
def test_of_one_layer_it_is_mmd_and_a_layer_that_never_changes_adds_nothing(bandwidths: tuple[float, ...]) -> None:
    (x, _), (y, _) = samples(6, 4)
    expected = squared_mmd(x, y, bandwidths)
    torch.testing.assert_close(squared_joint_mmd([x], [y], [Gaussians(bandwidths)]), expected)
    still = x.new_ones(6, 2), y.new_ones(4, 2)
    found = squared_joint_mmd([x, still[0]], [y, still[1]], [Gaussians(bandwidths), JAN[1]])
    torch.testing.assert_close(found, expected)


def test_it_sees_what_no_layer_shows_alone() -> None:
    """Equal marginals: the second layer goes with the first in one domain and against it in the other."""
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 300, 1, generator=generator, dtype=torch.float64)
    kernels = (Gaussians((1.0,)), Gaussians((1.0,)))
    alone = [float(squared_joint_mmd([layer], [other], kernels[:1])) for layer, other in ((a, b), (a, -b))]
    together = float(squared_joint_mmd([a, a], [b, -b], kernels))
    assert max(map(abs, alone)) < 0.01 < 0.1 < together


@pytest.mark.slow
def test_it_is_zero_on_average_between_equals() -> None:
    values = []
    for seed in range(400):
        (f, g), _ = samples(16, 2, seed)
        values.append(float(squared_joint_mmd([f[:8], g[:8]], [f[8:], g[8:]], JAN)))
    found = torch.tensor(values)
    assert abs(float(found.mean() / found.std())) * math.sqrt(len(values)) < 4
    assert bool((found < 0).any())


def test_orders_and_the_sides_do_not_matter() -> None:
    x, y = samples(7, 5)
    expected = squared_joint_mmd(x, y, JAN)
    torch.testing.assert_close(squared_joint_mmd(y, x, JAN), expected)
    torch.testing.assert_close(squared_joint_mmd([z.flip(0) for z in x], [z.roll(2, 0) for z in y], JAN), expected)
    mixed = [x[0], x[1].flip(0)]
    assert abs(float(squared_joint_mmd(mixed, y, JAN) - expected)) > 1e-4, "layers are no longer of the same rows"


def test_float32_far_from_the_origin_is_as_good_as_float64() -> None:
    x, y = samples(64, 64)
    x, y = ([(layer / 10 + 100).float().requires_grad_() for layer in side] for side in (x, y))
    x64, y64 = ([layer.detach().double().requires_grad_() for layer in side] for side in (x, y))
    found, expected = squared_joint_mmd(x, y, JAN), squared_joint_mmd(x64, y64, JAN)
    assert float(found.detach()) == pytest.approx(float(expected.detach()), rel=1e-3)
    (gradient,), (expected_gradient,) = torch.autograd.grad(found, x[0]), torch.autograd.grad(expected, x64[0])
    torch.testing.assert_close(gradient.double(), expected_gradient, rtol=1e-2, atol=1e-6)


def test_dead_layers_give_zero_and_no_gradient() -> None:
    x = [torch.zeros(6, 3, requires_grad=True), torch.full((6, 2), 0.5)]
    value = squared_joint_mmd(x, [torch.zeros(4, 3), torch.full((4, 2), 0.5)], JAN)
    value.backward()
    assert float(value.detach()) == pytest.approx(0, abs=1e-6)
    assert x[0].grad is not None
    assert not x[0].grad.any()


def test_what_does_not_fit_is_refused() -> None:
    x, y = samples(1, 5)
    with pytest.raises(ValueError, match="two points of each sample, not 1 and 5; use larger batches"):
        squared_joint_mmd(x, y, JAN)
    x, y = samples(3, 5)
    with pytest.raises(ValueError, match="of 2 and 2 layers has 1 kernels; give one for each layer"):
        squared_joint_mmd(x, y, JAN[:1])
