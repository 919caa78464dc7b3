"""MMD against a double loop, by its statistics, its invariances and its gradient."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mtl_bench.measures.mmd import OCTAVES, squared_mmd

EITHER = pytest.mark.parametrize("biased", [True, False], ids=["biased", "unbiased"])
ANY_SCALE = pytest.mark.parametrize("relative", [True, False], ids=["relative", "absolute"])
SPACINGS = pytest.mark.parametrize(
    "bandwidths", [(1.0,), OCTAVES, (3.0, 0.7, 1.4, 20.0), tuple(2.0 ** (k / 2) for k in range(-16, 17))], ids=len
)


def samples(n: int, m: int, d: int, seed: int = 0, shift: float = 0.5) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(k, d, generator=generator, dtype=torch.float64) for k in (n, m))
    return x, 1.5 * y + shift


def by_double_loop(x: Tensor, y: Tensor, bandwidths: tuple[float, ...], relative: bool, biased: bool) -> Tensor:
    points = torch.cat([x, y])
    scale = 1.0
    if relative:
        pairs = [(p - q).square().sum() for i, p in enumerate(points.detach()) for q in points.detach()[:i]]
        scale = float(sum(pairs, torch.zeros(()))) / len(pairs)

    def mean_kernel(first: Tensor, second: Tensor, leave_out_self: bool) -> Tensor:
        values = []
        for i, p in enumerate(first):
            for j, q in enumerate(second):
                if not (leave_out_self and i == j):
                    d = (p - q).square().sum()
                    values.append(sum((torch.exp(-d / (b * scale)) for b in bandwidths), torch.zeros(())))
        return torch.stack(values).mean() / len(bandwidths)

    return mean_kernel(x, x, not biased) + mean_kernel(y, y, not biased) - 2 * mean_kernel(x, y, False)


@EITHER
@ANY_SCALE
@SPACINGS
def test_it_is_the_double_loop_in_value_and_gradient(
    bandwidths: tuple[float, ...], relative: bool, biased: bool
) -> None:
    x, y = (sample.requires_grad_() for sample in samples(5, 4, 3))
    found = squared_mmd(x, y, bandwidths, relative=relative, biased=biased)
    expected = by_double_loop(x, y, bandwidths, relative, biased)
    torch.testing.assert_close(found, expected)
    for a, b in zip(torch.autograd.grad(3 * found, (x, y)), torch.autograd.grad(3 * expected, (x, y)), strict=True):
        torch.testing.assert_close(a, b)


@EITHER
def test_the_written_out_gradient_passes_gradcheck(biased: bool) -> None:
    x, y = (sample.requires_grad_() for sample in samples(6, 3, 2))
    assert torch.autograd.gradcheck(lambda a, b: squared_mmd(a, b, OCTAVES, relative=False, biased=biased), (x, y))


def test_a_sample_is_at_distance_zero_from_itself() -> None:
    x, _ = samples(20, 2, 4)
    assert float(squared_mmd(x, x, biased=True)) == pytest.approx(0, abs=1e-12)
    assert float(squared_mmd(x, x.flip(0), biased=True)) == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
def test_the_unbiased_estimate_is_zero_on_average_between_equals_and_the_biased_one_is_not() -> None:
    generator = torch.Generator().manual_seed(0)
    draws = [torch.randn(2, 8, 3, generator=generator, dtype=torch.float64) for _ in range(500)]
    for biased, is_zero in ((False, True), (True, False)):
        values = torch.stack([squared_mmd(x, y, (6.0,), relative=False, biased=biased) for x, y in draws])
        in_standard_errors = abs(float(values.mean() / values.std())) * math.sqrt(len(draws))
        assert (in_standard_errors < 4) is is_zero
        assert bool((values < 0).any()) is not biased


@pytest.mark.slow
def test_the_unbiased_estimate_does_not_depend_on_the_sample_size_on_average() -> None:
    """Between N(0, 1) and N(1, 1) with one kernel the population value is known."""
    b, variance = 2.0, 1.0
    same = math.sqrt(b / (b + 4 * variance))
    population = 2 * same * (1 - math.exp(-1 / (b + 4 * variance)))
    for size in (2, 3, 10):
        generator = torch.Generator().manual_seed(size)
        values = []
        for _ in range(600):
            x, y = torch.randn(2, size, 1, generator=generator, dtype=torch.float64)
            values.append(float(squared_mmd(x, y + 1, (b,), relative=False)))
        found = torch.tensor(values)
        assert float(found.mean()) == pytest.approx(population, abs=4 * float(found.std()) / math.sqrt(600))


@EITHER
def test_it_grows_with_the_shift(biased: bool) -> None:
    values = [float(squared_mmd(*samples(60, 60, 4, shift=s), biased=biased)) for s in (0.0, 0.5, 1.0, 2.0, 4.0)]
    assert values == sorted(values)


@EITHER
def test_translations_rotations_orders_and_the_sides_do_not_matter(biased: bool) -> None:
    x, y = samples(7, 9, 4)
    rotation, _ = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64))
    expected = squared_mmd(x, y, biased=biased)
    for a, b in ((x + 5, y + 5), (x @ rotation, y @ rotation), (x.flip(0), y.roll(2, 0)), (y, x)):
        torch.testing.assert_close(squared_mmd(a, b, biased=biased), expected)


def test_relative_bandwidths_follow_the_scale_and_absolute_ones_do_not() -> None:
    x, y = samples(7, 9, 4)
    torch.testing.assert_close(squared_mmd(100 * x, 100 * y), squared_mmd(x, y))
    assert float(squared_mmd(100 * x, 100 * y, relative=False)) < 0.1 * float(squared_mmd(x, y, relative=False))


def test_float32_far_from_the_origin_is_as_good_as_float64() -> None:
    x, y = (sample.float() / 10 + 100 for sample in samples(64, 64, 50))
    x, y = x.requires_grad_(), y.requires_grad_()
    x64, y64 = (sample.detach().double().requires_grad_() for sample in (x, y))
    found, expected = squared_mmd(x, y), squared_mmd(x64, y64)
    assert float(found.detach()) == pytest.approx(float(expected.detach()), rel=1e-4)
    (gradient,), (expected_gradient,) = torch.autograd.grad(found, x), torch.autograd.grad(expected, x64)
    torch.testing.assert_close(gradient.double(), expected_gradient, rtol=1e-3, atol=1e-6)


@EITHER
@ANY_SCALE
def test_a_dead_layer_gives_zero_and_no_gradient(relative: bool, biased: bool) -> None:
    x = torch.zeros(6, 3, requires_grad=True)
    value = squared_mmd(x, torch.zeros(4, 3), relative=relative, biased=biased)
    value.backward()
    assert float(value.detach()) == pytest.approx(0, abs=1e-6)
    assert x.grad is not None
    assert not x.grad.any()


def test_one_point_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="two points of each sample, not 1 and 5; use larger batches"):
        squared_mmd(torch.randn(1, 3), torch.randn(5, 3))
