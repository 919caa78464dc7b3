"""Numbers beside the published ones: at paper scale, does the own gain agree with the published gain?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mtl_bench.results.frame import (
    Index,
    Measured,
    counterpart,
    index,
    measured,
    published_gain,
    relative,
    scale_of,
    without_sizing,
)
from mtl_bench.results.table import Results
from mtl_bench.statistics.inference import FEWEST, ROUNDING
from mtl_bench.study import Published, Study

ATTENTION_POINTS, ATTENTION_IMAGES = 2.0, 4


@dataclass(frozen=True)
class NumberVerdict:
    """The own gain over the own baseline against the published gain over the published baseline."""

    published: Published
    gain: float
    published_gain: float
    n: int
    verdict: Literal["agrees", "smaller", "larger", "not judged"]
    band: float | None  # what the difference of the gains must exceed to be one
    note: str = ""


def numbers(study: Study, results: Results) -> list[NumberVerdict]:
    """A verdict per measured counterpart of a published number that is no context; empty below the paper's scale."""
    if scale_of(results) != "paper":
        return []
    results = without_sizing(results)
    found = []
    for metric in sorted(set(results.rows["metric"])):
        cells = measured(study, results, metric)
        for cell in cells:
            verdict = _compare(study, cell, index(cells), results)
            if verdict:
                found.append(verdict)
    return found


def _compare(study: Study, cell: Measured, cells: Index, results: Results) -> NumberVerdict | None:
    from scipy.special import stdtrit

    number, baseline = counterpart(study, cell), relative(cell, study.baseline, cells)
    expected = published_gain(study, number) if number and not number.context else None
    gains = cell.minus(baseline) if baseline and baseline is not cell else []
    if number is None or expected is None or not gains:
        return None
    gain, n = float(np.mean(gains)), len(gains)
    sd = float(np.std(gains, ddof=1)) if n >= FEWEST else 0.0
    if sd < ROUNDING:
        band = _attention(cell, results)
        note = "no spread over seeds: the difference is only shown"
        if abs(gain - expected) > band:
            note = f"attention: {note}"
        return NumberVerdict(number, gain, expected, n, "not judged", band, note)
    band = float(stdtrit(n - 1, 0.975) * sd * np.sqrt(1 / n + 1 / (number.n or 1)))
    if number.mark:
        note = f"the published number is not checked ({number.mark})"
        return NumberVerdict(number, gain, expected, n, "not judged", band, note)
    if abs(gain - expected) <= band:
        return NumberVerdict(number, gain, expected, n, "agrees", band)
    return NumberVerdict(number, gain, expected, n, "smaller" if gain < expected else "larger", band)


def _attention(cell: Measured, results: Results) -> float:
    """The difference, in points, from which a deterministic result is marked: 2 points or 4 images."""
    path = results.kept(cell.keys[0], "correct.npy")
    items = len(np.load(path, allow_pickle=False)) if path.exists() else 0
    return max(ATTENTION_POINTS, 100 * ATTENTION_IMAGES / items if items else 0)
