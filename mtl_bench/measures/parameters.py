"""How far two networks' parameters lie apart, and what lies between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
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
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise ValueError("parameters that are not finite are at no distance; give networks that did not diverge")
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
    if not np.isfinite(losses).all():
        raise ValueError("a barrier needs losses that are numbers; between these networks they are not finite")
    ends = {w: float(losses[places.tolist().index(w)]) for w in (0.0, 1.0)}
    between = (places >= 0) & (places <= 1)
    return float((losses - (ends[0.0] + places * (ends[1.0] - ends[0.0])))[between].max())


def criticality(
    error_at: Callable[[int, float], float],
    squared_distances: Sequence[float],
    allowed: float,
    bisections: int = 7,
    smallest: float = 1e-4,
) -> float:
    """How critical a module is: min over places p and s of |p - start|^2 / s^2 with an error of at most `allowed`.

    `error_at(i, s)` is the mean training error with the module at place i, plus normal noise of deviation s, all other
    modules as trained; `squared_distances` are those of the places from the start. With places at shares a of the way
    to the end, a^2 |end - start|^2, that is definition 3.1 of Chatterji, Neyshabur and Sedghi (ICLR 2020); they may
    also be what training passed (Neyshabur et al., NeurIPS 2020, section 3.4). See `noise_borne` for s. A module that
    can be set back wholly has 0; inf where no place bears the least noise.
    """
    if not len(squared_distances) or min(squared_distances) < 0:
        raise ValueError("criticality is looked for at places with squared distances from the start; give one at least")
    at_start = [i for i, distance in enumerate(squared_distances) if distance == 0]
    if any(error_at(i, smallest) <= allowed for i in at_start):
        return 0.0
    found = float("inf")
    for i in sorted({*range(len(squared_distances))} - {*at_start}, key=lambda i: -squared_distances[i]):
        needed = (squared_distances[i] / found) ** 0.5  # less noise would make no smaller value
        if needed <= 1 and error_at(i, max(needed, smallest)) <= allowed:
            noise = noise_borne(partial(error_at, i), allowed, bisections, smallest)
            found = min(found, squared_distances[i] / noise**2) if noise else found
    return found


def noise_borne(
    error_at: Callable[[float], float], allowed: float, bisections: int = 7, smallest: float = 1e-4
) -> float:
    """The largest deviation s, up to 1, at which the error is at most `allowed`; 0 where `smallest` is too much.

    It is bisected in its logarithm, the error being taken to rise with it.
    """
    if not error_at(smallest) <= allowed:  # an error that is no number is too much
        return 0.0
    if error_at(1.0) <= allowed:
        return 1.0
    low, high = np.log(smallest), 0.0
    for _ in range(bisections):
        middle = (low + high) / 2
        low, high = (middle, high) if error_at(float(np.exp(middle))) <= allowed else (low, middle)
    return float(np.exp(low))
