"""How far two networks' parameters lie apart, and what lies between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64


class ParameterDistance(NamedTuple):
    """The Euclidean distance of two parameter vectors, as it is and in two scales in which modules can be compared."""

    raw: float
    per_parameter: float  # over the square root of their number
    relative: float  # over the mean of both norms


def parameter_distance(a: Float[np.ndarray, " d"], b: Float[np.ndarray, " d"]) -> ParameterDistance:
    """Of a module's parameters in two networks; growth with depth is judged in the two scales, not as it is."""
    if a.shape != b.shape or not a.size:
        raise ValueError(f"parameters of shapes {a.shape} and {b.shape}; give the same module of both networks")
    one, other = a.astype(np.float64), b.astype(np.float64)
    raw, norms = float(np.linalg.norm(one - other)), float(np.linalg.norm(one) + np.linalg.norm(other)) / 2
    return ParameterDistance(raw, raw / one.size**0.5, raw / norms if norms else 0.0)


def barrier(losses: Float64[np.ndarray, " k"], at: Float64[np.ndarray, " k"] | None = None) -> float:
    """How far the loss rises above the chord between two networks on the straight line between them; at least 0.

    max over w in [0, 1] of L((1 - w) a + w b) - ((1 - w) L(a) + w L(b)) (Frankle et al., ICML 2020, with the chord in
    place of the ends' mean). `at` are the w of the losses, evenly spaced if left out; those beyond the ends, which show
    where the basin ends, do not count.
    """
    places = np.linspace(0, 1, len(losses)) if at is None else np.asarray(at, dtype=np.float64)
    if len(places) != len(losses) or not {0.0, 1.0} <= set(places.tolist()):
        raise ValueError("a barrier needs the loss at both ends, w = 0 and w = 1, and one w for each loss")
    ends = {w: float(losses[places.tolist().index(w)]) for w in (0.0, 1.0)}
    between = (places >= 0) & (places <= 1)
    return float((losses - (ends[0.0] + places * (ends[1.0] - ends[0.0])))[between].max())


def criticality(
    error_at: Callable[[float, float], float],
    squared_distance: float,
    allowed: float,
    alphas: Sequence[float],
    bisections: int = 7,
    smallest: float = 1e-4,
) -> float:
    """How critical a module is: min over a and s of a^2 |final - start|^2 / s^2 with an error of at most `allowed`.

    `error_at(a, s)` is the mean training error with the module at (1 - a) start + a final, plus normal noise of
    deviation s, all other modules as trained (Chatterji, Neyshabur and Sedghi, ICLR 2020, definition 3.1). `alphas` lie
    in [0, 1]; for each, s is bisected in its logarithm between `smallest` and 1, the error being taken to rise with it.
    A module that can be set back wholly, a = 0, has 0. inf where even the trained one errs more with the least noise.
    """
    if not alphas or not all(0 <= a <= 1 for a in alphas):
        raise ValueError("criticality is looked for at shares between 0 and 1; give one at least")
    found = float("inf")
    for a in sorted(alphas):
        if error_at(a, smallest) > allowed:
            continue
        if a == 0:
            return 0.0
        low, high = np.log(smallest), 0.0
        if error_at(a, 1.0) <= allowed:
            low = 0.0
        else:
            for _ in range(bisections):
                middle = (low + high) / 2
                low, high = (middle, high) if error_at(a, float(np.exp(middle))) <= allowed else (low, middle)
        found = min(found, a**2 * squared_distance / float(np.exp(low)) ** 2)
    return found
