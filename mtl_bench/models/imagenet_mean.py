"""One mean of pixels for all networks that are compared: by each its own data's, inputs would differ with the start."""

from __future__ import annotations

import torch
from torch import Tensor


def imagenet_mean() -> tuple[Tensor, Tensor]:
    """(3, 1, 1) each: the mean of ImageNet's pixels in [0, 1], and a deviation of 1, which leaves their scale."""
    mean = torch.tensor([0.485, 0.456, 0.406], device="cpu").view(3, 1, 1)
    return mean, torch.ones_like(mean)
