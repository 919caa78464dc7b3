"""Central moment discrepancy (Zellinger et al., ICLR 2017)."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor
from torch.linalg import vector_norm


def central_moment_discrepancy(
    x: Float[Tensor, "n d"], y: Float[Tensor, "m d"], moments: int = 5, width: float = 1.0
) -> Float[Tensor, ""]:
    """CMD between samples of values in an interval of length `width` = |b - a| (definition 2).

    ||E x - E y|| / width + the sum over k = 2 .. `moments` of ||c_k(x) - c_k(y)|| / width^k, with the central moments
    c_k of each feature by itself and norms that are not squared. Unbounded values have no such interval: bound them.
    """
    mean_x, mean_y = x.mean(0), y.mean(0)
    discrepancy: Tensor = vector_norm(mean_x - mean_y) / width
    centred_x, centred_y = (x - mean_x) / width, (y - mean_y) / width
    power_x, power_y = centred_x, centred_y
    for _ in range(2, moments + 1):
        power_x, power_y = power_x * centred_x, power_y * centred_y
        discrepancy = discrepancy + vector_norm(power_x.mean(0) - power_y.mean(0))
    return discrepancy
