"""SA: the source's principal subspace, turned towards the target's (Fernando et al., ICCV 2013)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mtl_bench.methods.shallow.classifier import Classifier, fitted, unfitted

Array = np.ndarray[Any, Any]

LARGEST = 128  # the largest dimension that cross-validation tries


@dataclass(frozen=True)
class SA:
    """PCA of each domain, an alignment of the source's basis, and a classifier (algorithm 1).

    Without a `dimension` it is the power of two, up to 128, with the best two-fold cross-validation on the source: the
    paper's rule, which sees no label of the target. (Table 2 of DANN's paper takes the best on the target instead.)
    Without `normalise` the features are taken as they are: the caller has scaled and centred them.
    """

    dimension: int | None = None
    cost: float = 1.0  # the C of the SVM
    classifier: Classifier = field(default="linear SVM", metadata={"omit_when": "linear SVM"})
    normalise: bool = field(default=True, metadata={"omit_when": True})  # each domain to mean 0 and deviation 1

    def fit(self, xs: Array, ys: Array, xt: Array) -> AlignedClassifier:
        """A predictor for target features, from source features (n, d), labels (n,) and target features (m, d)."""
        source, target = (Normalised.of(x) if self.normalise else Normalised.not_at_all(x) for x in (xs, xt))
        points = source(xs)
        largest = min(*xs.shape, *xt.shape)
        bases = principal_axes(points, largest), principal_axes(target(xt), largest)
        dimension = self._cross_validated(points, ys, bases) if self.dimension is None else self.dimension
        if not 1 <= dimension <= largest:
            raise ValueError(f"SA has 1 to {largest} dimensions here, not {dimension}; choose one of these")
        source_axes, target_axes = bases[0][:, :dimension], bases[1][:, :dimension]
        classifier = fitted(self.classifier, self.cost, aligned(points, source_axes, target_axes), ys)
        return AlignedClassifier(target, target_axes, classifier)

    def _cross_validated(self, points: Array, labels: Array, bases: tuple[Array, Array]) -> int:
        from sklearn.model_selection import StratifiedKFold, cross_val_score

        candidates = [2**k for k in range(int(np.log2(min(LARGEST, bases[0].shape[1]))) + 1)]
        scores = [
            cross_val_score(
                unfitted(self.classifier, self.cost),
                aligned(points, bases[0][:, :d], bases[1][:, :d]),
                labels,
                cv=StratifiedKFold(2),
            )
            for d in candidates
        ]
        best: int = candidates[int(np.argmax(np.mean(scores, 1)))]
        return best


@dataclass(frozen=True)
class Normalised:
    """A domain's features with mean 0 and standard deviation 1; constant ones become 0."""

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, x: Array) -> Normalised:
        deviation = x.std(0, dtype=np.float64)
        return cls(x.mean(0, dtype=np.float64), np.where(deviation > 0, deviation, 1.0))

    @classmethod
    def not_at_all(cls, x: Array) -> Normalised:
        return cls(np.zeros(x.shape[1]), np.ones(x.shape[1]))

    def __call__(self, x: Array) -> Array:
        normalised: Array = (x - self.mean) / self.deviation
        return normalised


@dataclass(frozen=True)
class AlignedClassifier:
    """Target features (n, d) to classes."""

    normalised: Normalised
    axes: Array
    classifier: Any

    def predict(self, x: Array) -> Array:
        """The class (n,) of each row."""
        labels: Array = self.classifier.predict(self.normalised(x) @ self.axes)
        return labels


def principal_axes(points: Array, count: int) -> Array:
    """(d, count): the first eigenvectors of the covariance of centred points (n, d), float64."""
    _, vectors = np.linalg.eigh(points.T @ points)
    axes: Array = vectors[:, ::-1][:, :count]
    return axes


def aligned(points: Array, source_axes: Array, target_axes: Array) -> Array:
    """Source points (n, d) in the target's subspace: X_s M with M = X_s' X_t, nearest X_t in the Frobenius norm."""
    turned: Array = points @ source_axes @ (source_axes.T @ target_axes)
    return turned
