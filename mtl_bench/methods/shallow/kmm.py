"""KMM: source points weighed to have the target's mean in a kernel's feature space (Huang et al., NIPS 2006)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import pair
from mtl_bench.methods.shallow.classifier import fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier, check_positive
from mtl_bench.methods.shallow.kernels import median_width, rbf
from mtl_bench.methods.shallow.no_adaptation import as_it_is

TOLERANCE = 1e-6  # the gradient step's length at the solution, relative to the largest |kappa|
STEPS = 20_000
NEAR = 1e-12  # a mean of kernel values below it says nothing about where the target is


@dataclass(frozen=True)
class KMM:
    """A linear SVM with weights b: the minimum of b'Kb / 2 - kappa'b, 0 <= b <= B, |sum b - n| <= n eps.

    Huang, Smola, Gretton, Borgwardt and Schölkopf, Correcting Sample Selection Bias by Unlabeled Data, NIPS 2006,
    equation 13. K is the RBF kernel of the n source points, and kappa_i is n / m times the sum of the kernel of source
    point i with the m target points. B = 1000 and eps = (sqrt(n) - 1) / sqrt(n) are the paper's.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    bound: float = 1000.0
    slack: float | None = None  # eps; None is the paper's
    width: float | None = None  # of exp(-width ||x - y||^2); None is 1 / the median squared distance
    cost: float = 1.0

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor for target features, from source features, their labels and target features."""
        source, ys, target = pair(xs, ys, xt)
        weights = self.weights(source, target)
        return ProjectedClassifier(as_it_is, fitted("linear SVM", self.cost, source, ys, weights), source.shape[1])

    def weights(self, xs: Float[np.ndarray, "n d"], xt: Float[np.ndarray, "m d"]) -> Float[np.ndarray, " n"]:
        """b, of source and target features."""
        check_positive("KMM", bound=self.bound, width=1.0 if self.width is None else self.width)
        n = len(xs)
        slack = (np.sqrt(n) - 1) / np.sqrt(n) if self.slack is None else self.slack
        if slack < 0 or n * (1 - slack) > n * self.bound:
            raise ValueError(
                f"KMM has no weights up to {self.bound} with a mean within {slack} of 1; "
                "give more slack or a higher bound"
            )
        width = median_width(np.concatenate([xs, xt])) if self.width is None else self.width
        kappa = n / len(xt) * rbf(xs, xt, width).sum(1)
        if kappa.max() < NEAR * n:
            raise ValueError(
                f"KMM's kernel of width {width:.3g} sees no target point near a source point; "
                "give a smaller width or scale the features"
            )
        return matched(rbf(xs, xs, width), kappa, self.bound, (n * (1 - slack), n * (1 + slack)))


def matched(
    kernel: Float[np.ndarray, "n n"], kappa: Float[np.ndarray, " n"], bound: float, total: tuple[float, float]
) -> Float[np.ndarray, " n"]:
    """The minimum of b'Kb / 2 - kappa'b with 0 <= b <= bound and its sum between two values.

    By FISTA, started again when it goes uphill (O'Donoghue & Candès 2015); it warns if it does not converge.
    """
    step = 1 / largest_eigenvalue(kernel)
    scale = float(np.abs(kappa).max())
    weights = ahead = projected(np.ones(len(kappa)), bound, total)
    momentum = 1.0
    for _ in range(STEPS):
        following = projected(ahead - step * (kernel @ ahead - kappa), bound, total)
        if np.abs(following - ahead).max() <= TOLERANCE * scale * step:
            return following
        if (ahead - following) @ (following - weights) > 0:
            momentum = 1.0
        after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + (momentum - 1) / after * (following - weights)
        weights, momentum = following, after
    warnings.warn(
        f"KMM's weights did not converge in {STEPS:,} steps; scale the features or take a wider kernel", stacklevel=2
    )
    return weights


def largest_eigenvalue(kernel: Float[np.ndarray, "n n"]) -> float:
    """Of a symmetric matrix with no negative entry: a bound from above within a few percent, by power iteration.

    max_i (Kv)_i / v_i is at least the largest eigenvalue for every positive v (Collatz & Wielandt).
    """
    vector = kernel.sum(1)
    for _ in range(20):
        vector = kernel @ (vector / vector.max())
    return float((kernel @ vector / vector).max())


def projected(point: Float[np.ndarray, " n"], bound: float, total: tuple[float, float]) -> Float[np.ndarray, " n"]:
    """The point with 0 <= b <= bound and a sum between two values that is nearest to `point`: exact.

    It is clip(point + t) for one t; the sum grows with t along straight lines between n + n corners.
    """
    clipped: Float[np.ndarray, " n"] = np.clip(point, 0, bound)
    low, high = total
    wanted = min(max(float(clipped.sum()), low), high)
    if wanted == clipped.sum():
        return clipped
    corners = np.concatenate([-point, bound - point])
    order = np.argsort(corners)
    slopes = np.cumsum(np.repeat([1, -1], len(point))[order])[:-1]
    corners = corners[order]
    sums = np.concatenate([[0.0], np.cumsum(slopes * np.diff(corners))])
    return np.asarray(np.clip(point + np.interp(wanted, sums, corners), 0, bound))
