"""CORAL against numpy, and what does not change it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mtl_bench.measures.coral import coral


def samples(n: int, m: int, d: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(k, d, generator=generator, dtype=torch.float64) for k in (n, m))
    return x, y @ torch.diag(torch.arange(1.0, d + 1, dtype=torch.float64))


@pytest.mark.parametrize(("n", "m", "d"), [(20, 30, 4), (3, 2, 7), (9, 5, 1)])
def test_it_is_numpys_covariances(n: int, m: int, d: int) -> None:
    x, y = samples(n, m, d)
    covariances = [np.atleast_2d(np.cov(sample.numpy(), rowvar=False, ddof=1)) for sample in (x, y)]
    expected = np.sum((covariances[0] - covariances[1]) ** 2) / (4 * d**2)
    assert float(coral(x, y)) == pytest.approx(expected)


def test_its_gradient_passes_gradcheck() -> None:
    assert torch.autograd.gradcheck(coral, tuple(sample.requires_grad_() for sample in samples(5, 4, 3)))


def test_it_sees_covariances_and_not_means() -> None:
    x, y = samples(20, 30, 4)
    expected = coral(x, y)
    assert float(expected) > 0.1
    torch.testing.assert_close(coral(x + 3, y - torch.arange(4)), expected)
    torch.testing.assert_close(coral(y, x), expected)
    torch.testing.assert_close(coral(10 * x, 10 * y), 10**4 * expected)
    assert float(coral(x, x - 7)) == pytest.approx(0, abs=1e-20)


def test_one_point_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="two points of each sample, not 5 and 1; use larger batches"):
        coral(torch.randn(5, 3), torch.randn(1, 3))
