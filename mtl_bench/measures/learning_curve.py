"""How fast training is: the area under a learning curve, and when it first reaches a value."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64


def learning_curve_area(steps: Float64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
    """The mean value over the steps, by trapezoids: of an accuracy in percent it is a percentage too."""
    _check(steps, values)
    return float(np.trapezoid(values, steps) / (steps[-1] - steps[0]))


def steps_to(level: float, steps: Float64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
    """The first step at which the curve, straight between its points, is at the level or above; inf if it never is."""
    _check(steps, values)
    above = np.flatnonzero(values >= level)
    if not len(above):
        return float("inf")
    first = int(above[0])
    if first == 0:
        return float(steps[0])
    before, after = first - 1, first
    part = (level - values[before]) / (values[after] - values[before])
    return float(steps[before] + part * (steps[after] - steps[before]))


def _check(steps: Float64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> None:
    if len(steps) != len(values) or len(steps) < 2:
        raise ValueError(f"a curve of {len(steps)} steps and {len(values)} values; give as many of both, two at least")
    if not np.isfinite(values).all():
        raise ValueError("a curve has values that are not finite; give those of a run that did not diverge")
    if not (np.diff(steps) > 0).all():
        raise ValueError("the steps of a curve must rise; sort them, each once")
