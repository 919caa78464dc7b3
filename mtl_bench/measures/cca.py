"""How alike two representations of the same rows are, by canonical correlations and by Procrustes' rotation."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64

from mtl_bench.inputs import gate

SMALLEST = 1e-10  # of the largest singular value: what is below is rounding


def svcca(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"], variance: float = 0.99) -> float:
    """The mean canonical correlation of the principal components that hold so much variance (Raghu et al., NIPS 2017).

    Raises ValueError where rows are no more than components: any two representations are then alike.
    """
    if not 0 < variance <= 1:
        raise ValueError(f"components cannot hold {variance} of the variance; give a share above 0 and up to 1")
    a, b = _centred(x, y)
    return float(_correlations(_basis(a, variance), _basis(b, variance))[1].mean())


def pwcca(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> float:
    """Canonical correlations, weighted by what their directions account for in x (Morcos et al., NeurIPS 2018).

    A direction's weight is the sum over x's features of |<direction, feature>| (equation 4). Not symmetric.
    Raises ValueError where rows are no more than features.
    """
    a, b = _centred(x, y)
    one = _basis(a)
    rotation, correlations = _correlations(one, _basis(b))
    weights = np.abs((one @ rotation).T @ a).sum(1)
    return float(weights @ correlations / weights.sum())


def procrustes(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> float:
    """1 - d/2, with d the squared distance of the best rotation of one onto the other, both centred and of norm 1.

    Which is the sum of the singular values of x'y: 1 for a rotation, 0 where no feature of one goes with any of the
    other (Ding, Denain and Steinhardt, NeurIPS 2021, equation 2).
    """
    a, b = (one / np.linalg.norm(one) for one in _centred(x, y))
    if min(a.shape[1], b.shape[1]) > len(a):  # with as few rows, x x' holds all that matters
        (ua, sa, _), (ub, sb, _) = (np.linalg.svd(one, full_matrices=False) for one in (a, b))
        return float(np.linalg.svd((ua * sa).T @ (ub * sb), compute_uv=False).sum())
    return float(np.linalg.svd(a.T @ b, compute_uv=False).sum())


def _centred(x: object, y: object) -> tuple[Float64[np.ndarray, "n d"], Float64[np.ndarray, "n e"]]:
    """Both about their means; raises ValueError for rows that do not pair or a representation that is constant."""
    a, b = gate.points("x", x), gate.points("y", y)
    if len(a) != len(b):
        raise ValueError(f"x has {len(a)} rows and y {len(b)}; give the same rows in both representations")
    for name, one in (("x", a), ("y", b)):
        if (one == one[0]).all():
            raise ValueError(f"{name} is the same for all rows and resembles nothing; leave it out")
    return a - a.mean(0), b - b.mean(0)


def _basis(x: Float64[np.ndarray, "n d"], variance: float = 1.0) -> Float64[np.ndarray, "n k"]:
    """Orthonormal directions of the rows that hold so much variance, the largest first."""
    left, values, _ = np.linalg.svd(x, full_matrices=False)
    held = np.cumsum(values**2) / np.sum(values**2)
    count = min(int(np.searchsorted(held, variance * (1 - SMALLEST))) + 1, int((values > SMALLEST * values[0]).sum()))
    if count >= len(x) - 1:
        raise ValueError(
            f"{len(x)} rows have {count} independent features, and any two such representations are alike; "
            "give more rows, fewer features, or use CKA"
        )
    return left[:, :count]


def _correlations(
    a: Float64[np.ndarray, "n k"], b: Float64[np.ndarray, "n l"]
) -> tuple[Float64[np.ndarray, "k m"], Float64[np.ndarray, " m"]]:
    """The rotation of a's directions to the canonical ones, and their correlations."""
    rotation, correlations, _ = np.linalg.svd(a.T @ b, full_matrices=False)
    return rotation, np.minimum(correlations, 1.0)
