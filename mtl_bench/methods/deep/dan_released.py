"""DAN as two released codes have it, which differ from the paper and from each other (Long et al., ICML 2015)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from torch import Tensor

from mtl_bench.measures.mmd_estimators import all_pairs_mmd, factors, quadruple_mmd
from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.last_hidden import below_and_above
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner

Code = Literal["Xlearn", "TLlib"]
Estimate = Literal["quadruples", "all pairs"]
Combination = Literal["sum", "mean"]
Layers = Literal["last hidden", "last hidden and logits"]


@dataclass(frozen=True)
class DANReleased:
    """Classification plus `weight` times the MK-MMD of the last hidden layer, as in `code`.

    Both codes have the kernel sum_k exp(-d^2 / (2^k s)), k = -2 to 2, of a batch's own mean squared distance s, a
    constant in the gradient. "Xlearn" (thuml/Xlearn, pytorch/) takes s over different points. "TLlib"
    (thuml/Transfer-Learning-Library), exp(-d^2 / (2 alpha s)) with alpha = 2^-3 to 2^1, takes it over all pairs with
    the zero distances of points to themselves, and adds 1 / (n - 1) of each domain, 2 / (n - 1) in all, to the loss:
    no gradient comes of that. Both estimate over overlapping quadruples in a row; TLlib's flag --non-linear is the
    estimate over "all pairs". Xlearn's other code (caffe/) draws quadruples at random and has a second MMD on fc8:
    `layers`.

    With `combined` "mean" the kernels' weights sum to one, as the paper's do: `kernels` 1 and 5 then differ in the
    number of kernels and in nothing else (the paper's DAN_SK and DAN). With "sum" a kernel more is also a loss more.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Long et al., ICML 2015",
        code="thuml/Xlearn, pytorch/ and caffe/; thuml/Transfer-Learning-Library (TLlib)",
        layer=(
            "fc6, fc7 and fc8 of AlexNet",
            "the bottleneck of 256 (both); fc7 and fc8 of AlexNet (caffe/)",
            "`layers`: the head's last hidden layer, or features where it has none; and the logits",
        ),
        reduction=(
            "a convex combination of 33 kernels around the median distance; disjoint quadruples",
            "the sum of five around the mean distance, of different points (Xlearn) or of all pairs (TLlib); "
            "overlapping quadruples, in caffe/ random ones; TLlib adds 2 / (n - 1)",
            "the same as `code`, without random quadruples; `estimate`, `kernels` and `combined` choose otherwise",
        ),
        weight=("lambda, selected", "1", "1"),
        schedule=("constant", "constant", "constant"),
    )

    code: Code = "Xlearn"
    estimate: Estimate = "quadruples"
    kernels: int = 5
    combined: Combination = "sum"
    layers: Layers = "last hidden"
    weight: float = 1.0

    def __post_init__(self) -> None:
        for name, known in (("code", Code), ("estimate", Estimate), ("combined", Combination), ("layers", Layers)):
            if (given := getattr(self, name)) not in get_args(known):
                raise ValueError(f"{name} can't be {given!r}; choose {' or '.join(get_args(known))}")
        factors(self.kernels)  # refuses none

    def build(self, net: Network, classes: int) -> Learner:
        return DANReleasedLearner(net, classes, self)

    def discrepancy(self, source: Tensor, target: Tensor) -> Tensor:
        """The code's loss of two samples (n, d) and (m, d), a scalar, without the weight."""
        estimate = quadruple_mmd if self.estimate == "quadruples" else all_pairs_mmd
        value = estimate(source, target, factors(self.kernels), with_self=self.code == "TLlib")
        if self.combined == "sum":
            value = self.kernels * value
        return value if self.code == "Xlearn" else value + 1 / (len(source) - 1) + 1 / (len(target) - 1)


class DANReleasedLearner(Learner):
    def __init__(self, net: Network, classes: int, method: DANReleased) -> None:
        super().__init__(net, classes)
        self.method = method

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        below, above = below_and_above(self.classifier)
        hidden = {domain: below(features) for domain, features in self.features(batches).items()}
        losses = {
            "classification": self.classification(hidden, batches, above),
            "discrepancy": self.method.weight * self.method.discrepancy(*sources_and_target(hidden, batches)),
        }
        if self.method.layers == "last hidden and logits":
            logits = {domain: above(h) for domain, h in hidden.items()}
            pair = sources_and_target(logits, batches)
            losses["discrepancy of logits"] = self.method.weight * self.method.discrepancy(*pair)
        return losses
