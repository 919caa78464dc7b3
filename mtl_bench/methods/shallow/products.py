"""A linear SVM by the products of points: the quick way to LIBSVM's where features are many more than points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped


@dataclass(frozen=True)
class SVMByProducts:
    """LIBSVM's linear SVM, one against one with a plain hinge; `cost` is its C.

    It sees points (n, d) in their products alone, which are one symmetric matrix (n, n): LIBSVM itself multiplies two
    points whenever it looks at them.
    """

    cost: float = 1.0

    def fit(
        self,
        points: Float[np.ndarray, "n d"],
        labels: Shaped[np.ndarray, " n"],
        weights: Float[np.ndarray, " n"] | None = None,
    ) -> ByProducts:
        """The machine of these points; `weights` multiply their losses."""
        from sklearn.svm import SVC

        machine = SVC(kernel="precomputed", C=self.cost).fit(points @ points.T, labels, weights)
        return ByProducts(machine, points[machine.support_], len(points))


@dataclass(frozen=True)
class ByProducts:
    """A machine that predicts by the products with its support vectors (s, d), of `count` points that it learnt."""

    machine: Any
    support: Float[np.ndarray, "s d"]
    count: int

    def predict(self, x: Float[np.ndarray, "m d"]) -> Shaped[np.ndarray, " m"]:
        products = np.zeros((len(x), self.count))  # with points that are no support vectors it looks at none
        products[:, self.machine.support_] = x @ self.support.T
        predicted: Shaped[np.ndarray, " m"] = self.machine.predict(products)
        return predicted
