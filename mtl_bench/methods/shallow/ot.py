"""OptimalTransport: source points moved to where their share of the target is (Courty et al., PAMI 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
from jaxtyping import Float, Real, Shaped

from mtl_bench.inputs.gate import pair
from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier, check_positive
from mtl_bench.methods.shallow.no_adaptation import as_it_is
from mtl_bench.methods.shallow.sinkhorn import entropic_plan, exact_plan, grouped_plan

Regulariser = Literal["none", "entropy", "entropy and classes"]


@dataclass(frozen=True)
class OptimalTransport:
    """A classifier of the barycentric images of the source points, used on the target as it is.

    Courty, Flamary, Tuia and Rakotomamonjy, Optimal Transport for Domain Adaptation, IEEE PAMI 39(9), 2017: "none" is
    their OT-exact, "entropy" OT-IT (Sinkhorn), and "entropy and classes" OT-GL with the l_1/2 norm, which keeps
    points of two classes from one place. All points weigh the same. The cost is the squared distance divided by the
    largest one, so that the weights of the regularisers do not depend on the features' scale; the paper chooses them
    by validation, and the defaults are ours.
    """

    version: ClassVar[int] = 2  # small entropies in the log domain
    uses: ClassVar[tuple[str, ...]] = ("features",)  # of the target

    regulariser: Regulariser = "entropy and classes"
    entropy: float = 0.02
    classes: float = 0.1
    classifier: Classifier = "1-NN"
    cost: float = 1.0

    def fit(
        self, xs: Real[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Real[np.ndarray, "m d"]
    ) -> ProjectedClassifier:
        """A predictor for target features, from source features, their labels and target features.

        Raises ValueError for a plan that does not move all of the source to all of the target: the entropy is too
        small for the iteration. One that is nearly right counts, with a warning.
        """
        check_positive("OptimalTransport", entropy=self.entropy, classes=self.classes)
        if self.regulariser not in get_args(Regulariser):
            raise ValueError(
                f"there is no regulariser {self.regulariser!r}; choose none, entropy, or entropy and classes"
            )
        source, ys, target = pair(xs, ys, xt)
        plan = self.plan(source, ys, target)
        moved = plan / plan.sum(1)[:, None] @ target
        return ProjectedClassifier(as_it_is, fitted(self.classifier, self.cost, moved, ys), source.shape[1])

    def plan(
        self, xs: Float[np.ndarray, "n d"], ys: Shaped[np.ndarray, " n"], xt: Float[np.ndarray, "m d"]
    ) -> Float[np.ndarray, "n m"]:
        """How much of each source point goes to each target point."""
        try:
            from ot import dist
        except ModuleNotFoundError as error:
            raise ValueError('OptimalTransport needs POT; install it by pip install "mtl-bench[ot]"') from error
        costs = dist(xs, xt)
        costs /= float(costs.max()) or 1.0
        if self.regulariser == "none":
            return exact_plan(costs)
        if self.regulariser == "entropy":
            return entropic_plan(costs, self.entropy)
        return grouped_plan(costs, ys, self.entropy, self.classes)
