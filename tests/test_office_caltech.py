"""Office-Caltech10: the conventions that are judged are those that the rule chooses from the committed rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.office_caltech import STUDY
from benchmarks.office_caltech.plan import CHOOSING
from benchmarks.office_caltech.rows import COMPARISONS, Comparison
from mtl_bench.plans.lines import Shallow
from mtl_bench.results.frame import Frame
from mtl_bench.results.table import Results

RESULTS = Path(__file__).parents[1] / "results"


@pytest.fixture(scope="module")
def frame() -> Frame:
    return Frame.of(STUDY, Results.read(RESULTS, "office_caltech.paper"))


@pytest.mark.slow
@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.of.__name__)
def test_the_judged_convention_has_the_highest_mean_on_the_choosing_half(comparison: Comparison, frame: Frame) -> None:
    def accuracy(row: Shallow) -> float:
        [cell] = frame.measured(where={**row.convention, "half": CHOOSING})
        return cell.mean

    means = [
        np.mean([accuracy(side(*convention)) for side in (comparison.of, comparison.over)])
        for convention in comparison.conventions
    ]
    assert comparison.conventions[int(np.argmax(means))] == comparison.chosen
