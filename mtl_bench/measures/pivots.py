"""Pivots: words that tell classes apart in one domain and occur in both, and how well other words hit them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

AS_FREQUENT = 10  # candidates that stand for a word: those that occur in about as many texts


def mutual_information(occurs: Bool[np.ndarray, "n d"], labels: Shaped[np.ndarray, " n"]) -> Float[np.ndarray, " d"]:
    """Of each feature's occurrence with the labels, in nats."""
    classes, numbers = np.unique(labels, return_inverse=True)
    one_hot = np.eye(len(classes))[numbers]
    together = one_hot.T @ occurs / len(occurs)  # (classes, d)
    share = one_hot.mean(0)[:, None]
    total = np.zeros(occurs.shape[1])
    for joint in (together, share - together):
        alone = share * joint.sum(0)
        ratio = np.divide(joint, alone, out=np.ones_like(joint), where=joint > 0)
        total += (joint * np.log(ratio)).sum(0)
    return total


def precision_of_as_frequent(
    chosen: Int[np.ndarray, " k"],
    pivots: Int[np.ndarray, " m"],
    candidates: Int[np.ndarray, " c"],
    counts: Int[np.ndarray, " d"],
) -> float:
    """The share of pivots among words that are as frequent as the chosen ones: what choice by frequency would hit.

    Each chosen word is stood for by the ten other candidates whose counts are nearest to its own, by their ratio.
    """
    ratios = np.abs(np.log1p(counts[chosen])[:, None] - np.log1p(counts[candidates])[None])
    ratios[chosen[:, None] == candidates[None]] = np.inf
    nearest = np.argsort(ratios, axis=1, kind="stable")[:, : min(AS_FREQUENT, len(candidates) - 1)]
    return float(np.isin(candidates[nearest], pivots).mean())
