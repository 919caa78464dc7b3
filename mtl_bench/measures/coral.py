"""Correlation alignment: how far two samples' covariances lie apart (Sun and Saenko, ECCV workshops 2016)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def coral(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]) -> Float[Tensor, ""]:
    """||C_x - C_y||_F^2 / (4 d^2) of samples, with covariances over n - 1 (equation 1)."""
    if min(len(x), len(y)) < 2:
        raise ValueError(f"CORAL needs two points of each sample, not {len(x)} and {len(y)}; use larger batches")
    difference = torch.cov(x.T) - torch.cov(y.T)
    return difference.square().sum() / (4 * x.shape[1] ** 2)
