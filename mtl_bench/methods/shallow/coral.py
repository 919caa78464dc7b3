"""CORAL: the source's points with the target's covariance (Sun, Feng and Saenko, AAAI 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import pair
from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier, check_positive
from mtl_bench.methods.shallow.no_adaptation import as_it_is


@dataclass(frozen=True)
class CORAL:
    """A classifier of X_s (C_s + I)^-1/2 (C_t + I)^1/2, used on the target as it is.

    Sun, Feng and Saenko, Return of Frustratingly Easy Domain Adaptation, AAAI 2016, algorithm 1. C_s and C_t are the
    domains' covariances; means are not aligned. The identity's weight is `regulariser`.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    regulariser: float = 1.0
    classifier: Classifier = "linear SVM"
    cost: float = 1.0

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor for target features, from source features, their labels and target features."""
        check_positive("CORAL", regulariser=self.regulariser)
        source, ys, target = pair(xs, ys, xt)
        d = source.shape[1]
        mapped = source if len(source) < d else np.eye(d)  # a map of the features is cheaper than one of many points
        mapped = Spectrum.of(source, self.regulariser).power(-0.5, mapped)
        mapped = Spectrum.of(target, self.regulariser).power(0.5, mapped)
        coloured = mapped if len(source) < d else source @ mapped
        return ProjectedClassifier(as_it_is, fitted(self.classifier, self.cost, coloured, ys), d)


@dataclass(frozen=True)
class Spectrum:
    """C + r I of points (n, d) with covariance C, as eigenvectors and eigenvalues of C, k = min(n, d) at most."""

    vectors: Float[np.ndarray, "d k"]
    values: Float[np.ndarray, " k"]
    regulariser: float

    @classmethod
    def of(cls, points: Float[np.ndarray, "n d"], regulariser: float) -> Spectrum:
        centred = (points - points.mean(0)) / np.sqrt(max(len(points) - 1, 1))
        if len(centred) >= centred.shape[1]:
            values, vectors = np.linalg.eigh(centred.T @ centred)
            return cls(vectors, np.maximum(values, 0), regulariser)
        values, vectors = np.linalg.eigh(centred @ centred.T)
        kept = values > values[-1] * len(values) * np.finfo(np.float64).eps
        return cls(centred.T @ vectors[:, kept] / np.sqrt(values[kept]), values[kept], regulariser)

    def power(self, exponent: float, x: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "m d"]:
        """x (C + r I)^exponent; what is outside the eigenvectors is multiplied by r^exponent."""
        rest = self.regulariser**exponent
        product: Float[np.ndarray, "m d"] = rest * x + x @ self.vectors * (
            (self.values + self.regulariser) ** exponent - rest
        ) @ (self.vectors.T)
        return product
