"""NoAdaptation: a classifier of the source, used on the target as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import pair
from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier


@dataclass(frozen=True)
class NoAdaptation:
    """The "1-NN" and "SVM" rows of published tables: the target is not looked at."""

    uses: ClassVar[tuple[str, ...]] = ()  # of the target

    classifier: Classifier = "1-NN"
    cost: float = 1.0

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor of features, from source features and their labels; target features are checked."""
        source, ys, _ = pair(xs, ys, xt)
        return ProjectedClassifier(as_it_is, fitted(self.classifier, self.cost, source, ys), source.shape[1])


def as_it_is(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """The projection of a method that leaves target points where they are."""
    return x
