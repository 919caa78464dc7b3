"""mSDA: features that restore dropped ones, layer upon layer (Chen, Xu, Weinberger and Sha, ICML 2012)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import pair
from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier
from mtl_bench.methods.shallow.denoising import DenoisingStack

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SPARSE = 0.1  # the share of entries that are not 0, up to which a sparse matrix is cheaper


@dataclass(frozen=True)
class MSDA:
    """A classifier of points beside the hidden features of a stack of marginalised denoising autoencoders.

    The stack is fitted on both domains' points together, without labels. `corruption` is the probability with which
    each feature is dropped: in the paper 0.5 to 0.9 by cross-validation on the source, 0.5 in the tables of DANN's
    paper, where `layers` and `regulariser` are these too. Features become `layers` + 1 times as many; they are
    meant to be counts or otherwise 0 where there is nothing to say.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    layers: int = 5
    corruption: float = 0.5
    regulariser: float = 1e-5
    classifier: Classifier = "linear SVM"
    cost: float = 1.0

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor for target features, from source features, their labels and target features."""
        source, ys, target = pair(xs, ys, xt)
        both = light(np.concatenate([source, target]))
        features = HiddenFeatures(DenoisingStack.of(both, self.layers, self.corruption, self.regulariser))
        return ProjectedClassifier(features, fitted(self.classifier, self.cost, features(source), ys), source.shape[1])


@dataclass(frozen=True)
class HiddenFeatures:
    """Points beside their hidden features."""

    stack: DenoisingStack

    def __call__(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
        return self.stack(light(x))


def light(x: Float[np.ndarray, "n d"]) -> csr_matrix | np.ndarray[Any, Any]:
    """A CSR matrix where most are 0, else the points as they are."""
    from scipy.sparse import csr_matrix

    return csr_matrix(x) if np.count_nonzero(x) <= SPARSE * x.size else x
