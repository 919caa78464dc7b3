"""BetterThan: the probability that a method is better than another over several data sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mtl_bench.core.trial import Trial, Work
from mtl_bench.inputs.rows import Array
from mtl_bench.measures.poisson_binomial import probability_of_lower_risk, probability_of_majority
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.history import read_array

Tested = Evaluate | FitShallow


@dataclass(frozen=True)
class BetterThan(Trial):
    """The metric "probability": that the first method errs less on most data sets, by the Poisson binomial test.

    `ours` and `theirs` are tests of the two methods, one of each for each data set, on the same items. Raises
    ValueError for another number of tests, and for tests of other items.
    """

    ours: tuple[Tested, ...]
    theirs: tuple[Tested, ...]

    def __post_init__(self) -> None:
        if not self.ours or len(self.ours) != len(self.theirs):
            raise ValueError(
                f"{len(self.ours)} tests of one method and {len(self.theirs)} of the other can't be compared; "
                "give one of each for each data set"
            )

    def uses_of_target(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(use for test in self.ours for use in test.uses_of_target()))

    def run(self, work: Work) -> Mapping[str, float]:
        pairs = [(_correct(a, work), _correct(b, work)) for a, b in zip(self.ours, self.theirs, strict=True)]
        for a, b in pairs:
            if len(a) != len(b):
                raise ValueError(f"{len(a)} and {len(b)} items were tested; give tests of the same items")
        return {"probability": probability_of_majority([probability_of_lower_risk(a, b) for a, b in pairs])}


def _correct(test: Tested, work: Work) -> Array:
    """float (n,): which items were right."""
    return read_array(work.artifact_of(test, "correct.npy")).astype(float)
