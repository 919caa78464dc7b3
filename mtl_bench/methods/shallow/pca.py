"""PCA: the principal subspace of both domains together, as a baseline (Long et al., ICCV 2013, table 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier, check_dimension, fixed_signs, stacked

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class PCA:
    """The first principal components of source and target points, stacked and centred, and a classifier on them."""

    dimension: int = 100
    classifier: Classifier = "1-NN"
    cost: float = 1.0

    def fit(self, xs: Array, ys: Array, xt: Array) -> ProjectedClassifier:
        """A predictor for target features, from source features (n, d), labels (n,) and target features (m, d)."""
        x = stacked(xs, xt)
        check_dimension("PCA", self.dimension, min(x.shape))
        mean = x.mean(0)
        projection = Centred(mean, principal_axes(x - mean, self.dimension))
        return ProjectedClassifier(projection, fitted(self.classifier, self.cost, projection(x[: len(xs)]), ys))


@dataclass(frozen=True)
class Centred:
    """Points (n, d) less a mean (d,), in axes (d, k)."""

    mean: Array
    axes: Array

    def __call__(self, x: Array) -> Array:
        return np.asarray((x - self.mean) @ self.axes)


def principal_axes(points: Array, count: int) -> Array:
    """(d, count): the first eigenvectors of the covariance of centred points (n, d), from the smaller Gram matrix.

    Orthonormal, also where the points have fewer dimensions than `count`.
    """
    from scipy.linalg import eigh

    wide = len(points) < points.shape[1]
    gram = points @ points.T if wide else points.T @ points
    _, vectors = eigh(gram, subset_by_index=[len(gram) - count, len(gram) - 1], overwrite_a=True)
    leading = vectors[:, ::-1]
    if wide:  # X'v has the axis's direction and its own length; QR also fills in for those of no length
        leading, _ = np.linalg.qr(points.T @ leading)
    return fixed_signs(leading)
