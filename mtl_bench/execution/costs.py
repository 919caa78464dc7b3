"""What trials cost: seconds of earlier ones that are like them, or of their kind at another scale."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, describe, key, parts
from mtl_bench.execution.selection import trials_of
from mtl_bench.study import Cell

if TYPE_CHECKING:
    from mtl_bench.results.table import Results

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
        if not self.known:
            return None
        costs = [self.of(likeness(trial)[:2]) for trial in trials]
        return None if None in costs else sum(cost for cost in costs if cost is not None)


class Rates:
    """What trials of a class and method cost at one scale: plainly, and by how much they train."""

    def __init__(self, scale: str) -> None:
        self.scale = scale
        self.known: dict[str, list[tuple[float, float]]] = {}  # by class and method: amounts of work, and seconds

    def learn(self, trial: Trial, seconds: float) -> None:
        self.known.setdefault(likeness(trial)[1], []).append((amount(trial), seconds))

    def of(self, trial: Trial) -> float | None:
        """By the amount of work where it is known of both, else what the kind cost; None if there was none."""
        known, work = self.known.get(likeness(trial)[1]), amount(trial)
        if not known:
            return None
        measured = [(done, seconds) for done, seconds in known if done]
        if work and measured:  # of sums: a trial that computes next to nothing still takes its seconds
            return work * sum(seconds for _, seconds in measured) / sum(done for done, _ in measured)
        return sum(seconds for _, seconds in known) / len(known)


def amount(trial: Trial) -> float:
    """How much a trial computes: what it says itself, else its recipe's steps times batch size."""
    own = getattr(trial, "macs", None)
    return float(own()) if own else float(trained_on(trial))


def trained_on(trial: Trial) -> int:
    """Steps times batch size of the trial's own recipe, 0 if it has none."""
    own = [getattr(trial, field.name) for field in dataclasses.fields(trial)]
    recipes = [one for one in own if hasattr(one, "steps") and hasattr(one, "batch_size")]
    return sum(recipe.steps * recipe.batch_size for recipe in recipes)


def own_seconds(trials: Iterable[Trial], seconds: Mapping[str, float]) -> dict[str, float]:
    """Seconds by key, from those that results hold, where a trial's include all that it needs.

    What a trial adds to trials that are known already goes to the one of its new trials that trains, if any.
    """
    lineages = {key(t): [p for p in parts(t) if isinstance(p, Trial)] for t in trials if key(t) in seconds}
    found: dict[str, float] = {}
    for name, lineage in sorted(lineages.items(), key=lambda item: len(item[1])):
        fresh = [trial for trial in lineage if key(trial) not in found]  # what is needed comes first
        added = seconds[name] - sum(found[one] for one in {key(trial) for trial in lineage} & found.keys())
        found |= {key(trial): 0.0 for trial in fresh}
        if fresh:
            found[key(next(filter(trained_on, fresh), fresh[0]))] = max(added, 0.0)
    return found


def costs_in(store: Store, trials: Iterable[Trial]) -> Costs:
    """What the stored ones among `trials` cost."""
    costs = Costs()
    for trial in trials:
        if trial in store:
            costs.learn(trial, store.record(trial)["seconds"])
    return costs


def known_costs(cells: Iterable[Cell], store: Store, results: Results) -> tuple[Costs, Costs]:
    """What trials cost, by the store, and what whole cells cost, by the results (a fresh clone has no store)."""
    cells, by_cell = list(cells), Costs()
    seconds = dict(zip(results.rows["key"], results.rows["seconds"], strict=True))
    for cell in cells if seconds else ():
        if key(cell.trial) in seconds:
            by_cell.learn(cell.trial, seconds[key(cell.trial)])
    return costs_in(store, trials_of(cells) if store.root.exists() else ()), by_cell


def rates_at(scale: str, cells: Iterable[Cell], store: Store, device: str, results: Results) -> Rates:
    """What the trials of these cells cost on this device class, by the store, else by the results."""
    rows = results.rows[results.rows["device"] == device]
    seconds_of_rows = dict(zip(rows["key"], rows["seconds"], strict=True))
    if not store.root.exists():
        cells = [cell for cell in cells if key(cell.trial) in seconds_of_rows]
    trials, rates = trials_of(cells), Rates(scale)
    by_rows = own_seconds(trials, seconds_of_rows)
    for trial in trials:
        record = store.record(trial) if trial in store else {}
        seconds = record["seconds"] if record.get("device") == device else by_rows.get(key(trial))
        if seconds is not None:
            rates.learn(trial, seconds)
    return rates


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
    """ "34 s", "12 min", "2.5 h", "11 days", "3.2 years"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    days = seconds / 86400
    if days < 3:
        return f"{seconds / 3600:.1f} h"
    return f"{days:.0f} days" if days < 700 else f"{days / 365:.1f} years"
