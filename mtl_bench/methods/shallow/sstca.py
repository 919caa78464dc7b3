"""SSTCA: TCA that keeps the source's labels and the neighbourhoods of both domains (Pan et al., 2011)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import pair
from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import (
    EPS,
    Projected,
    ProjectedClassifier,
    brought,
    check_dimension,
    check_positive,
    fixed_signs,
    mean_difference,
)
from mtl_bench.methods.shallow.kernels import Kernel, Representation, largest_dimension, median_width


@dataclass(frozen=True)
class SSTCA:
    """The leading eigenvectors W of (K(L + (lambda / n^2) G)K + mu I)^-1 K H Kyy H K, and a classifier on KW.

    Pan, Tsang, Kwok and Yang, Domain Adaptation via Transfer Component Analysis, IEEE TNN 22(2), 2011, section IV.
    Kyy = gamma S + (1 - gamma) I, where S_ij is 1 for two source points of one class and 0 otherwise: a linear kernel
    of one-hot labels. G = D - A is the Laplacian of the graph of nearest neighbours over both domains, A_ij =
    exp(-s ||x_i - x_j||^2) if one of the two is among the other's nearest, s = 1 / the median squared distance.

    W is scaled so that W'(KHKyyHK)W = I. The paper chooses its parameters by validation; the defaults are ours.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    dimension: int = 30
    mu: float = 1.0
    smoothness: float = 0.1  # lambda, of the graph
    dependence: float = 0.5  # gamma, of the labels
    neighbours: int = 10
    kernel: Kernel = "linear"
    width: float | None = None  # of exp(-width ||x - y||^2); None is 1 / the median squared distance
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    projected: Projected = "as they are"
    budget_gib: float = 4.0  # above it, a kernel matrix is Nyström's
    landmarks: int = 2000
    seed: int = 0  # of the landmarks

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor for target features, from source features, their labels and target features.

        Raises ValueError for a dimension that the kernel matrix has not, for values that are not above 0, and for a
        dependence outside 0 to 1.
        """
        from scipy.linalg import eigh

        xs, ys, xt = pair(xs, ys, xt)
        x = np.concatenate([xs, xt])
        width = 1.0 if self.width is None else self.width
        check_positive("SSTCA", mu=self.mu, neighbours=self.neighbours, width=width)
        if not 0 <= self.dependence <= 1 or self.smoothness < 0:
            raise ValueError(
                f"SSTCA has dependence {self.dependence} and smoothness {self.smoothness}; "
                "give one from 0 to 1 and one that is not negative"
            )
        check_dimension("SSTCA", self.dimension, largest_dimension(len(x), x.shape[1], self.kernel))
        space = Representation.of(
            x, self.dimension, self.kernel, self.width, self.budget_gib, self.landmarks, self.seed
        )
        points, size = space.points, space.points.shape[1]
        roots = np.vstack([np.sqrt(self.dependence) * one_hot(ys), np.zeros((len(xt), len(np.unique(ys))))])
        centred = points - points.mean(0)
        labelled = centred.T @ roots  # S = R R', so F'HSHF needs no n times n matrix
        wanted = labelled @ labelled.T + (1 - self.dependence) * (centred.T @ centred)
        difference = points.T @ mean_difference(len(xs), len(xt))
        smooth = points.T @ (laplacian(x, self.neighbours) @ points) * (self.smoothness / len(x) ** 2)
        unwanted = difference @ difference.T + (smooth + smooth.T) / 2 + self.mu * np.eye(size)
        count = min(self.dimension, size)
        values, vectors = eigh(wanted, unwanted, subset_by_index=[size - count, size - 1], overwrite_a=True)
        values, vectors = values[::-1], vectors[:, ::-1]
        kept = values > max(values[0] * size * EPS, 10 * EPS**2 * float(np.linalg.norm(points)) ** 2 / self.mu)
        weights = fixed_signs(vectors * np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0))
        classifier = fitted(self.classifier, self.cost, brought(points[: len(xs)] @ weights, self.projected), ys)
        projection = space.projection(weights)
        return ProjectedClassifier(projection, classifier, x.shape[1], self.projected, space.approximation)


def one_hot(labels: Shaped[np.ndarray, " n"]) -> Float[np.ndarray, "n c"]:
    """In the order of the sorted classes."""
    return np.asarray(labels[:, None] == np.unique(labels), np.float64)


def laplacian(x: Float[np.ndarray, "n d"], neighbours: int) -> Any:
    """D - A of the graph of nearest neighbours of points (n, d), sparse (n, n); a point has at most n - 1."""
    from scipy.sparse import diags_array
    from sklearn.neighbors import NearestNeighbors

    count = min(neighbours, len(x) - 1)
    distances = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(x).kneighbors_graph(mode="distance")
    distances.data = np.exp(-median_width(x) * distances.data**2)
    weights = distances.maximum(distances.T)
    return (diags_array(np.asarray(weights.sum(1)).ravel()) - weights).tocsr()
