"""Other estimates of the maximum mean discrepancy than `mmd.py`: those of DDC, of RTN and of DAN's released codes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from mtl_bench.measures.mmd import OCTAVES, SMALLEST_SCALE, squared_mmd


def squared_distance_of_means(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]) -> Float[Tensor, ""]:
    """||mean(x) - mean(y)||^2: the biased squared MMD under the linear kernel u . v (Tzeng et al., 2014)."""
    if min(len(x), len(y)) < 1:
        raise ValueError(f"a mean needs a point of each sample, not {len(x)} and {len(y)}; use larger batches")
    return (x.mean(0) - y.mean(0)).square().sum()


def median_kernel_mmd(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]) -> Float[Tensor, ""]:
    """The biased squared MMD under exp(-||u - v||^2 / b), b the median squared distance between different points.

    The points are those of both samples; b is a constant in the gradient (Long et al., NIPS 2016).
    """
    _two_points(x, y)
    distances = torch.pdist(torch.cat([x, y]).detach().to(torch.promote_types(x.dtype, torch.float32))).square()
    scale = distances.median().clamp_min(SMALLEST_SCALE).sqrt()
    return squared_mmd(x / scale, y / scale, (1.0,), relative=False, biased=True)


def factors(kernels: int) -> tuple[float, ...]:
    """The bandwidths of both released codes of DAN in units of the mean distance: two apart, the middle one is 1."""
    if kernels < 1:
        raise ValueError(f"there are no {kernels} kernels; give 1 or more")
    return tuple(2.0 ** (k - kernels // 2) for k in range(kernels))


def quadruple_mmd(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "m d"],
    bandwidths: Sequence[float] = OCTAVES,
    *,
    with_self: bool = False,
) -> Float[Tensor, ""]:
    """The squared MMD over quadruples in a row, in linear time: without bias, of more variance than over all pairs.

    The mean over i of k(x_i, x_i+1) + k(y_i, y_i+1) - k(x_i, y_i+1) - k(x_i+1, y_i), where the last point is followed
    by the first, so that quadruples overlap (thuml/Xlearn, pytorch/src/loss.py, and TLlib's "linear"; the paper's are
    disjoint). The smaller sample, of which the codes have none, starts again until the larger one ends. The kernel is
    the mean over the bandwidths b of exp(-||u - v||^2 / (b s)); s is a constant in the gradient, see `mean_distance`.
    """
    _two_points(x, y)
    scale = mean_distance(x, y, with_self).clamp_min(SMALLEST_SCALE)
    count = max(len(x), len(y))
    (x1, x2), (y1, y2) = ((_cycled(z, count), _cycled(z.roll(-1, 0), count)) for z in (x, y))

    def kernel(u: Tensor, v: Tensor) -> Tensor:
        distances = (u - v).square().sum(1) / scale
        return torch.stack([torch.exp(-distances / bandwidth) for bandwidth in bandwidths]).mean()

    return kernel(x1, x2) + kernel(y1, y2) - kernel(x1, y2) - kernel(x2, y1)


def all_pairs_mmd(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "m d"],
    bandwidths: Sequence[float] = OCTAVES,
    *,
    with_self: bool = False,
) -> Float[Tensor, ""]:
    """The unbiased squared MMD over all pairs under the kernel of `quadruple_mmd`."""
    points = len(x) + len(y)
    unit = (points - 1) / points if with_self else 1.0  # of the distance between different points
    return squared_mmd(x, y, [unit * bandwidth for bandwidth in bandwidths])


def mean_distance(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"], with_self: bool) -> Float[Tensor, ""]:
    """The mean squared distance in the pooled sample, detached: between different points or, `with_self`, of all pairs.

    A point's distance to itself is zero: all pairs have the smaller mean, by a factor of (N - 1) / N.
    """
    points = torch.cat([x, y]).detach()
    return 2 * (points - points.mean(0)).square().sum() / (len(points) if with_self else len(points) - 1)


def _cycled(points: Tensor, count: int) -> Tensor:
    return points.repeat(-(-count // len(points)), 1)[:count]


def _two_points(x: Tensor, y: Tensor) -> None:
    if min(len(x), len(y)) < 2:
        raise ValueError(f"MMD needs two points of each sample, not {len(x)} and {len(y)}; use larger batches")
