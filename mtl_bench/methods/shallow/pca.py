"""PCA: the principal subspace of both domains together, as a baseline (Long et al., ICCV 2013, table 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import pair
from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import (
    Projected,
    ProjectedClassifier,
    brought,
    check_dimension,
    fixed_signs,
)


@dataclass(frozen=True)
class PCA:
    """The first principal components of source and target points, stacked and centred, and a classifier on them."""

    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    dimension: int = 100
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    projected: Projected = "as they are"

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor for target features, from source features, their labels and target features."""
        xs, ys, xt = pair(xs, ys, xt)
        x = np.concatenate([xs, xt])
        check_dimension("PCA", self.dimension, min(x.shape))
        mean = x.mean(0)
        projection = Centred(mean, principal_axes(x - mean, self.dimension))
        source = brought(projection(x[: len(xs)]), self.projected)
        classifier = fitted(self.classifier, self.cost, source, ys)
        return ProjectedClassifier(projection, classifier, x.shape[1], self.projected)


@dataclass(frozen=True)
class Centred:
    """Points less a mean, in axes."""

    mean: Float[np.ndarray, " d"]
    axes: Float[np.ndarray, "d k"]

    def __call__(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
        return np.asarray((x - self.mean) @ self.axes)


def principal_axes(points: Float[np.ndarray, "n d"], count: int) -> Float[np.ndarray, "d {count}"]:
    """The first eigenvectors of the covariance of centred points (n, d), from the smaller Gram matrix.

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
