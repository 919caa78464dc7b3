"""Coordinates in what some points span: many features become as many numbers as there are points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

NONE_LEFT = 1e-6  # of the largest squared length: what is left of a point that the others span already
COLUMNS = 5000  # features whose products are summed in the points' own precision, before they are added up in double


@dataclass(frozen=True)
class Span:
    """An orthonormal basis of the span of points, by Cholesky's factor of their products.

    With points P (n, d), of which the `chosen` ones P_c are independent and span the others, and P_c P_c' = L L', the
    rows of L^-1 P_c are the basis: the coordinates of x are L^-1 P_c x. There are as many as points; those beyond the
    number of directions are 0.
    """

    points: Float[np.ndarray, "n d"]  # P, not copied
    chosen: Int[np.ndarray, " r"]
    factor: Float[np.ndarray, "r r"]  # L

    @classmethod
    def of(cls, points: Float[np.ndarray, "n d"]) -> Span:
        """The basis of points, which are kept in their own precision. Raises ValueError where all of them are 0."""
        from scipy.linalg.lapack import dpstrf

        products = products_of(points, points)
        largest = float(products.diagonal().max())
        if not largest > 0:
            raise ValueError("points that are all 0 span nothing; give others")
        # Transposed, a symmetric matrix is as LAPACK wants it, and is not copied.
        factor, order, rank, _ = dpstrf(products.T, lower=1, tol=NONE_LEFT * largest, overwrite_a=1)
        return cls(points, order[:rank] - 1, np.tril(factor[:rank, :rank]))

    @property
    def width(self) -> int:
        return len(self.points)

    @property
    def directions(self) -> int:
        return len(self.factor)

    def __call__(self, x: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "m n"]:
        """Coordinates, in double precision; of a point of the span, its length and its products are kept."""
        from scipy.linalg import solve_triangular

        found = np.zeros((len(x), self.width))
        products = products_of(self.points, x)[self.chosen]
        found[:, : self.directions] = solve_triangular(self.factor, products, lower=True).T
        return found


def products_of(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "n m"]:
    """x y', the sum over blocks of features in double precision."""
    total = np.zeros((len(x), len(y)))
    for first in range(0, x.shape[1], COLUMNS):
        block = slice(first, first + COLUMNS)
        total += x[:, block] @ y[:, block].T
    return total
