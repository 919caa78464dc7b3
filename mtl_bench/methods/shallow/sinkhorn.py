"""Plans of optimal transport between points that weigh the same: exact, with entropy, and with a penalty of classes.

Solved by POT. A plan whose marginals are wrong is refused: what it does not move would count as moved to nowhere.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

STEPS = 1000  # of Sinkhorn's iteration, at most
TOLERANCE = 1e-6  # of the sums of the plan's columns, in the Euclidean norm
WRONG = 1e-3  # a plan whose columns' sums are farther off is refused
SAFE = 500.0  # up to this cost / entropy the kernel and its scalings are numbers in double precision
DESCENT = 100  # steps at each of the larger entropies on the way to a small one
ROUNDS = 10  # of the majorisation
BEND = 1e-3  # added to what a class sends, where the square root would be infinitely steep


def exact_plan(costs: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n m"]:
    """The plan of least cost."""
    from ot import emd

    return checked(np.asarray(emd(*weights(costs), costs, numItermax=1_000_000)), "optimal transport")


def entropic_plan(costs: Float[np.ndarray, "n m"], entropy: float) -> Float[np.ndarray, "n m"]:
    """The plan of least cost less entropy times the plan's entropy."""
    plan, _ = sinkhorn(costs, entropy, None)
    return checked(plan, named(entropy))


def grouped_plan(
    costs: Float[np.ndarray, "n m"], labels: Shaped[np.ndarray, " n"], entropy: float, classes: float
) -> Float[np.ndarray, "n m"]:
    """With `classes` times the sum over classes c and target points j of the root of what c sends to j besides.

    Courty et al. (PAMI 2017), section 4.2, by majorisation: each round is entropic, with the root's slope in its costs.
    """
    found, class_of = np.unique(labels, return_inverse=True)
    slopes, start = np.zeros_like(costs), None
    for _ in range(ROUNDS):
        plan, start = sinkhorn(costs + classes * slopes, entropy, start)
        sent = np.stack([plan[labels == label].sum(0) for label in found])
        slopes = np.asfortranarray((0.5 * (sent + BEND) ** -0.5)[class_of])  # as in POT, for equal bits
    return checked(plan, named(entropy))


def sinkhorn(costs: Float[np.ndarray, "n m"], entropy: float, start: Any) -> tuple[Float[np.ndarray, "n m"], Any]:
    """A plan, and its potentials (or None) from which the next may start. Warns if the iteration did not converge.

    Where exp(-cost / entropy) would be 0, in the log domain, by way of halved entropies from the same start.
    """
    from ot.bregman import sinkhorn_knopp, sinkhorn_stabilized

    asked: dict[str, Any] = {"stopThr": TOLERANCE, "log": True, "warn": False}
    if costs.max() <= SAFE * entropy:
        plan, log = sinkhorn_knopp(*weights(costs), costs, entropy, numItermax=STEPS, **asked)
    else:
        for larger in halved(float(costs.max()) / SAFE, entropy):
            _, log = sinkhorn_stabilized(*weights(costs), costs, larger, numItermax=DESCENT, warmstart=start, **asked)
            start = log["warmstart"]
        plan, log = sinkhorn_stabilized(*weights(costs), costs, entropy, numItermax=STEPS, warmstart=start, **asked)
    if not log["err"][-1] < TOLERANCE:
        warnings.warn(f"{named(entropy)} did not converge in {STEPS:,} steps; give a larger entropy", stacklevel=2)
    return np.asarray(plan), log.get("warmstart")


def halved(first: float, last: float) -> list[float]:
    """`first`, a half of it and so on, above `last`."""
    return [first / 2**k for k in range(int(np.ceil(np.log2(first / last))))] if first > last else []


def checked(plan: Float[np.ndarray, "n m"], what: str) -> Float[np.ndarray, "n m"]:
    """The plan itself; raises ValueError if its rows or columns have not the sums that they should."""
    rows, columns = weights(plan)
    error = max(float(np.linalg.norm(plan.sum(1) - rows)), float(np.linalg.norm(plan.sum(0) - columns)))
    if not error <= WRONG:
        raise ValueError(
            f"{what} has a plan whose sums are wrong by {error:.2g}, more than {WRONG:g}; "
            'give a larger entropy, or the regulariser "none"'
        )
    return plan


def weights(costs: Float[np.ndarray, "n m"]) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " m"]]:
    """Of the source's and the target's points, all alike."""
    n, m = costs.shape
    return np.full(n, 1 / n), np.full(m, 1 / m)


def named(entropy: float) -> str:
    return f"optimal transport with entropy {entropy:g}"
