"""Shallow methods with scikit-learn's habits: `TCA().fit(xs, ys, xt).predict(xt)`.

Each is the row of the same name in the tables of this package: its defaults are that row's, its normalisation included.
Parameters are those of the method, a frozen value in `mtl_bench.methods.shallow` whose docstring has the equations.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, Self

import numpy as np
from jaxtyping import Shaped
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from mtl_bench.inputs.gate import Given, pair, points
from mtl_bench.inputs.normalisation import Normalisation, Scaling
from mtl_bench.methods.shallow import coral, gfk, jda, kmm, msda, no_adaptation, ot, pca, sa, scl, sstca, tca
from mtl_bench.methods.shallow.classifier import Classifier
from mtl_bench.methods.shallow.components import Projected
from mtl_bench.methods.shallow.kernels import Kernel

Array = np.ndarray[Any, Any]
HOW = """

`fit(X, y, target)` takes source features (n, d), their labels (n,), whole numbers or strings, and target features
(m, d); `predict(X)` gives the labels of target features. Each domain is normalised by its own statistics, those of what
`fit` saw. The parameters are those of the method and its `normalisation`.
"""


class ShallowEstimator(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """What all of them share."""

    normalisation: Normalisation
    of: ClassVar[type[Any]]  # the method, a frozen dataclass

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__doc__ = (inspect.getdoc(cls.of) or "") + HOW

    @property
    def method(self) -> Any:
        """The method with these parameters."""
        return self.of(**{f.name: getattr(self, f.name) for f in fields(self.of)})

    def fit(self, X: Given, y: Given, target: Given) -> Self:
        """Source features, their labels, and target features; raises ValueError with one sentence for bad ones."""
        xs, ys, xt = pair(X, y, target)
        self.scaling_ = Scaling.of(xt, self.normalisation)
        self.predictor_ = self.method.fit(Scaling.of(xs, self.normalisation)(xs), ys, self.scaling_(xt))
        self.classes_ = np.unique(ys)
        self.n_features_in_ = xs.shape[1]
        return self

    def predict(self, X: Given) -> Shaped[np.ndarray, " n"]:
        """The class of each row of target features (n, d)."""
        scaled = self._scaled(X)
        labels: Shaped[np.ndarray, " n"] = self.predictor_.predict(scaled)
        return labels

    def transform(self, X: Given) -> Array:
        """What the classifier sees of target features (n, d): of a projecting method (n, dimension)."""
        scaled = self._scaled(X)
        found: Array = self.predictor_.features(scaled)
        return found

    def _scaled(self, X: Given) -> Array:
        check_is_fitted(self)
        return self.scaling_(points("X", X, self.n_features_in_))


@dataclass(eq=False, repr=False)
class NoAdaptation(ShallowEstimator):
    of: ClassVar[type[Any]] = no_adaptation.NoAdaptation

    classifier: Classifier = "1-NN"
    cost: float = 1.0
    normalisation: Normalisation = field(default="unit length", kw_only=True)


@dataclass(eq=False, repr=False)
class PCA(ShallowEstimator):
    of: ClassVar[type[Any]] = pca.PCA

    dimension: int = 100
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    projected: Projected = "length 1"
    normalisation: Normalisation = field(default="unit length", kw_only=True)


@dataclass(eq=False, repr=False)
class TCA(ShallowEstimator):
    of: ClassVar[type[Any]] = tca.TCA

    dimension: int = 100
    mu: float = 1.0
    kernel: Kernel = "linear"
    width: float | None = None
    variant: tca.Variant = "released"
    projected: Projected = "length 1"
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    budget_gib: float = 4.0
    landmarks: int = 2000
    seed: int = 0
    normalisation: Normalisation = field(default="unit length", kw_only=True)


@dataclass(eq=False, repr=False)
class SSTCA(ShallowEstimator):
    of: ClassVar[type[Any]] = sstca.SSTCA

    dimension: int = 30
    mu: float = 1.0
    smoothness: float = 0.1
    dependence: float = 0.5
    neighbours: int = 10
    kernel: Kernel = "linear"
    width: float | None = None
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    projected: Projected = "as they are"
    budget_gib: float = 4.0
    landmarks: int = 2000
    seed: int = 0
    normalisation: Normalisation = field(default="unit length", kw_only=True)


@dataclass(eq=False, repr=False)
class GFK(ShallowEstimator):
    of: ClassVar[type[Any]] = gfk.GFK

    dimension: int = 20
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    projected: Projected = "as they are"
    normalisation: Normalisation = field(default="unit length", kw_only=True)


@dataclass(eq=False, repr=False)
class SA(ShallowEstimator):
    of: ClassVar[type[Any]] = sa.SA

    dimension: int | None = 100
    cost: float = 1.0
    classifier: Classifier = "1-NN"
    normalise: bool = False
    normalisation: Normalisation = field(default="z-score", kw_only=True)


@dataclass(eq=False, repr=False)
class SCL(ShallowEstimator):
    of: ClassVar[type[Any]] = scl.SCL

    dimension: int = 50
    pivots: int = 500
    least: int = 10
    chosen: scl.Chosen = "mutual information"
    regulariser: float = 0.01
    scale: float = 1.0
    classifier: Classifier = "linear SVM"
    cost: float = 1.0
    normalisation: Normalisation = field(default="none", kw_only=True)


@dataclass(eq=False, repr=False)
class CORAL(ShallowEstimator):
    of: ClassVar[type[Any]] = coral.CORAL

    regulariser: float = 1.0
    classifier: Classifier = "one-against-one SVM"
    cost: float = 1.0
    normalisation: Normalisation = field(default="z-score", kw_only=True)


@dataclass(eq=False, repr=False)
class JDA(ShallowEstimator):
    of: ClassVar[type[Any]] = jda.JDA

    dimension: int = 100
    regulariser: float = 1.0
    iterations: int = 10
    kernel: Kernel = "linear"
    width: float | None = None
    variant: Literal["paper", "released"] = "released"
    projected: Projected = "length 1"
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    budget_gib: float = 4.0
    landmarks: int = 2000
    seed: int = 0
    normalisation: Normalisation = field(default="unit length", kw_only=True)


@dataclass(eq=False, repr=False)
class KMM(ShallowEstimator):
    of: ClassVar[type[Any]] = kmm.KMM

    bound: float = 1000.0
    slack: float | None = None
    width: float | None = None
    cost: float = 1.0
    normalisation: Normalisation = field(default="unit length", kw_only=True)


@dataclass(eq=False, repr=False)
class MSDA(ShallowEstimator):
    of: ClassVar[type[Any]] = msda.MSDA

    layers: int = 5
    corruption: float = 0.5
    regulariser: float = 1e-5
    classifier: Classifier = "linear SVM"
    cost: float = 1.0
    normalisation: Normalisation = field(default="none", kw_only=True)


@dataclass(eq=False, repr=False)
class OptimalTransport(ShallowEstimator):
    of: ClassVar[type[Any]] = ot.OptimalTransport

    regulariser: ot.Regulariser = "entropy and classes"
    entropy: float = 0.02
    classes: float = 0.1
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    normalisation: Normalisation = field(default="unit length", kw_only=True)
