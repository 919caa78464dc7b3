"""GFK: the kernel of all subspaces on the way from the source's to the target's (Gong et al., CVPR 2012)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import pair
from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import Projected, ProjectedClassifier, brought, check_dimension
from mtl_bench.methods.shallow.kernels import Projection
from mtl_bench.methods.shallow.pca import principal_axes


@dataclass(frozen=True)
class GFK:
    """The geodesic flow kernel G between the domains' PCA subspaces, and a classifier with x'Gy as inner product.

    Gong, Shi, Sha and Grauman, Geodesic Flow Kernel for Unsupervised Domain Adaptation, CVPR 2012, equations 4 to 6.
    G is kept as F F', so that its distances are Euclidean between x F. The paper chooses the dimension by the subspace
    disagreement measure; 20 is what its authors' demonstration takes.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    dimension: int = 20
    classifier: Classifier = "1-NN"
    cost: float = 1.0
    projected: Projected = "as they are"

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor for target features, from source features, their labels and target features.

        A domain of n points has at most n - 1 dimensions.
        """
        xs, ys, xt = pair(xs, ys, xt)
        width = xs.shape[1]
        check_dimension("GFK", self.dimension, min(width, len(xs) - 1, len(xt) - 1))
        source, target = (principal_axes(part - part.mean(0), self.dimension) for part in (xs, xt))
        projection = Projection(flow_factor(source, target))
        classifier = fitted(self.classifier, self.cost, brought(projection(xs), self.projected), ys)
        return ProjectedClassifier(projection, classifier, width, self.projected)


def flow_factor(source: Float[np.ndarray, "d k"], target: Float[np.ndarray, "d k"]) -> Float[np.ndarray, "d 2*k"]:
    """F with F F' = G, the integral of P(t) P(t)' over t from 0 to 1, of orthonormal bases.

    In the principal vectors s_i and t_i, which are an angle a_i apart, the flow turns s_i towards t_i within a plane:
    P(t) = [s_i cos(t a_i) + q_i sin(t a_i)], q_i orthogonal to the source. So G is 2 by 2 in each plane.
    """
    left, cosines, right = np.linalg.svd(source.T @ target)
    starts, ends = source @ left, target @ right.T
    across = ends - starts * cosines
    sines = np.linalg.norm(across, axis=0)
    across = across / np.where(sines > 0, sines, 1.0)
    angles = np.arctan2(sines, cosines)  # accurate for small angles, as arccos is not
    along = np.sinc(2 * angles / np.pi)  # sin(2a) / (2a)
    first = np.sqrt((1 + along) / 2)
    mixed = np.sin(angles) * np.sinc(angles / np.pi) / 2  # (1 - cos(2a)) / (4a)
    second = np.sqrt(np.maximum((1 - along) / 2 - (mixed / first) ** 2, 0))
    return np.hstack([starts * first + across * (mixed / first), across * second])
