"""Accuracy where classes differ in size."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def class_mean_accuracy(logits: Array, labels: Array) -> float:
    """The mean over classes of the percentage of their items that the highest of the logits (n, classes) names."""
    correct = logits.argmax(1) == labels
    counts = np.bincount(labels)
    present = counts > 0
    return 100 * float(np.mean(np.bincount(labels, weights=correct)[present] / counts[present]))
