"""Features brought to one scale: by row, or by the statistics of a domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

Normalisation = Literal["none", "unit length", "z-score", "L1, z-score", "L1, z-score, unit length"]

TOLERANCE = 1e-12  # a deviation that is smaller, relative to the largest value, is rounding


@dataclass(frozen=True)
class ZScore:
    """Features with a domain's mean brought to 0 and its deviation to 1; those that are constant in it become 0."""

    mean: Float[np.ndarray, " d"]
    deviation: Float[np.ndarray, " d"]  # infinite where a feature is constant but for rounding

    @classmethod
    def of(cls, x: Float[np.ndarray, "n d"]) -> ZScore:
        """With the statistics of points (n, d), in double precision."""
        deviation = x.std(0, dtype=np.float64)
        constant = deviation <= TOLERANCE * np.abs(x).max(0, initial=0)
        return cls(x.mean(0, dtype=np.float64), np.where(constant, np.inf, deviation))

    def __call__(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        scaled: Float[np.ndarray, "n d"] = (x - self.mean) / self.deviation
        return scaled


@dataclass(frozen=True)
class Scaling:
    """Features, in this order: rows divided by the sum of their absolute values ("L1"), columns brought to mean 0 and
    deviation 1 by a domain's statistics ("z-score"), rows brought to length 1. Zeros stay zeros.
    """

    steps: tuple[str, ...]
    statistics: ZScore | None = None

    @classmethod
    def of(cls, x: Float[np.ndarray, "n d"], normalisation: Normalisation) -> Scaling:
        """With the statistics of a domain's points; raises ValueError for an unknown normalisation."""
        if normalisation not in get_args(Normalisation):
            known = " | ".join(get_args(Normalisation))
            raise ValueError(f"there is no normalisation {normalisation!r}; choose one of {known}")
        steps = tuple(normalisation.split(", "))
        return cls(steps, ZScore.of(cls(steps)._shares(x)) if "z-score" in steps else None)

    def __call__(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        x = self._shares(x)
        if self.statistics:
            x = self.statistics(x)
        return _divided(x, np.linalg.norm(x, axis=1, keepdims=True)) if "unit length" in self.steps else x

    def _shares(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        return _divided(x, np.abs(x).sum(1, keepdims=True)) if "L1" in self.steps else x


def normalised(x: Float[np.ndarray, "n d"], normalisation: Normalisation) -> Float[np.ndarray, "n d"]:
    """Features scaled by their own statistics."""
    return Scaling.of(x, normalisation)(x)


def _divided(x: Float[np.ndarray, "n d"], by: Float[np.ndarray, "n 1"]) -> Float[np.ndarray, "n d"]:
    """x / by, where zeros divide nothing."""
    quotient: Float[np.ndarray, "n d"] = x / np.where(by > 0, by, 1.0)
    return quotient
