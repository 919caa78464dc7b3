"""Joint maximum mean discrepancy: of several layers at once (Long et al., ICML 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from mtl_bench.measures.mmd import OCTAVES, SMALLEST_SCALE


@dataclass(frozen=True)
class Gaussians:
    """One layer's kernel: the mean over the bandwidths b of exp(-||u - v||^2 / (b s)).

    If `relative`, s is the mean squared distance between different points of the pooled sample, as a constant in the
    gradient; otherwise s = 1. Both as in `squared_mmd`.
    """

    bandwidths: tuple[float, ...] = OCTAVES
    relative: bool = True

    def between(self, points: Float[Tensor, "n d"]) -> Float[Tensor, "n n"]:
        """The kernel of every point with every point."""
        points = points - points.mean(0)  # float32 distances stay exact far from the origin
        gram = points @ points.T
        norms = gram.diagonal()
        distances = (norms[:, None] + norms - 2 * gram).clamp_min(0)
        scale = 2 * norms.detach().sum() / (len(points) - 1) if self.relative else points.new_tensor(1.0)
        scaled = distances / scale.clamp_min(SMALLEST_SCALE)
        return torch.stack([torch.exp(scaled / -bandwidth) for bandwidth in self.bandwidths]).mean(0)


def squared_joint_mmd(x: Sequence[Tensor], y: Sequence[Tensor], kernels: Sequence[Gaussians]) -> Float[Tensor, ""]:
    """The squared MMD between two joint distributions, each a sample of every layer: x of (n, d_l), y of (m, d_l).

    The kernel of two points is the product over the layers of the layers' kernels. The estimate is the unbiased one
    over all pairs of different points and may be negative.
    """
    if not 0 < len(x) == len(y) == len(kernels):
        raise ValueError(
            f"joint MMD of {len(x)} and {len(y)} layers has {len(kernels)} kernels; give one for each layer"
        )
    n, m = len(x[0]), len(y[0])
    if min(n, m) < 2:
        raise ValueError(f"joint MMD needs two points of each sample, not {n} and {m}; use larger batches")
    product = torch.ones((), device=x[0].device)
    for first, second, kernel in zip(x, y, kernels, strict=True):
        product = product * kernel.between(torch.cat([first, second]))
    return _between_different(product[:n, :n]) + _between_different(product[n:, n:]) - 2 * product[:n, n:].mean()


def _between_different(kernel: Float[Tensor, "n n"]) -> Float[Tensor, ""]:
    """The mean kernel of two different points."""
    return (kernel.sum() - kernel.diagonal().sum()) / (len(kernel) * (len(kernel) - 1))
