"""Other estimates of MMD against loops over points, in value and gradient, and by their statistics."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from mtl_bench.measures.mmd import OCTAVES, squared_mmd
from mtl_bench.measures.mmd_estimators import (
    all_pairs_mmd,
    factors,
    mean_distance,
    median_kernel_mmd,
    quadruple_mmd,
    squared_distance_of_means,
)

SIZES = pytest.mark.parametrize(("n", "m"), [(5, 5), (6, 3), (4, 7)])
WITH_SELF = pytest.mark.parametrize("with_self", [False, True], ids=["different points", "all pairs"])
KERNELS = pytest.mark.parametrize("kernels", [1, 5])


def samples(n: int, m: int, d: int = 3, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(k, d, generator=generator, dtype=torch.float64) for k in (n, m))
    return x.requires_grad_(), (1.5 * y + 0.5).requires_grad_()


def same(found: Tensor, expected: Tensor, *inputs: Tensor) -> None:
    """Equal in value and gradient."""
    torch.testing.assert_close(found, expected)
    pairs = zip(torch.autograd.grad(3 * found, inputs), torch.autograd.grad(3 * expected, inputs), strict=True)
    for a, b in pairs:
        torch.testing.assert_close(a, b)


def distance(p: Tensor, q: Tensor) -> Tensor:
    return (p - q).square().sum()


def kernel_of(x: Tensor, y: Tensor, kernels: int, with_self: bool) -> Callable[[Tensor, Tensor], Tensor]:
    """The mean Gaussian kernel around the mean distance, by a loop over the pairs of all points."""
    points = torch.cat([x, y]).detach()
    distances = [
        float(distance(p, q)) for i, p in enumerate(points) for j, q in enumerate(points) if with_self or i != j
    ]
    unit = float(np.mean(distances))
    spread = [2.0**k for k in range(-(kernels // 2), kernels - kernels // 2)]
    return lambda p, q: torch.stack([torch.exp(-distance(p, q) / (unit * s)) for s in spread]).mean()


@SIZES
def test_the_distance_of_means_is_the_biased_mmd_of_the_linear_kernel(n: int, m: int) -> None:
    x, y = samples(n, m)
    within = [sum((p @ q for p in z for q in z), torch.zeros(())) / len(z) ** 2 for z in (x, y)]
    across = sum((p @ q for p in x for q in y), torch.zeros(())) / (n * m)
    same(squared_distance_of_means(x, y), within[0] + within[1] - 2 * across, x, y)


@SIZES
@WITH_SELF
@KERNELS
def test_quadruples_are_a_loop_over_points_in_a_row(n: int, m: int, with_self: bool, kernels: int) -> None:
    x, y = samples(n, m)
    k = kernel_of(x, y, kernels, with_self)
    terms = []
    for i in range(max(n, m)):
        x1, x2, y1, y2 = x[i % n], x[(i % n + 1) % n], y[i % m], y[(i % m + 1) % m]
        terms.append(k(x1, x2) + k(y1, y2) - k(x1, y2) - k(x2, y1))
    same(quadruple_mmd(x, y, factors(kernels), with_self=with_self), torch.stack(terms).mean(), x, y)


@SIZES
@WITH_SELF
@KERNELS
def test_all_pairs_are_a_double_loop(n: int, m: int, with_self: bool, kernels: int) -> None:
    x, y = samples(n, m)
    k = kernel_of(x, y, kernels, with_self)

    def within(z: Tensor) -> Tensor:
        return torch.stack([k(p, q) for i, p in enumerate(z) for j, q in enumerate(z) if i != j]).mean()

    across = torch.stack([k(p, q) for p in x for q in y]).mean()
    same(all_pairs_mmd(x, y, factors(kernels), with_self=with_self), within(x) + within(y) - 2 * across, x, y)


@pytest.mark.parametrize(("n", "m"), [(3, 3), (5, 4), (6, 3)])
def test_the_median_kernel_is_a_double_loop(n: int, m: int) -> None:
    x, y = samples(n, m)
    points = torch.cat([x, y]).detach()
    distances = sorted(float(distance(p, q)) for i, p in enumerate(points) for q in points[:i])
    median = distances[(len(distances) - 1) // 2]  # the lower one of two

    def mean(a: Tensor, b: Tensor) -> Tensor:
        return torch.stack([torch.exp(-distance(p, q) / median) for p in a for q in b]).mean()

    same(median_kernel_mmd(x, y), mean(x, x) + mean(y, y) - 2 * mean(x, y), x, y)
    torch.testing.assert_close(median_kernel_mmd(10 * x, 10 * y), median_kernel_mmd(x, y))


def test_five_factors_are_those_of_the_unbiased_estimate_and_one_is_the_mean_distance() -> None:
    assert factors(5) == OCTAVES
    assert factors(1) == (1.0,)
    assert factors(33)[16] == 1.0
    x, y = samples(6, 5)
    torch.testing.assert_close(all_pairs_mmd(x, y), squared_mmd(x, y))
    with pytest.raises(ValueError, match="there are no 0 kernels; give 1 or more"):
        factors(0)


def test_the_mean_distance_is_numpys_and_no_gradient_passes_it() -> None:
    x, y = samples(6, 5)
    points = torch.cat([x, y]).detach().numpy()
    every = ((points[:, None] - points) ** 2).sum(2)
    assert float(mean_distance(x, y, with_self=True)) == pytest.approx(every.mean())
    assert float(mean_distance(x, y, with_self=False)) == pytest.approx(every.sum() / (11 * 10))
    assert not mean_distance(x, y, with_self=True).requires_grad


@pytest.mark.slow
def test_both_estimates_agree_on_average_and_quadruples_vary_more() -> None:
    generator = torch.Generator().manual_seed(0)
    draws = [torch.randn(2, 8, 3, generator=generator, dtype=torch.float64) for _ in range(600)]
    values = np.array([[float(f(x, y + 0.7)) for f in (quadruple_mmd, all_pairs_mmd)] for x, y in draws])
    difference = values[:, 0] - values[:, 1]
    assert abs(difference.mean()) < 4 * difference.std() / math.sqrt(len(draws))
    assert values[:, 0].std() > 1.1 * values[:, 1].std()


def test_float32_far_from_the_origin_is_as_good_as_float64() -> None:
    x, y = (sample.detach().float() / 10 + 100 for sample in samples(32, 32, 20))
    for measure in (quadruple_mmd, all_pairs_mmd, median_kernel_mmd, squared_distance_of_means):
        assert float(measure(x, y)) == pytest.approx(float(measure(x.double(), y.double())), rel=1e-3)


def test_a_dead_layer_gives_zero_and_no_gradient() -> None:
    for measure in (quadruple_mmd, all_pairs_mmd, median_kernel_mmd, squared_distance_of_means):
        x = torch.zeros(6, 3, requires_grad=True)
        value = measure(x, torch.zeros(4, 3))
        value.backward()
        assert float(value.detach()) == pytest.approx(0, abs=1e-6)
        assert x.grad is not None
        assert not x.grad.any()


def test_too_few_points_are_refused_with_a_sentence() -> None:
    for measure in (quadruple_mmd, all_pairs_mmd, median_kernel_mmd):
        with pytest.raises(ValueError, match="two points of each sample, not 1 and 5; use larger batches"):
            measure(torch.randn(1, 3), torch.randn(5, 3))
    with pytest.raises(ValueError, match="a mean needs a point of each sample, not 0 and 5; use larger batches"):
        squared_distance_of_means(torch.zeros(0, 3), torch.randn(5, 3))
