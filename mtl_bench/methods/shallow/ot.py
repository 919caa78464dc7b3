"""OptimalTransport: source points moved to where their share of the target is (Courty et al., PAMI 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mtl_bench.methods.shallow.classifier import Classifier, fitted
from mtl_bench.methods.shallow.components import ProjectedClassifier, check_positive, stacked
from mtl_bench.methods.shallow.no_adaptation import as_it_is

Array = np.ndarray[Any, Any]

STEPS = 1000  # of Sinkhorn's iteration, at most
TOLERANCE = 1e-6  # of the sums of the plan's columns, in the Euclidean norm


@dataclass(frozen=True)
class OptimalTransport:
    """A classifier of the barycentric images of the source points, used on the target as it is.

    Courty, Flamary, Tuia and Rakotomamonjy, Optimal Transport for Domain Adaptation, IEEE PAMI 39(9), 2017: "none" is
    their OT-exact, "entropy" OT-IT (Sinkhorn), and "entropy and classes" OT-GL with the l_1/2 norm, which keeps
    points of two classes from one place. All points weigh the same. The cost is the squared distance divided by the
    largest one, so that the weights of the regularisers do not depend on the features' scale; the paper chooses them
    by validation, and the defaults are ours. Solved by POT.
    """

    regulariser: Literal["none", "entropy", "entropy and classes"] = "entropy and classes"
    entropy: float = 0.02
    classes: float = 0.1
    classifier: Classifier = "1-NN"
    cost: float = 1.0

    def fit(self, xs: Array, ys: Array, xt: Array) -> ProjectedClassifier:
        """A predictor for target features, from source features (n, d), labels (n,) and target features (m, d)."""
        check_positive("OptimalTransport", entropy=self.entropy, classes=self.classes)
        x = stacked(xs, xt)
        source, target = x[: len(xs)], x[len(xs) :]
        transport = self._transport()
        transport.fit(Xs=source, ys=np.unique(ys, return_inverse=True)[1], Xt=target)
        moved = transport.transform(Xs=source)
        return ProjectedClassifier(as_it_is, fitted(self.classifier, self.cost, moved, ys))

    def _transport(self) -> Any:
        from ot.da import EMDTransport, SinkhornLpl1Transport, SinkhornTransport

        if self.regulariser == "none":
            return EMDTransport(norm="max", max_iter=1_000_000)
        if self.regulariser == "entropy":
            return SinkhornTransport(
                reg_e=self.entropy, norm="max", max_iter=STEPS, tol=TOLERANCE, out_of_sample_map="ferradans"
            )
        if self.regulariser == "entropy and classes":
            return SinkhornLpl1Transport(
                reg_e=self.entropy, reg_cl=self.classes, norm="max", max_inner_iter=STEPS, tol=TOLERANCE
            )
        raise ValueError(f"there is no regulariser {self.regulariser!r}; choose none, entropy, or entropy and classes")
