"""JDA: TCA with the classes' means as well, from pseudo-labels of the target (Long et al., ICCV 2013)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import pair
from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import (
    Projected,
    ProjectedClassifier,
    Scatter,
    brought,
    check_dimension,
    check_positive,
    mean_difference,
    unit_rows,
)
from mtl_bench.methods.shallow.kernels import Kernel, Representation, largest_dimension


@dataclass(frozen=True)
class JDA:
    """The leading eigenvectors of (X'MX + lambda I)^-1 X'HX, M = M_0 + sum_c M_c, and a classifier on them.

    Long, Wang, Ding, Sun and Yu, Transfer Feature Learning with Joint Distribution Adaptation, ICCV 2013, algorithm 1.
    M_0 is the MMD's matrix of the domains and M_c that of their points of class c; the target's classes are those that
    the classifier of the round before predicts (none in the first). With a kernel, its matrix K replaces X.

    "released" is the authors' code: M_0 counts once per class, M is divided by its Frobenius norm, eigenvectors have
    length 1. It also brings projected points to length 1, as the default of `projected` does. "paper" is equations 7
    and 8 as they stand, A'X'HXA = I, which leave points as they are. Dimension, regulariser and iterations are the
    paper's for images. A class that no target point is predicted to have leaves the source's mean of it in M.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    dimension: int = 100
    regulariser: float = 1.0
    iterations: int = 10
    kernel: Kernel = "primal"
    width: float | None = None  # of exp(-width ||x - y||^2); None is 1 / the median squared distance
    variant: Literal["paper", "released"] = "released"
    projected: Projected = "length 1"
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    budget_gib: float = 4.0  # above it, a kernel matrix is Nyström's
    landmarks: int = 2000
    seed: int = 0  # of the landmarks

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor for target features, from source features, their labels and target features.

        Raises ValueError for a dimension that the features have not, and for values that are not above 0.
        """
        xs, ys, xt = pair(xs, ys, xt)
        x = np.concatenate([xs, xt])
        width = 1.0 if self.width is None else self.width
        check_positive("JDA", regulariser=self.regulariser, iterations=self.iterations, width=width)
        check_dimension("JDA", self.dimension, largest_dimension(len(x), x.shape[1], self.kernel))
        space = Representation.of(
            x, self.dimension, self.kernel, self.width, self.budget_gib, self.landmarks, self.seed
        )
        scatter = Scatter(space.points, space.symmetric)  # the same in every round: only M changes, of rank C + 1
        count, released = min(self.dimension, space.points.shape[1]), self.variant == "released"
        labels: Shaped[np.ndarray, " m"] | None = None
        for _ in range(self.iterations):
            weights = scatter.leading(space.points.T @ self._differences(ys, labels, len(xt)), self.regulariser, count)
            weights = unit_rows(weights.T).T if released else weights
            projected = brought(space.points @ weights, self.projected)
            classifier = fitted(self.classifier, self.cost, projected[: len(xs)], ys)
            labels = classifier.predict(projected[len(xs) :])
        projection = space.projection(weights)
        return ProjectedClassifier(projection, classifier, x.shape[1], self.projected, space.approximation)

    def _differences(
        self, ys: Shaped[np.ndarray, " n"], labels: Shaped[np.ndarray, " m"] | None, target: int
    ) -> Float[np.ndarray, "n+{target} r"]:
        """E with E E' = M, of 1 or C + 1 columns."""
        both = mean_difference(len(ys), target)
        if self.variant == "paper":
            return both if labels is None else np.hstack([both, class_differences(ys, labels)])
        both = both * np.sqrt(len(np.unique(ys)))
        both = both if labels is None else np.hstack([both, class_differences(ys, labels)])
        scaled: Float[np.ndarray, "n+m r"] = both / np.sqrt(np.linalg.norm(both.T @ both))  # ||E E'|| is ||E'E||
        return scaled


def class_differences(ys: Shaped[np.ndarray, " n"], yt: Shaped[np.ndarray, " m"]) -> Float[np.ndarray, "n+m c"]:
    """For each class of ys, 1 / its count in the source, and -1 / its count in yt if any."""
    classes = np.unique(ys)
    source, target = (y[:, None] == classes for y in (ys, yt))
    return np.concatenate([source / source.sum(0), -(target / np.maximum(target.sum(0), 1))])
