"""What trials cost: seconds of earlier ones that are like them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, describe

Likeness = tuple[str, ...]  # all but the seed; class and method; class


class Costs:
    """Mean seconds of trials that are equal but for the seed, else of those with equal class and method, else class."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[int, float]] = {}  # how many, seconds in all

    def learn(self, trial: Trial, seconds: float) -> None:
        for name in likeness(trial):
            count, total = self.known.get(name, (0, 0.0))
            self.known[name] = count + 1, total + seconds

    def of(self, like: Likeness) -> float | None:
        """The mean cost of trials of this likeness, None if there was none."""
        for name in like:
            if name in self.known:
                count, total = self.known[name]
                return total / count
        return None

    def total(self, trials: Iterable[Trial]) -> float | None:
        """The cost of all, None if of one not even that of its class and method is known."""
        costs = [self.of(likeness(trial)[:2]) for trial in trials]
        return None if None in costs else sum(cost for cost in costs if cost is not None)


def costs_in(store: Store, trials: Iterable[Trial]) -> Costs:
    """What the stored ones among `trials` cost."""
    costs = Costs()
    for trial in trials:
        if trial in store:
            costs.learn(trial, store.record(trial)["seconds"])
    return costs


def likeness(trial: Trial) -> Likeness:
    described = _without_seeds(describe(trial))
    method = described.get("method")
    kind = method["class"] if isinstance(method, dict) else ""
    return json.dumps(described), f"{described['class']} {kind}", described["class"]


def _without_seeds(described: Any) -> Any:
    if isinstance(described, dict):
        return {name: _without_seeds(value) for name, value in described.items() if name != "seed"}
    return [_without_seeds(value) for value in described] if isinstance(described, list) else described


def duration(seconds: float) -> str:
    """ "34 s", "12 min", "2.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
