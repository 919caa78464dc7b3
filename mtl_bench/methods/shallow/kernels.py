"""Kernels as features: points F with F F' = K (or F = K), on which a linear problem is the kernel method's."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from mtl_bench.methods.shallow.components import EPS, iterative

Kernel = Literal["primal", "linear", "RBF"]

SAMPLE = 1000  # points whose distances give the median
ROWS = 4096  # rows of an out-of-sample kernel matrix that are held at a time
GIB = 2**30
LARGE_GIB = 1.0  # a need for memory above it is said before the work starts


def rbf(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "m d"], width: float) -> Float[np.ndarray, "n m"]:
    """exp(-width ||x_i - y_j||^2); one matrix of that size is held."""
    kernel = squared_distances(x, y)
    kernel *= -width
    np.exp(kernel, out=kernel)
    return kernel


def squared_distances(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "n m"]:
    """||x_i - y_j||^2; one matrix of that size is held."""
    distances: Float[np.ndarray, "n m"] = x @ y.T
    distances *= -2
    distances += (x * x).sum(1)[:, None]
    distances += (y * y).sum(1)
    np.maximum(distances, 0, out=distances)  # a distance of 0 may have been rounded below
    return distances


def median_width(x: Float[np.ndarray, "n d"]) -> float:
    """1 / the median of the squared distances of pairs (i < j) of points, or 1.0 if that median is 0.

    Above 1,000 points, of 1,000 spread evenly over the rows.
    """
    chosen = x[np.unique(np.linspace(0, len(x) - 1, min(SAMPLE, len(x))).astype(int))]
    chosen = chosen - chosen.mean(0)  # so that rounding leaves no distance between points that are all the same
    distances = squared_distances(chosen, chosen)[np.triu_indices(len(chosen), 1)]
    median = float(np.median(distances)) if len(distances) else 0.0
    return 1 / median if median > EPS * float((chosen * chosen).sum()) else 1.0


def memory_of(points: int, features: int, dimension: int, kernel: Kernel) -> int:
    """Bytes that an exact eigenproblem of so many points and features holds at its largest, the input not counted."""
    if kernel == "primal" or (kernel == "linear" and features < points):
        size = min(points, features)
        return 8 * (3 * points * size + 4 * size * size)
    if iterative(points, dimension):
        return 8 * (points * points + points * max(4 * dimension, 40))  # the kernel, and ARPACK's basis and result
    return 8 * 6 * points * points  # the kernel, centred, its square, whitened, and the dense solver's work


def largest_dimension(points: int, features: int, kernel: Kernel) -> int:
    """How many components can differ from a constant: the rank of a general centred kernel matrix."""
    if kernel == "primal":
        return features
    return min(points - 1, features) if kernel == "linear" else points - 1


@dataclass(frozen=True)
class Projection:
    """Points (n, d) to (n, m): x P, or k(x, anchors) P with an RBF kernel."""

    matrix: Float[np.ndarray, "p k"]  # P, from features or anchors
    anchors: Float[np.ndarray, "p d"] | None = None
    width: float = 1.0

    def __call__(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
        if self.anchors is None:
            return np.asarray(x @ self.matrix)
        blocks = [rbf(x[i : i + ROWS], self.anchors, self.width) @ self.matrix for i in range(0, len(x), ROWS)]
        return np.concatenate(blocks) if blocks else np.empty((0, self.matrix.shape[1]))


@dataclass(frozen=True)
class Representation:
    """Points F (n, p) such that the problem max tr(A'F'HFA) with penalty mu tr(A'A) is that of a kernel method.

    For "primal", F = X up to a rotation. For a kernel K, F = K with A = W, the coefficients; where K has low rank,
    K = X X' with X (n, p), p < n, every W outside the null space is Q A for the orthonormal basis Q of X = Q R, and so
    F = K Q = X R' is an exact problem in p dimensions. R is from X'X = R'R: Q is never made.
    """

    points: Float[np.ndarray, "n p"]
    root: Float[np.ndarray, "q p"] | None  # B (., p): F = X B, or k(X, anchors) B; None is the identity
    symmetric: bool = False
    anchors: Float[np.ndarray, "q d"] | None = None
    width: float = 1.0
    approximation: str = "exact"

    @classmethod
    def of(
        cls,
        x: Float[np.ndarray, "n d"],
        dimension: int,
        kernel: Kernel,
        width: float | None = None,
        budget_gib: float = 4.0,
        landmarks: int = 2000,
        seed: int = 0,
    ) -> Representation:
        """Of points x. A kernel matrix above the budget is replaced by Nyström's.

        Nyström's are landmarks drawn without replacement (at most n, at least `dimension`), the same for a seed.
        """
        if kernel not in ("primal", "linear", "RBF"):
            raise ValueError(f"there is no kernel {kernel!r}; choose primal, linear or RBF")
        n, d = x.shape
        needed = memory_of(n, d, dimension, kernel) / GIB
        of_points = kernel == "RBF" or (kernel == "linear" and d >= n)  # a matrix of all points by all points
        if of_points and needed > budget_gib:
            instead = f", more than the budget of {budget_gib:g} GiB: Nyström's approximation takes its place"
        else:
            instead = ""
        if instead or needed > LARGE_GIB:  # said before it starts
            warnings.warn(f"{n:,} points with kernel {kernel} need {needed:.2g} GiB{instead}", stacklevel=3)
        if kernel == "primal":
            return cls._rotated(x)
        if not of_points:
            root = triangle(x).T
            return cls(x @ root, root)
        gamma = median_width(x) if width is None and kernel == "RBF" else (width or 1.0)
        if instead:
            return cls._nystroem(x, kernel, gamma, min(n, max(landmarks, dimension)), seed)
        if kernel == "linear":
            return cls(x @ x.T, x.T, symmetric=True)
        return cls(rbf(x, x, gamma), None, True, x, gamma)

    @classmethod
    def _rotated(cls, x: Float[np.ndarray, "n d"]) -> Representation:
        """X itself or, with more features than points, X in an orthonormal basis of its rows: all else is null."""
        n, d = x.shape
        if d <= n:
            return cls(x, None)
        basis, triangular = np.linalg.qr(x.T)
        return cls(triangular.T, basis)

    @classmethod
    def _nystroem(
        cls, x: Float[np.ndarray, "n d"], kernel: Kernel, width: float, landmarks: int, seed: int
    ) -> Representation:
        """K ~ N N', N = k(X, Z) k(Z, Z)^-1/2 (Williams & Seeger, NIPS 2000); then a linear kernel's problem on N."""
        rows = np.sort(np.random.default_rng(seed).choice(len(x), landmarks, replace=False))
        anchors = x[rows]
        within = anchors @ anchors.T if kernel == "linear" else rbf(anchors, anchors, width)
        values, vectors = np.linalg.eigh(within)
        kept = values > values[-1] * landmarks * EPS
        whitening = vectors[:, kept] / np.sqrt(values[kept])
        mapped = (x @ anchors.T if kernel == "linear" else rbf(x, anchors, width)) @ whitening
        triangular = triangle(mapped).T
        root, points = whitening @ triangular, mapped @ triangular
        note = f"Nyström, {landmarks:,} landmarks"
        if kernel == "linear":
            return cls(points, anchors.T @ root, approximation=note)
        return cls(points, root, False, anchors, width, note)

    def projection(self, coefficients: Float[np.ndarray, "p k"]) -> Projection:
        """Of A: the map of any points to F A."""
        matrix = coefficients if self.root is None else self.root @ coefficients
        return Projection(matrix, self.anchors, self.width)


def triangle(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d d"]:
    """R with R'R = X'X: Cholesky's, or a symmetric root where rounding leaves X'X without one."""
    product = x.T @ x
    try:
        return np.asarray(np.linalg.cholesky(product).T)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(product)
        root: Float[np.ndarray, "d d"] = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
        return root
