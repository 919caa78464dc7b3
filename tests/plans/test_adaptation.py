"""A table of adaptation: what its lines share, and who has which labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from mtl_bench.core.trial import key
from mtl_bench.datasets.synthetic import SyntheticFeatures
from mtl_bench.datasets.wrappers.partly import HIDDEN, Partly
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.plans.adaptation import FULL, AdaptationTable, Pair, Protocol, over
from mtl_bench.plans.lines import Deep, Shallow, years_of
from mtl_bench.plans.standard import ADVERSARIAL, CORAL_2016, DAN_2015, DEEP, DISCREPANCY, NEIGHBOUR, SHALLOW, TCA_2011
from mtl_bench.study import Cell
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.fit_shallow import FitShallow

DOMAINS = {name: Transductive(SyntheticFeatures(shift, stands_for=name)) for name, shift in (("a", 0.0), ("b", 0.5))}
PAIR: Pair = ("a", "b")
FEW = Protocol("few", {"a": 3, "b": 2})
FEW_OF_BOTH = replace(FEW, name="few of both", of_target=1)


@pytest.fixture
def table() -> AdaptationTable:
    return AdaptationTable(DOMAINS, DOMAINS, Recipe(steps=4, batch_size=8), {"features": "synthetic"})


def run_of(cells: Iterator[Cell]) -> Adapt:
    [cell] = cells
    assert isinstance(cell.trial, Evaluate)
    return cell.trial.selection.adaptation


def test_all_of_the_source_is_labelled_and_nothing_of_the_target(table: AdaptationTable) -> None:
    run = run_of(table.deep((DAN_2015,), (PAIR,), (7,)))
    assert (run.sources, run.target, run.seed) == ((DOMAINS["a"],), DOMAINS["b"], 7)
    assert run.uses_of_target() == ("features",)


def test_few_labels_are_the_same_for_deep_and_shallow_methods_and_anew_for_each_seed(table: AdaptationTable) -> None:
    shown = []
    for seed in (0, 1):
        deep = run_of(table.deep((DAN_2015,), (PAIR,), (seed,), FEW))
        [cell] = table.drawn((TCA_2011,), (PAIR,), (seed,), FEW)
        assert isinstance(cell.trial, FitShallow)
        assert (cell.trial.source, cell.trial.target) == (deep.sources[0], deep.target)
        assert np.bincount(deep.sources[0].labels("train")).tolist() == [3] * 10
        shown.append(np.asarray(deep.sources[0].inputs("train")[:]))
    assert not np.array_equal(shown[0], shown[1])


def test_few_labels_of_the_target_are_seen_and_are_no_test(table: AdaptationTable) -> None:
    target = run_of(table.deep((DAN_2015,), (PAIR,), (0,), FEW_OF_BOTH)).target
    assert isinstance(target, Partly)
    known = target.known("train")
    assert (known != HIDDEN).sum() == 10
    assert len(target.labels("test")) == len(known) - 10


def test_each_cell_has_labels_of_its_own_and_each_line_a_trial_of_its_own(table: AdaptationTable) -> None:
    pairs = (PAIR, ("b", "a"))
    cells = [*table.shallow(SHALLOW, pairs), *table.deep(DEEP, pairs, (0, 1)), *table.deep(DEEP, pairs, (0, 1), FEW)]
    assert len({tuple(sorted(map(str, cell.labels.items()))) for cell in cells}) == len(cells)
    assert len({key(cell.trial) for cell in cells}) == len(cells)


def test_a_rule_chooses_among_the_checkpoints_of_the_run_whose_last_one_is_shown(table: AdaptationTable) -> None:
    run = run_of(table.deep((DAN_2015,), (PAIR,), (0,)))
    chosen = list(table.selected((DAN_2015,), (PAIR,), (0,)))
    assert {cell.labels["selection"] for cell in chosen} >= {"source validation", "entropy", "oracle"}
    assert all(isinstance(c.trial, Evaluate) and c.trial.selection.adaptation == run for c in chosen)


def test_a_mean_over_pairs_weighs_them_equally() -> None:
    terms = over((PAIR, ("b", "a")), method="DAN", protocol=FULL).terms
    assert [term.weight for term in terms] == [0.5, 0.5]
    assert [dict(term.labels)["source"] for term in terms] == ["a", "b"]


def test_the_usual_lines_have_names_years_and_families_that_claims_can_rely_on() -> None:
    lines: tuple[Deep | Shallow, ...] = (*DEEP, *SHALLOW)
    assert len({tuple(line.labels.items()) for line in lines}) == len(lines)
    years = years_of(lines)
    assert years["TCA"] == 2011 < years["DAN"] < years["MDD"]
    assert NEIGHBOUR.name not in years
    assert {line.family for line in DISCREPANCY} == {"discrepancy"}
    assert {line.family for line in ADVERSARIAL} == {"adversarial"}


def test_a_convention_tells_lines_apart_that_have_one_name() -> None:
    raw, unit = (replace(TCA_2011, normalisation=scaled) for scaled in ("none", "unit length"))
    assert raw.labels == unit.labels
    assert raw.convention != unit.convention
    assert unit.convention == {
        **unit.labels, "normalisation": "unit length", "projected points": "length 1", "dimension": 100
    }  # fmt: skip
    assert CORAL_2016.convention["projected points"] == "as they are"
