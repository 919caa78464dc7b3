"""NoAdaptation: a classifier of the source, used on the target as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class NoAdaptation:
    """The "1-NN" and "SVM" rows of published tables: the target is not looked at."""

    classifier: Classifier = "1-NN"
    cost: float = 1.0

    def fit(self, xs: Array, ys: Array, xt: Array) -> ProjectedClassifier:
        """A predictor of features, from source features (n, d) and labels (n,)."""
        return ProjectedClassifier(as_it_is, fitted(self.classifier, self.cost, np.asarray(xs, np.float64), ys))


def as_it_is(x: Array) -> Array:
    """The projection of a method that leaves target points where they are."""
    return x
