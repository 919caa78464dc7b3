"""The final classifier, which every shallow method fits on source points where it has brought them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float, Shaped

from mtl_bench.methods.shallow.products import SVMByProducts

Classifier = Literal["1-NN", "linear SVM", "one-against-one SVM", "one-against-one SVM by products"]


def unfitted(classifier: Classifier, cost: float) -> Any:
    """A classifier to be fitted; `cost` is the C of the SVMs, which are linear and draw nothing at random.

    "linear SVM" is one against the rest with a squared hinge, in the primal; on long features it may need minutes.
    "one-against-one SVM" is LIBSVM's, with a plain hinge, in the dual: CORAL's and SA's authors use that one. "By
    products" it is the same, several times as fast where features are many more than points.
    """
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC, LinearSVC

    if classifier == "1-NN":
        return KNeighborsClassifier(1, algorithm="brute")
    if classifier == "linear SVM":
        return LinearSVC(C=cost, dual=False)
    if classifier == "one-against-one SVM":
        return SVC(kernel="linear", C=cost)
    if classifier == "one-against-one SVM by products":
        return SVMByProducts(cost)
    raise ValueError(f"there is no classifier {classifier!r}; choose {', '.join(get_args(Classifier))}")


def fitted(
    classifier: Classifier,
    cost: float,
    points: Float[np.ndarray, "n d"],
    labels: Shaped[np.ndarray, " n"],
    weights: Float[np.ndarray, " n"] | None = None,
) -> Any:
    """The classifier of points and labels, which may be all the same. `weights` multiply the SVM's losses.

    One nearest neighbour has none to multiply, which raises ValueError.
    """
    if weights is None:
        chosen = unfitted(classifier, cost)  # first, as it looks at the name
        return Always(labels[0]) if (labels == labels[0]).all() else chosen.fit(points, labels)
    if classifier == "1-NN":
        raise ValueError("1-NN cannot weigh its points; choose an SVM")
    # LIBLINEAR drops points of no weight, and scikit-learn then mixes up the classes if all of one class went.
    kept = weights > 0
    if len(np.unique(labels[kept])) == 1:
        return Always(labels[kept][0])
    return unfitted(classifier, cost).fit(points[kept], labels[kept], weights[kept])


@dataclass(frozen=True)
class Always:
    """The classifier where there is one class, or only one has weight."""

    label: Any

    def predict(self, x: Float[np.ndarray, "n d"]) -> Shaped[np.ndarray, " n"]:
        return np.full(len(x), self.label)
