"""SA: the source's principal subspace, turned towards the target's (Fernando et al., ICCV 2013)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

LARGEST = 128  # the largest dimension that cross-validation tries


@dataclass(frozen=True)
class SA:
    """PCA of each domain, an alignment of the source's basis, and a linear SVM (algorithm 1).

    Without a `dimension` it is the power of two, up to 128, with the best two-fold cross-validation on the source: the
    paper's rule, which sees no label of the target. (Table 2 of DANN's paper takes the best on the target instead.)
    """

    dimension: int | None = None
    cost: float = 1.0  # the C of the SVM

    def fit(self, xs: Array, ys: Array, xt: Array) -> AlignedSVM:
        """A predictor for target features, from source features (n, d), labels (n,) and target features (m, d)."""
        source, target = Normalised.of(xs), Normalised.of(xt)
        points = source(xs)
        largest = min(*xs.shape, *xt.shape)
        bases = principal_axes(points, largest), principal_axes(target(xt), largest)
        dimension = self._cross_validated(points, ys, bases) if self.dimension is None else self.dimension
        if not 1 <= dimension <= largest:
            raise ValueError(f"SA has 1 to {largest} dimensions here, not {dimension}; choose one of these")
        source_axes, target_axes = bases[0][:, :dimension], bases[1][:, :dimension]
        return AlignedSVM(target, target_axes, self._svm().fit(aligned(points, source_axes, target_axes), ys))

    def _cross_validated(self, points: Array, labels: Array, bases: tuple[Array, Array]) -> int:
        from sklearn.model_selection import StratifiedKFold, cross_val_score

        candidates = [2**k for k in range(int(np.log2(min(LARGEST, bases[0].shape[1]))) + 1)]
        scores = [
            cross_val_score(
                self._svm(), aligned(points, bases[0][:, :d], bases[1][:, :d]), labels, cv=StratifiedKFold(2)
            )
            for d in candidates
        ]
        best: int = candidates[int(np.argmax(np.mean(scores, 1)))]
        return best

    def _svm(self) -> Any:
        from sklearn.svm import LinearSVC

        return LinearSVC(C=self.cost, dual=False)


@dataclass(frozen=True)
class Normalised:
    """A domain's features with mean 0 and standard deviation 1; constant ones become 0."""

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, x: Array) -> Normalised:
        deviation = x.std(0, dtype=np.float64)
        return cls(x.mean(0, dtype=np.float64), np.where(deviation > 0, deviation, 1.0))

    def __call__(self, x: Array) -> Array:
        normalised: Array = (x - self.mean) / self.deviation
        return normalised


@dataclass(frozen=True)
class AlignedSVM:
    """Target features (n, d) to classes."""

    normalised: Normalised
    axes: Array
    svm: Any

    def predict(self, x: Array) -> Array:
        """The class (n,) of each row."""
        labels: Array = self.svm.predict(self.normalised(x) @ self.axes)
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
