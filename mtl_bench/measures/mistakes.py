"""Whether two classifiers fail on the same rows (Geirhos, Meding and Wichmann, NeurIPS 2020)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool


def error_consistency(a: Bool[np.ndarray, " n"], b: Bool[np.ndarray, " n"]) -> float:
    """Cohen's kappa of being right: 1 where both are right on the same rows, 0 as by chance at their accuracies.

    `a` and `b` say for each row whether a classifier is right. (observed - expected) / (1 - expected) agreement, with
    expected agreement of independent classifiers of these accuracies (equations 1 and 2). Raises ValueError where both
    are always right or always wrong: agreement then says nothing.
    """
    if len(a) != len(b) or not len(a):
        raise ValueError(f"a has {len(a)} rows and b {len(b)}; give the same rows, one at least")
    p, q = float(a.mean()), float(b.mean())
    expected = p * q + (1 - p) * (1 - q)
    if expected == 1:
        raise ValueError("both are right on all rows, or on none, and agree whatever they are; give harder rows")
    return (float((a == b).mean()) - expected) / (1 - expected)
