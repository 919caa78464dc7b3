"""NoAdaptation: a classifier of the source, used on the target as it is."""

from __future__ import annotations

from dataclasses import dataclass

from mtl_bench.inputs.gate import Given, pair
from mtl_bench.inputs.rows import Array
from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier


@dataclass(frozen=True)
class NoAdaptation:
    """The "1-NN" and "SVM" rows of published tables: the target is not looked at."""

    classifier: Classifier = "1-NN"
    cost: float = 1.0

    def fit(self, xs: Given, ys: Given, xt: Given) -> ProjectedClassifier:
        """A predictor of features, from source features (n, d) and labels (n,); target features (m, d) are checked."""
        source, ys, _ = pair(xs, ys, xt)
        return ProjectedClassifier(as_it_is, fitted(self.classifier, self.cost, source, ys), source.shape[1])


def as_it_is(x: Array) -> Array:
    """The projection of a method that leaves target points where they are."""
    return x
