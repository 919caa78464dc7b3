"""CMD against a naive version and scipy's moments, and what a metric must do."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

from mtl_bench.measures.cmd import central_moment_discrepancy


def samples(n: int = 12, m: int = 9, d: int = 4) -> tuple[Tensor, Tensor]:
    """Values in [0, 1]."""
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.rand(k, d, generator=generator, dtype=torch.float64) for k in (n, m))
    return x, y**2


@pytest.mark.parametrize("moments", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("width", [1.0, 2.0])
def test_it_is_scipys_central_moments(moments: int, width: float) -> None:
    x, y = samples()
    a, b = x.numpy(), y.numpy()
    expected = np.linalg.norm(a.mean(0) - b.mean(0)) / width
    for k in range(2, moments + 1):
        difference = scipy.stats.moment(a, order=k, axis=0) - scipy.stats.moment(b, order=k, axis=0)
        expected += np.linalg.norm(difference) / width**k
    assert float(central_moment_discrepancy(x, y, moments, width)) == pytest.approx(expected)


def test_its_gradient_passes_gradcheck() -> None:
    x, y = (sample.requires_grad_() for sample in samples(5, 4, 3))
    assert torch.autograd.gradcheck(central_moment_discrepancy, (x, y))


def test_equal_samples_are_at_zero_with_a_finite_gradient() -> None:
    """The norms are not squared: their slope at zero must not be 0 / 0."""
    x, _ = samples()
    x.requires_grad_()
    value = central_moment_discrepancy(x, x.detach().flip(0))
    value.backward()
    assert float(value.detach()) == pytest.approx(0, abs=1e-12)
    assert x.grad is not None
    assert bool(torch.isfinite(x.grad).all())


def test_the_interval_only_sets_the_unit() -> None:
    x, y = samples()
    expected = central_moment_discrepancy(x, y)
    torch.testing.assert_close(central_moment_discrepancy(2 * x - 1, 2 * y - 1, width=2.0), expected)
    torch.testing.assert_close(central_moment_discrepancy(y, x), expected)
    torch.testing.assert_close(central_moment_discrepancy(x[:, [2, 0, 3, 1]], y[:, [2, 0, 3, 1]]), expected)


def test_higher_moments_tell_what_lower_ones_cannot() -> None:
    """Equal mean and variance, another kurtosis."""
    x = torch.tensor([[0.0], [1.0]] * 4, dtype=torch.float64)
    y = torch.tensor([[0.5 - 2**-0.5], [0.5], [0.5], [0.5 + 2**-0.5]] * 2, dtype=torch.float64)
    assert float(central_moment_discrepancy(x, y, moments=3)) == pytest.approx(0, abs=1e-12)
    assert float(central_moment_discrepancy(x, y, moments=4)) == pytest.approx(1 / 16)


def test_in_float32_saturated_units_stay_finite() -> None:
    x, y = torch.sigmoid(100 * torch.randn(64, 20)).requires_grad_(), torch.ones(64, 20)
    value = central_moment_discrepancy(x, y)
    value.backward()
    assert x.grad is not None
    assert bool(torch.isfinite(x.grad).all())
