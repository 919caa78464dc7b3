"""The factor with which adaptation sets in (Ganin et al., JMLR 2016, section 5.2.2)."""

from __future__ import annotations

import math


def ramp(progress: float, gamma: float) -> float:
    """2 / (1 + exp(-gamma p)) - 1, from 0 towards 1."""
    return 2 / (1 + math.exp(-gamma * progress)) - 1
