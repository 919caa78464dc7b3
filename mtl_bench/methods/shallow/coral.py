"""CORAL: the source's points with the target's covariance (Sun, Feng and Saenko, AAAI 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier, check_positive, stacked
from mtl_bench.methods.shallow.no_adaptation import as_it_is

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class CORAL:
    """A classifier of X_s (C_s + I)^-1/2 (C_t + I)^1/2, used on the target as it is.

    Sun, Feng and Saenko, Return of Frustratingly Easy Domain Adaptation, AAAI 2016, algorithm 1. C_s and C_t are the
    domains' covariances; means are not aligned. The identity's weight is `regulariser`.
    """

    regulariser: float = 1.0
    classifier: Classifier = "linear SVM"
    cost: float = 1.0

    def fit(self, xs: Array, ys: Array, xt: Array) -> ProjectedClassifier:
        """A predictor for target features, from source features (n, d), labels (n,) and target features (m, d)."""
        check_positive("CORAL", regulariser=self.regulariser)
        x = stacked(xs, xt)
        source, target = x[: len(xs)], x[len(xs) :]
        d = source.shape[1]
        mapped = source if len(source) < d else np.eye(d)  # a map of the features is cheaper than one of many points
        mapped = Spectrum.of(source, self.regulariser).power(-0.5, mapped)
        mapped = Spectrum.of(target, self.regulariser).power(0.5, mapped)
        coloured = mapped if len(source) < d else source @ mapped
        return ProjectedClassifier(as_it_is, fitted(self.classifier, self.cost, coloured, ys))


@dataclass(frozen=True)
class Spectrum:
    """C + r I of points (n, d) with covariance C, as eigenvectors (d, k) and eigenvalues (k,) of C, k = min(n, d)."""

    vectors: Array
    values: Array
    regulariser: float

    @classmethod
    def of(cls, points: Array, regulariser: float) -> Spectrum:
        centred = (points - points.mean(0)) / np.sqrt(max(len(points) - 1, 1))
        if len(centred) >= centred.shape[1]:
            values, vectors = np.linalg.eigh(centred.T @ centred)
            return cls(vectors, np.maximum(values, 0), regulariser)
        values, vectors = np.linalg.eigh(centred @ centred.T)
        kept = values > values[-1] * len(values) * np.finfo(np.float64).eps
        return cls(centred.T @ vectors[:, kept] / np.sqrt(values[kept]), values[kept], regulariser)

    def power(self, exponent: float, x: Array) -> Array:
        """x (C + r I)^exponent for x (m, d); what is outside the eigenvectors is multiplied by r^exponent."""
        rest = self.regulariser**exponent
        product: Array = rest * x + x @ self.vectors * ((self.values + self.regulariser) ** exponent - rest) @ (
            self.vectors.T
        )
        return product
