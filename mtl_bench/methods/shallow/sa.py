"""SA: the source's principal subspace, turned towards the target's (Fernando et al., ICCV 2013)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import pair, points
from mtl_bench.inputs.normalisation import ZScore
from mtl_bench.methods.shallow.classifier import Classifier, fitted, unfitted
from mtl_bench.methods.shallow.components import check_dimension

LARGEST = 128  # the largest dimension that cross-validation tries


@dataclass(frozen=True)
class SA:
    """PCA of each domain, an alignment of the source's basis, and a classifier (algorithm 1).

    Without a `dimension` it is the power of two, up to 128, with the best two-fold cross-validation on the source: the
    paper's rule, which sees no label of the target. (Table 2 of DANN's paper takes the best on the target instead.)
    Without `normalise` the features are taken as they are: the caller has scaled and centred them.
    """

    version: ClassVar[int] = 2  # constant columns become 0
    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    dimension: int | None = None
    cost: float = 1.0  # the C of the SVM
    classifier: Classifier = field(default="linear SVM", metadata={"omit_when": "linear SVM"})
    normalise: bool = field(default=True, metadata={"omit_when": True})  # each domain to mean 0 and deviation 1

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> AlignedClassifier:
        """A predictor for target features, from source features, their labels and target features."""
        xs, ys, xt = pair(xs, ys, xt)
        largest = min(*xs.shape, *xt.shape)
        if self.dimension is not None:
            check_dimension("SA", self.dimension, largest)
        source, target = (ZScore.of(x) if self.normalise else unscaled(x.shape[1]) for x in (xs, xt))
        scaled = source(xs)
        bases = principal_axes(scaled, largest), principal_axes(target(xt), largest)
        dimension = self._cross_validated(scaled, ys, bases) if self.dimension is None else self.dimension
        source_axes, target_axes = bases[0][:, :dimension], bases[1][:, :dimension]
        classifier = fitted(self.classifier, self.cost, aligned(scaled, source_axes, target_axes), ys)
        return AlignedClassifier(target, target_axes, classifier)

    def _cross_validated(
        self,
        x: Float[np.ndarray, "n d"],
        labels: Shaped[np.ndarray, " n"],
        bases: tuple[Float[np.ndarray, "d k"], Float[np.ndarray, "d k"]],
    ) -> int:
        from sklearn.model_selection import StratifiedKFold, cross_val_score

        _, counts = np.unique(labels, return_counts=True)
        if len(counts) > 1 and sorted(counts)[-2] < 2:  # a half could hold one class alone
            raise ValueError(
                "SA chooses its dimension with two points of two classes or more; give them or a dimension"
            )
        if len(counts) == 1:  # every dimension is as good
            return 1
        candidates = [2**k for k in range(int(np.log2(min(LARGEST, bases[0].shape[1]))) + 1)]
        scores = [
            cross_val_score(
                unfitted(self.classifier, self.cost),
                aligned(x, bases[0][:, :d], bases[1][:, :d]),
                labels,
                cv=StratifiedKFold(2),
            )
            for d in candidates
        ]
        best: int = candidates[int(np.argmax(np.mean(scores, 1)))]
        return best


def unscaled(width: int) -> ZScore:
    """The scale of features that stay as they are."""
    return ZScore(np.zeros(width), np.ones(width))


@dataclass(frozen=True)
class AlignedClassifier:
    """Target features (n, d) to classes."""

    scale: ZScore
    axes: Float[np.ndarray, "d k"]
    classifier: Any

    def features(self, x: Real[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
        """What the classifier sees of target features (n, d)."""
        projected: Float[np.ndarray, "n k"] = self.scale(points("x", x, len(self.axes))) @ self.axes
        return projected

    def predict(self, x: Real[np.ndarray, "n d"]) -> Shaped[np.ndarray, " n"]:
        """The class of each row."""
        labels: Shaped[np.ndarray, " n"] = self.classifier.predict(self.features(x))
        return labels


def principal_axes(x: Float[np.ndarray, "n d"], count: int) -> Float[np.ndarray, "d {count}"]:
    """The first eigenvectors of the covariance of centred points, float64."""
    _, vectors = np.linalg.eigh(x.T @ x)
    axes: Float[np.ndarray, "d k"] = vectors[:, ::-1][:, :count]
    return axes


def aligned(
    x: Float[np.ndarray, "n d"], source_axes: Float[np.ndarray, "d k"], target_axes: Float[np.ndarray, "d k"]
) -> Float[np.ndarray, "n k"]:
    """Source points in the target's subspace: X_s M with M = X_s' X_t, nearest X_t in the Frobenius norm."""
    turned: Float[np.ndarray, "n k"] = x @ source_axes @ (source_axes.T @ target_axes)
    return turned
