"""TCA: the components of both domains with the most variance and the least difference of means (Pan et al., 2011)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
from jaxtyping import Real, Shaped

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

Variant = Literal["paper", "released", "unit eigenvectors"]


@dataclass(frozen=True)
class TCA:
    """The leading eigenvectors W of (KLK + mu I)^-1 KHK with W'KHKW = I, and a classifier on KW.

    Pan, Tsang, Kwok and Yang, Domain Adaptation via Transfer Component Analysis, IEEE TNN 22(2), 2011, section III.
    L is the matrix of the MMD, H centres, K is the kernel of both domains' points. An unseen point x has the features
    k(x, X) W. "primal" has no kernel: its features are XA, with A the leading eigenvectors of
    (X'LX + mu I)^-1 X'HX, whose penalty mu tr(A'A) is the default of a widely copied implementation.

    "released" does what that implementation (transferlearning, code/traditional/TCA) does besides: L is divided by its
    Frobenius norm, 1 / n_s + 1 / n_t, so that mu weighs that much less; the columns of W (or A) are scaled to length 1,
    as its eigensolver returns them, so that components keep their variances. It also brings projected points to
    length 1, which is no part of TCA but a normalisation that any projection can have: `projected` says it.
    "unit eigenvectors" scales the columns to length 1 and does nothing else: of the three it is the one that gives the
    TCA row of JDA's paper (dimension 100, linear kernel).

    A null component, which every point has the same amount of, has all its features 0.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    dimension: int = 30
    mu: float = 1.0
    kernel: Kernel = "linear"
    width: float | None = None  # of exp(-width ||x - y||^2); None is 1 / the median squared distance
    variant: Variant = "paper"
    projected: Projected = "as they are"
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    budget_gib: float = 4.0  # above it, a kernel matrix is Nyström's
    landmarks: int = 2000
    seed: int = 0  # of the landmarks

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor for target features, from source features, their labels and target features.

        Raises ValueError for an unknown variant, a dimension that the kernel matrix has not, and values not above 0.
        """
        if self.variant not in get_args(Variant):
            raise ValueError(f"TCA has no variant {self.variant!r}; choose {', '.join(get_args(Variant))}")
        xs, ys, xt = pair(xs, ys, xt)
        x = np.concatenate([xs, xt])
        check_positive("TCA", mu=self.mu, width=1.0 if self.width is None else self.width)
        check_dimension("TCA", self.dimension, largest_dimension(len(x), x.shape[1], self.kernel))
        space = Representation.of(
            x, self.dimension, self.kernel, self.width, self.budget_gib, self.landmarks, self.seed
        )
        difference = mean_difference(len(xs), len(xt))
        if self.variant == "released":
            difference = difference / np.linalg.norm(difference)  # the norm's square is the Frobenius norm of L
        count = min(self.dimension, space.points.shape[1])
        weights = Scatter(space.points, space.symmetric).leading(space.points.T @ difference, self.mu, count)
        if self.variant != "paper":
            weights = unit_rows(weights.T).T
        source = brought(space.points[: len(xs)] @ weights, self.projected)
        classifier = fitted(self.classifier, self.cost, source, ys)
        projection = space.projection(weights)
        return ProjectedClassifier(projection, classifier, x.shape[1], self.projected, space.approximation)
