"""A setting that a score chooses when the trials before have run: what is planned is the choice, not its outcome."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from mtl_bench.core.trial import Trial, Work
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Learner
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.contracts import FEATURES, Method, Predictor, ShallowMethod, in_order
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.reverse_fit import ReverseFit
from mtl_bench.trials.reverse_score import ReverseScore


@dataclass(frozen=True)
class Choice(Trial):
    """The value of a method's parameter whose candidate has the highest score; of equals the first.

    Metrics: that value under the parameter's name, its "logarithm" to the base 10, which tells small values apart,
    its "score", and "equals", how many candidates have that score. Raises ValueError without candidates, and where one
    lacks the parameter or has it not above 0.
    """

    parameter: str
    candidates: tuple[ReverseScore | ReverseFit, ...]

    def __post_init__(self) -> None:
        if not self.candidates:
            raise ValueError(f"there is nothing to choose a {self.parameter} among; give one candidate or more")
        for candidate in self.candidates:
            if self.parameter not in {f.name for f in fields(candidate.method)}:  # type: ignore[arg-type]
                raise ValueError(f"{type(candidate.method).__name__} has no {self.parameter}; choose another parameter")
            if not getattr(candidate.method, self.parameter) > 0:
                raise ValueError(f"a candidate has no {self.parameter} above 0; give others")

    def uses_of_target(self) -> tuple[str, ...]:
        return in_order(use for candidate in self.candidates for use in candidate.uses_of_target())

    def run(self, work: Work) -> Mapping[str, float]:
        scores = [work.metrics_of(candidate)["score"] for candidate in self.candidates]
        best = max(range(len(scores)), key=scores.__getitem__)
        value = float(getattr(self.candidates[best].method, self.parameter))
        return {
            self.parameter: value,
            "logarithm": math.log10(value),
            "score": scores[best],
            "equals": scores.count(scores[best]),
        }


@dataclass(frozen=True)
class MethodByChoice:
    """A deep or shallow method with the value that a choice gives its parameter: for `AdaptChosen` and `FitChosen`."""

    uses: ClassVar[tuple[str, ...]] = (FEATURES,)  # by which the choice was made

    of: Any  # Method | ShallowMethod
    by: Choice

    @property
    def name(self) -> str:
        """For those who watch it run."""
        return f"{type(self.of).__name__} of a chosen {self.by.parameter}"

    def method(self, work: Work) -> Any:
        """What the choice, a dependency of the trial that asks, came to."""
        return replace(self.of, **{self.by.parameter: work.metrics_of(self.by)[self.by.parameter]})

    def build(self, net: Network, classes: int) -> Learner:
        raise NotImplementedError("a method whose setting is still to be chosen trains nothing; take AdaptChosen")

    def fit(self, xs: Any, ys: Any, xt: Any) -> Predictor:
        raise NotImplementedError("a method whose setting is still to be chosen fits nothing; take FitChosen")


@dataclass(frozen=True)
class AdaptChosen(Adapt):
    """The training run of a method that is `MethodByChoice`; it leaves what `Adapt` leaves."""

    def run(self, work: Work) -> Mapping[str, float]:
        method: Method = _chosen(self.method, work)
        return Adapt(**{**_values(self, Adapt), "method": method}).run(work)


@dataclass(frozen=True)
class FitChosen(FitShallow):
    """A shallow method that is `MethodByChoice`, from one domain to another; it leaves what `FitShallow` leaves."""

    def run(self, work: Work) -> Mapping[str, float]:
        method: ShallowMethod = _chosen(self.method, work)
        return FitShallow(**{**_values(self, FitShallow), "method": method}).run(work)


def _chosen(method: Any, work: Work) -> Any:
    if not isinstance(method, MethodByChoice):
        raise ValueError(
            f"{type(method).__name__} has no setting to be chosen; give MethodByChoice(…), or plan it directly"
        )
    return method.method(work)


def _values(trial: Trial, cls: type) -> dict[str, Any]:
    return {f.name: getattr(trial, f.name) for f in fields(cls)}
