"""ReverseFit: how good a shallow method's settings look to reverse validation, which no label of a target reaches."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.inputs.rows import Array
from mtl_bench.training.seeding import generator
from mtl_bench.trials.adapt import VALIDATION
from mtl_bench.trials.contracts import FEATURES, DataSet, ShallowMethod, check_classes, read_labels, read_rows


@dataclass(frozen=True)
class ReverseFit(Trial):
    """The accuracy on held-out source rows of a classifier of the target's predicted labels: the metric "score".

    Ganin et al., JMLR 2016, section 5.1.2: the method is fitted on nine tenths of the source and the target, the same
    method then on the target with the labels that it predicts and the source without its own, and scored on the last
    tenth, which is that of an `Adapt` of this seed.
    """

    method: ShallowMethod  # whose settings are scored
    source: DataSet
    target: DataSet
    seed: int
    train: str = "train"

    def uses_of_target(self) -> tuple[str, ...]:
        return (FEATURES,)

    def run(self, work: Work) -> Mapping[str, float]:
        check_classes(self.source, self.target)
        xs, xt = (self._features(domain, work) for domain in (self.source, self.target))
        ys = read_labels(self.source, self.train, work, len(xs))
        shuffled = generator(self.seed, "validation", self.source.name).permutation(len(xs))
        held_out, kept = np.split(shuffled, [round(VALIDATION * len(xs))])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of solvers that did not converge: such settings score as they do
            predicted = self.method.fit(xs[kept], ys[kept], xt).predict(xt)
            back = self.method.fit(xt, predicted, xs[kept]).predict(xs[held_out])
        return {"score": 100 * float((back == ys[held_out]).mean())}

    def _features(self, domain: DataSet, work: Work) -> Array:
        return np.asarray(read_rows(domain, self.train, work)[:], np.float64)
