"""Whether one method is better than another over several data sets, by the Poisson binomial test.

Lacoste, Laviolette and Marchand, Bayesian Comparison of Machine Learning Algorithms on Single and Multiple Datasets,
AISTATS 2012; the tables of DANN's paper have it. It asks on how many of these data sets a method has the lower risk,
given the finite tests: each has one training run behind it, so that another seed would give another probability.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Shaped


def probability_of_lower_risk(one: Shaped[np.ndarray, " n"], other: Shaped[np.ndarray, " n"]) -> float:
    """Of one data set: that the first of two predictors errs less, given which items each got right (1 or 0).

    Items that only one of the two gets right are the first's with probability p, whose prior is uniform; it is
    P(p > 1/2). Raises ValueError for other values.
    """
    from scipy.special import betainc

    for correct in (one, other):
        if not np.isin(correct, (0, 1)).all():
            raise ValueError("items are right or wrong, 1 or 0; give one run, not a mean over several")
    wins, losses = float((one > other).sum()), float((other > one).sum())
    return float(betainc(losses + 1, wins + 1, 0.5))


def probability_of_majority(probabilities: Sequence[float]) -> float:
    """That more than half of independent events of these probabilities happen; exactly half counts as half."""
    counts = np.ones(1)  # the probabilities of 0, 1, 2 … events so far
    for p in probabilities:
        counts = np.convolve(counts, [1 - p, p])
    happened, half = np.arange(len(counts)), len(probabilities) / 2
    return float(counts[happened > half].sum() + counts[happened == half].sum() / 2)
