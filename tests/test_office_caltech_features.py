"""Office-Caltech10 on three kinds of features: one set of lines, and what a claim compares."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.office_caltech import STUDY as ON_SURF
from benchmarks.office_caltech.plan import FULL, SURF
from benchmarks.office_caltech_features import STUDY
from benchmarks.office_caltech_features.plan import DRAWN, EFFICIENTNET, GOOGLENET, LINES
from mtl_bench.core.trial import key
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.fit_shallow import FitShallow


def test_each_line_stands_on_every_kind_of_features() -> None:
    cells = STUDY.cells(STUDY.scale("laptop"))
    pairs = Counter(
        (cell.labels["features"], cell.labels["protocol"], cell.labels.get("seed"))
        for cell in cells
        if isinstance(cell.trial, FitShallow)
    )
    for features, count in ((SURF, 12), (EFFICIENTNET, 12), (GOOGLENET, 6)):
        found = {labels[1:]: n for labels, n in pairs.items() if labels[0] == features}
        assert found.pop((FULL, None)) == count * len(LINES)
        assert len(found) == 5
        assert set(found.values()) == {count * len(DRAWN)}
    assert set(LINES) > DRAWN


@pytest.mark.slow
def test_rows_of_surf_are_the_trials_of_the_study_that_was_declared() -> None:
    known = {key(cell.trial) for cell in ON_SURF.cells(ON_SURF.scale("paper"))}
    whole = [
        cell
        for cell in STUDY.cells(STUDY.scale("laptop"))
        if (cell.labels["features"], cell.labels["protocol"]) == (SURF, "full") and isinstance(cell.trial, FitShallow)
    ]
    assert len(whole) == 12 * len(LINES)
    assert {key(cell.trial) for cell in whole} <= known


def test_networks_learn_and_are_tested_on_one_kind_of_features() -> None:
    widths = {EFFICIENTNET: 1280, GOOGLENET: 1024}
    runs = [
        (cell.labels["features"], cell.trial.selection.adaptation)
        for cell in STUDY.cells(STUDY.scale("laptop"))
        if isinstance(cell.trial, Evaluate)
    ]
    assert Counter(features for features, _ in runs) == {EFFICIENTNET: 12 * 3 * 3, GOOGLENET: 6 * 3 * 3}
    for features, run in runs:
        assert run.backbone.input_shape == (widths[str(features)],)
        assert all(isinstance(source, Distinct) for source in run.sources)


def test_no_claim_is_judged() -> None:
    assert not any(claim.primary for claim in STUDY.claims)
