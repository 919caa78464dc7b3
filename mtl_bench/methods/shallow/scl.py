"""SCL: features that tell whether pivots, which domains share, occur (Blitzer, McDonald and Pereira, EMNLP 2006)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Int, Real, Shaped

from mtl_bench.inputs.gate import pair
from mtl_bench.measures.pivots import mutual_information
from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier, check_dimension, check_positive, fixed_signs

Chosen = Literal["mutual information", "frequency"]

TOLERANCE = 1e-3  # the change of the weights in a step, relative to the largest weight
STEPS = 200


@dataclass(frozen=True)
class SCL:
    """A classifier of points beside theta x, where theta's rows span what linear predictors of pivots look at.

    A feature occurs where it is above 0. Pivots occur in `least` points of each domain or more, or in a quarter of them
    where there are few points, and not everywhere; of these, the `pivots` with the highest mutual information with the
    source's labels (SCL-MI; Blitzer, Dredze and Pereira, ACL 2007), or the most frequent ones (the paper of 2006). For
    each, a linear predictor with modified Huber loss tells from all other features, on both domains' points, whether it
    occurs; theta's rows are the first `dimension` left singular vectors of these predictors' weights. theta x is of
    what occurs, and brought to `scale` times the mean length of x over both domains, which is ours. 500 pivots, 10
    points and 50 dimensions are those of Ziser and Reichart's code for reviews (CoNLL 2017), which projects on singular
    vectors times their values and brings nothing to a length. Its regulariser, 1e-4, leaves weights that even hundreds
    of steps do not settle; 0.01, with which they settle, is ours. It was set when the accuracy of one pair of Amazon
    reviews, from books to kitchen, had been seen: nothing is to be judged by that pair.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    dimension: int = 50
    pivots: int = 500
    least: int = 10
    chosen: Chosen = "mutual information"
    regulariser: float = 0.01  # of the predictors, for a mean loss
    scale: float = 1.0
    classifier: Classifier = "linear SVM"
    cost: float = 1.0

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor for target features, from source features, their labels and target features."""
        check_positive("SCL", pivots=self.pivots, regulariser=self.regulariser, scale=self.scale)
        source, ys, target = pair(xs, ys, xt)
        found = self.found(source > 0, ys, target > 0)
        check_dimension("SCL", self.dimension, len(found))
        both = np.concatenate([source, target])
        axes = correspondences(predictors(both > 0, found, self.regulariser), self.dimension)
        own, new = (np.linalg.norm(part, axis=1).mean() for part in (both, Beside(axes, 1.0).only(both)))
        shared = Beside(axes, float(self.scale * own / new) if new > 0 else 1.0)
        return ProjectedClassifier(shared, fitted(self.classifier, self.cost, shared(source), ys), source.shape[1])

    def found(
        self, source: Bool[np.ndarray, "n d"], labels: Shaped[np.ndarray, " n"], target: Bool[np.ndarray, "m d"]
    ) -> Int[np.ndarray, " k"]:
        """Which features are pivots, the best first; those that always occur are none."""
        if self.chosen not in get_args(Chosen):
            raise ValueError(f"pivots are not chosen by {self.chosen!r}; choose {' or '.join(get_args(Chosen))}")
        in_source, in_target = source.sum(0), target.sum(0)
        fewest = np.minimum(in_source, in_target)
        varies = in_source + in_target < len(source) + len(target)
        candidates = np.flatnonzero(
            varies & (fewest >= min(self.least, len(source) // 4, len(target) // 4)) & (fewest > 0)
        )
        worth = (
            mutual_information(source[:, candidates], labels)
            if self.chosen == "mutual information"
            else fewest[candidates]
        )
        return candidates[np.argsort(-worth, kind="stable")][: self.pivots]


@dataclass(frozen=True)
class Beside:
    """Points x (n, d) beside theta x of what occurs in them (n, d + h)."""

    axes: Float[np.ndarray, "d h"]
    factor: float

    def only(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n h"]:
        return np.asarray((x > 0) @ self.axes * self.factor)

    def __call__(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
        return np.hstack([x, self.only(x)])


def predictors(
    occurs: Bool[np.ndarray, "n d"], pivots: Int[np.ndarray, " k"], regulariser: float
) -> Float[np.ndarray, "d k"]:
    """Weights of linear predictors of whether each pivot occurs, from all features but itself.

    Each is the minimum over w and b of the mean of modified Huber losses, max(0, 1 - m)² of margins m from -1 on and
    -4m below, plus regulariser / 2 ||w||²; b is not in the weights. All at once: the loss curves no more than a square
    (second derivative 2), so that one factor of that square's matrix serves every step of all predictors.
    """
    from scipy.linalg import cho_factor, cho_solve
    from scipy.sparse import csr_matrix

    n, d = occurs.shape
    points = csr_matrix(np.hstack([occurs, np.ones((n, 1), bool)]).astype(np.float64))
    signs = np.where(occurs[:, pivots], 1.0, -1.0)
    ridge = np.append(np.full(d, regulariser), 1e-10)  # the constant's only keeps the matrix positive
    bound = 2 / n * (points.T @ points).toarray() + np.diag(ridge)
    factor = cho_factor(bound, overwrite_a=True)
    own = cho_solve(factor, np.eye(d + 1)[:, pivots])
    place = pivots, np.arange(len(pivots))
    weights: Float[np.ndarray, "d k"] = np.zeros((d + 1, len(pivots)))
    ahead = weights
    momentum = 1.0
    for _ in range(STEPS):
        margins = signs * (points @ ahead)
        slopes = np.where(margins >= -1, -2 * np.maximum(0, 1 - margins), -4.0) * signs / n
        step = cho_solve(factor, points.T @ slopes + ridge[:, None] * ahead, overwrite_b=True)
        step -= own * (step[place] / own[place])
        step[place] = 0  # a pivot's own weight stays 0, also in rounding
        following = ahead - step
        change = np.abs(following - weights).max()
        if ((ahead - following) * (following - weights)).sum() > 0:
            momentum = 1.0
        after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + (momentum - 1) / after * (following - weights)
        weights, momentum = following, after
        if change <= TOLERANCE * np.abs(weights).max():
            return weights[:-1]
    warnings.warn(f"SCL's predictors did not converge in {STEPS} steps; give a larger regulariser", stacklevel=2)
    return weights[:-1]


def correspondences(weights: Float[np.ndarray, "d k"], count: int) -> Float[np.ndarray, "d {count}"]:
    """The first left singular vectors of the predictors' weights."""
    vectors: Any = np.linalg.svd(weights, full_matrices=False)[0]
    return fixed_signs(vectors[:, :count])
