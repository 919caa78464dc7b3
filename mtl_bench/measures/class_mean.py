"""Accuracy where classes differ in size."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from mtl_bench.inputs import gate


def class_mean_accuracy(logits: Float[np.ndarray, "n c"], labels: Int[np.ndarray, " n"]) -> float:
    """The mean over classes of the percentage of their items that the highest of the logits names."""
    scores = gate.points("logits", logits)
    known = gate.labels("labels", labels, *scores.shape)
    correct = scores.argmax(1) == known
    counts = np.bincount(known)
    present = counts > 0
    return 100 * float(np.mean(np.bincount(known, weights=correct)[present] / counts[present]))
