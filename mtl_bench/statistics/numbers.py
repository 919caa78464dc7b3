"""Numbers beside the published ones: at paper scale, does the own gain agree with the published gain?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_array
from mtl_bench.results.measured import Measured
from mtl_bench.statistics.inference import FEWEST, ROUNDING
from mtl_bench.study import Published

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


def numbers(frame: Frame) -> list[NumberVerdict]:
    """A verdict per measured counterpart of a published number that is no context; empty below the paper's scale."""
    if frame.scale != "paper" or frame.sizing:
        return []
    cells = (cell for metric in frame.metrics for cell in frame.measured(metric))
    return [verdict for cell in cells if (verdict := _compare(frame, cell))]


def _compare(frame: Frame, cell: Measured) -> NumberVerdict | None:
    from scipy.special import stdtrit

    number, baseline = frame.counterpart(cell), frame.relative(cell, frame.study.baseline)
    expected = frame.published_gain(number) if number and not number.context else None
    gains = cell.minus(baseline) if baseline and baseline is not cell else []
    if number is None or expected is None or not gains:
        return None
    gain, n = float(np.mean(gains)), len(gains)
    sd = float(np.std(gains, ddof=1)) if n >= FEWEST else 0.0
    if sd < ROUNDING:
        band = _attention(cell, frame)
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


def _attention(cell: Measured, frame: Frame) -> float:
    """The difference, in points, from which a deterministic result is marked: 2 points or 4 images."""
    path = frame.results.kept(cell.keys[0], "correct.npy")
    items = len(read_array(path)) if path.exists() else 0
    return max(ATTENTION_POINTS, 100 * ATTENTION_IMAGES / items if items else 0)
