"""What a number may move by where processor or libraries are others than when it was measured; for every check.

Equal bits are then not expected. Rounding makes a trained network another draw of the same run, at most: seed, order
and data stay, so that bands over seeds hold there too. What is not trained differs by rounding alone, which turns a few
borderline test items.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mtl_bench.results.table import Results

POINT = 1.0  # percent: what a few borderline test items can count
SPREADS = 4.0  # standard deviations between seeds: two draws are further apart once in 200
MEANING = (
    "Equal bits are not expected; the bands apply, since a trained network is there another draw of the same run, and "
    f"none is narrower than {POINT:g} point, which rounding can do to what is not trained. "
    "What a library changed on purpose alarms too."
)


def least_move(metric: str, value: float) -> float:
    """What every number may move by in another environment."""
    return POINT if metric == "accuracy" else 1e-3 * abs(value) + 1e-6


def entries(results: Results, environment: str) -> Mapping[str, str]:
    """Processor, threads and versions by name; empty where the results do not say."""
    found: Mapping[str, str] = results.provenance["environments"].get(environment) or {}
    return found


def apart(there: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """What differs, as it was there: ["processor AMD EPYC", "torch 2.8.0"]."""
    return [f"{name} {there.get(name, 'unknown')}" for name in here if there.get(name) != here[name]]


def told(baseline: Results, fresh: Results) -> list[str]:
    """A sentence per environment of the baseline that is not the fresh rows' own: what differs, what that means."""
    own = set(fresh.rows["environment"])
    there = Counter(map(str, baseline.rows["environment"]))
    found = []
    for digest in sorted(there.keys() - own) if own else ():
        here = entries(fresh, min(own))
        before = entries(baseline, digest)
        names = [name for name in sorted(before.keys() | here.keys()) if before.get(name) != here.get(name)]
        old, new = (", ".join(f"{n} {some.get(n, 'unknown')}" for n in names) for some in (before, here))
        rows = "The baseline was" if len(there) == 1 else f"{there[digest]} rows of the baseline were"
        where = f"with {old}; here: {new}" if names else "in another environment, of which nothing is known"
        found.append(f"{rows} measured {where}. {MEANING}")
    return found
