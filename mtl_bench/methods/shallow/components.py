"""What the projecting methods share: both domains in one matrix, the eigenproblem, and the predictor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import points

Map = Callable[[Float[np.ndarray, "..."]], Float[np.ndarray, "..."]]
Projected = Literal["as they are", "length 1"]  # what becomes of projected points before they are classified
Eigenpairs = tuple[Float[np.ndarray, " k"], Float[np.ndarray, "p k"]]

DENSE = 1000  # up to this size a dense eigensolver is the faster one
SPARE = 10  # an iterative solver is worth it for fewer than a 10th of the eigenvectors
EPS = float(np.finfo(np.float64).eps)
TOLERANCE = 1e-9  # the residual of an eigenvector, relative to its eigenvalue


def check_dimension(method: str, dimension: int, largest: int) -> None:
    """Raises ValueError unless 1 <= dimension <= largest."""
    if largest < 1:
        raise ValueError(f"{method} has no dimension in so few points; give more of each domain")
    if not 1 <= dimension <= largest:
        raise ValueError(f"{method} has 1 to {largest} dimensions here, not {dimension}; choose one of these")


def check_positive(method: str, **values: float) -> None:
    """Raises ValueError for the first value that is not above 0."""
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{method} has {name} {value}; give a number above 0")


def mean_difference(source: int, target: int) -> Float[np.ndarray, "n 1"]:
    """e (n, 1) with e'X the source's mean less the target's: L = e e' is the matrix of the (biased) linear MMD."""
    return np.concatenate([np.full(source, 1 / source), np.full(target, -1 / target)])[:, None]


def unit_rows(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """Points of length 1; a zero stays zero."""
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    scaled: Float[np.ndarray, "n d"] = x / np.where(lengths > 0, lengths, 1.0)
    return scaled


def brought(points: Float[np.ndarray, "n k"], projected: Projected) -> Float[np.ndarray, "n k"]:
    """Projected points as the classifier gets them; raises ValueError for an unknown way."""
    if projected not in get_args(Projected):
        raise ValueError(f"projected points are not brought {projected!r}; choose {' or '.join(get_args(Projected))}")
    return unit_rows(points) if projected == "length 1" else points


def fixed_signs(vectors: Float[np.ndarray, "p m"]) -> Float[np.ndarray, "p m"]:
    """Columns, each with the sign that makes its entry of largest absolute value positive."""
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(0)[None], 0)
    signed: Float[np.ndarray, "p m"] = vectors * np.where(largest < 0, -1.0, 1.0)
    return signed


@dataclass(frozen=True)
class Scatter:
    """F'HF of points F (n, p), with H the centring matrix; `symmetric` says that F is a symmetric matrix (a kernel's).

    No matrix of n times p besides F is kept where the iterative solver is used on a symmetric F.
    """

    points: Float[np.ndarray, "n p"]
    symmetric: bool = False

    def leading(self, penalised: Float[np.ndarray, "p r"], mu: float, count: int) -> Float[np.ndarray, "p k"]:
        """A (p, count), the leading eigenvectors of (U U' + mu I)^-1 F'HF, where U is `penalised` (p, r).

        A'F'HFA = I, except for columns in the null space (F A constant but for rounding), which are 0.
        U U' + mu I is the identity plus rank r, so its inverse root is known: the problem becomes symmetric.
        """
        root = InverseRoot.of(penalised, mu)
        values, vectors = self._iterated(root, count) if self.iterative(count) else self._dense(root, count)
        kept = values > max(values[0] * len(vectors) * EPS, root.rest**2 * self._noise(count))
        scales = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
        return fixed_signs(root(vectors) * scales)

    def iterative(self, count: int) -> bool:
        """Whether `count` eigenvectors come from the iterative solver."""
        return iterative(self.points.shape[1], count)

    def _noise(self, count: int) -> float:
        """What rounding makes of F'HF where F is constant: points are centred before the product, or within it."""
        total = float(np.linalg.norm(self.points)) ** 2
        return total * EPS * (1 if self.symmetric and self.iterative(count) else 10 * EPS)

    @cached_property
    def matrix(self) -> Float[np.ndarray, "p p"]:
        centred = self.points - self.points.mean(0)
        product: Float[np.ndarray, "p p"] = centred.T @ centred
        return product

    def _dense(self, root: InverseRoot, count: int) -> Eigenpairs:
        from scipy.linalg import eigh

        size = self.points.shape[1]
        values, vectors = eigh(root(root(self.matrix).T), subset_by_index=[size - count, size - 1], overwrite_a=True)
        return values[::-1], vectors[:, ::-1]

    def _iterated(self, root: InverseRoot, count: int) -> Eigenpairs:
        """By ARPACK, from a fixed start that no symmetry of the data is likely to be orthogonal to."""
        from scipy.sparse.linalg import LinearOperator, eigsh

        size, times = self.points.shape[1], self._product()
        start: Float[np.ndarray, " p"] = np.random.default_rng(0).standard_normal((size,))
        if not np.any(times(start)):  # ARPACK has no answer to a matrix of zeros
            return np.zeros(count), np.zeros((size, count))
        operator = LinearOperator((size, size), lambda v: root(times(root(v.ravel()))), dtype=np.float64)
        values, vectors = eigsh(operator, count, v0=start, tol=TOLERANCE, ncv=min(size, max(2 * count + 1, 40)))
        order = np.argsort(values)[::-1]
        return values[order], vectors[:, order]

    def _product(self) -> Map:
        """F'HF v of a vector v (p,)."""
        from scipy.linalg.blas import dsymv

        if not self.symmetric:
            matrix = self.matrix
            return lambda v: matrix @ v
        kernel = self.points.T  # in Fortran's order without a copy; dsymv reads half of it, and reading is the cost

        def product(v: Float[np.ndarray, " p"]) -> Float[np.ndarray, " p"]:
            w = dsymv(1.0, kernel, v)
            return np.asarray(dsymv(1.0, kernel, w - w.mean()))

        return product


def iterative(size: int, count: int) -> bool:
    """Whether `count` eigenvectors of a matrix of this size are better found by an iterative solver."""
    return size > DENSE and count * SPARE < size


@dataclass(frozen=True)
class InverseRoot:
    """(U U' + mu I)^-1/2 for U (p, r), as mu^-1/2 I + Q diag(d) Q'; no p times p matrix is made."""

    axes: Float[np.ndarray, "p r"]  # Q
    differences: Float[np.ndarray, " r"]  # d
    rest: float  # mu^-1/2

    @classmethod
    def of(cls, columns: Float[np.ndarray, "p r"], mu: float) -> InverseRoot:
        axes, lengths, _ = np.linalg.svd(columns, full_matrices=False)
        return cls(axes, 1 / np.sqrt(mu + lengths**2) - 1 / np.sqrt(mu), 1 / float(np.sqrt(mu)))

    def __call__(self, x: Float[np.ndarray, " p *k"]) -> Float[np.ndarray, " p *k"]:
        """The product with a vector or the columns of a matrix."""
        inner = (self.axes.T @ x).T * self.differences
        product: Float[np.ndarray, " p *k"] = self.rest * x + self.axes @ inner.T
        return product


@dataclass(frozen=True)
class ProjectedClassifier:
    """Features (n, d) to classes by way of a projection; `approximation` says how exact the projection is."""

    projection: Map
    classifier: Any
    width: int  # d
    projected: Projected = "as they are"
    approximation: str = "exact"

    def features(self, x: Real[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
        """What the classifier sees of features (n, d)."""
        projected = self.projection(points("x", x, self.width))
        return brought(projected, self.projected)

    def predict(self, x: Real[np.ndarray, "n d"]) -> Shaped[np.ndarray, " n"]:
        """The class of each row of features (n, d)."""
        labels: Shaped[np.ndarray, " n"] = self.classifier.predict(self.features(x))
        return labels
