"""The design of the study amazon: what its comparisons rest on, without training anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.amazon import STUDY
from benchmarks.amazon.classifiers import COSTS, SELECTION_SEED, fit, lines
from benchmarks.amazon.networks import (
    ALONE,
    CEILING,
    CMD_ADAGRAD,
    DANN,
    LAMBDAS,
    LINES,
    MMD_ADAGRAD,
    WEIGHTS,
    choice,
    on_target,
    planned,
    run,
)
from benchmarks.amazon.plan import BETTER, BY_MOMENTS, FULL, NEW
from benchmarks.amazon.reviews import DOMAINS, MSDA, PAIRS, UNORDERED, WORDS, reviews
from mtl_bench.core.trial import key, parts
from mtl_bench.datasets.wrappers.unrepeated import Unrepeated
from mtl_bench.study import FIRST_JUDGED_SEED, PILOT_SEEDS, Cell
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.chosen import AdaptChosen, Choice, MethodByChoice
from mtl_bench.trials.denoised import StackedDenoising
from mtl_bench.trials.evaluate import Evaluate, Oracle
from mtl_bench.trials.part_of_test import PartOfTest
from mtl_bench.trials.reverse_fit import ReverseFit
from mtl_bench.trials.reverse_score import ReverseScore

PAPER = STUDY.scale("paper")
PAIR = ("books", "kitchen")


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    return STUDY.cells(STUDY.scale("paper", seeds=2))


def inside(found: list[Cell], kind: type) -> Iterator[tuple[Cell, Any]]:
    for cell in found:
        yield from ((cell, part) for part in parts(cell.trial) if isinstance(part, kind))


def test_every_table_has_all_twelve_pairs(cells: list[Cell]) -> None:
    assert len(PAIRS) == len(set(PAIRS)) == 12 and len(UNORDERED) == 6
    assert {name for pair in PAIRS for name in pair} == set(DOMAINS)
    rows: dict[frozenset[tuple[str, Any]], set[tuple[Any, Any]]] = {}
    for cell in cells:
        if cell.metric == "accuracy":
            named = {n: v for n, v in cell.labels.items() if n not in ("source", "target")}
            rows.setdefault(frozenset(named.items()), set()).add((cell.labels["source"], cell.labels["target"]))
    assert rows and all(found == set(PAIRS) for found in rows.values())


def test_a_run_has_the_weight_that_its_own_seed_chose_and_an_svm_the_c_of_a_seed_apart(cells: list[Cell]) -> None:
    assert PILOT_SEEDS <= SELECTION_SEED < FIRST_JUDGED_SEED
    assert {one.seed for _, one in inside(cells, ReverseFit)} == {SELECTION_SEED}
    scored = [(cell, one) for cell, one in inside(cells, ReverseScore) if "seed" in cell.labels]
    assert scored and all(one.selection.adaptation.seed == cell.labels["seed"] for cell, one in scored)


def test_no_choice_looks_at_labels_of_a_target(cells: list[Cell]) -> None:
    choices = {key(one): one for _, one in inside(cells, Choice)}
    assert len(choices) == len(PAIRS) * (2 + 2 * sum(bool(line.weights) for line in LINES))  # of two seeds
    for one in choices.values():
        assert one.uses_of_target() == ("features",)
        assert not [part for part in parts(one) if isinstance(part, Evaluate | Oracle)]


def test_a_weight_is_chosen_among_every_other_of_the_papers_for_each_pair_and_seed() -> None:
    assert (len(LAMBDAS), LAMBDAS[0], LAMBDAS[-1]) == (5, 0.01, 1.0)
    assert (len(WEIGHTS), WEIGHTS[0], WEIGHTS[-1]) == (5, 0.1, 194.0767)
    assert (len(COSTS), COSTS[0], COSTS[-1]) == (10, 1e-5, 1.0)
    for line in (DANN, MMD_ADAGRAD):
        one, other = (run(PAPER, line, PAIR, seed) for seed in PAPER.seeds[:2])
        assert isinstance(one, AdaptChosen) and replace(other, seed=one.seed, method=one.method) == one
        assert isinstance(one.method, MethodByChoice) and one.method.by == choice(PAPER, line, PAIR, one.seed)
        candidates = [c.selection.adaptation for c in one.method.by.candidates if isinstance(c, ReverseScore)]
        assert tuple(c.method.weight for c in candidates) == line.weights  # type: ignore[attr-defined]
        for candidate in candidates:
            same = replace(planned(PAPER, line, PAIR, one.seed), method=candidate.method)
            assert candidate == same, "the runs that are scored differ from those that are judged"
    assert not isinstance(run(PAPER, CMD_ADAGRAD, PAIR, 200), AdaptChosen)


def test_lines_of_one_table_differ_in_the_method_alone() -> None:
    for line in LINES:
        alone = replace(line, name=ALONE.name, method=ALONE.method, weights=())
        ours, theirs = planned(PAPER, line, PAIR, 200), planned(PAPER, alone, PAIR, 200)
        assert replace(ours, method=theirs.method) == theirs


def test_the_ceiling_learns_the_target_and_is_one_for_all_sources() -> None:
    trained = [on_target(PAPER, ALONE, (source, "dvd"), 200) for source in ("books", "kitchen")]
    assert trained[0] == trained[1] and trained[0].sources == (trained[0].target,)


def test_msda_is_fitted_once_for_both_ways_and_its_coordinates_are_as_many_as_its_reviews() -> None:
    there, back = reviews(PAPER, MSDA, PAIR), reviews(PAPER, MSDA, PAIR[::-1])
    assert (there.source, there.target) == (back.target, back.source)
    [by] = {part for part in parts((there.source, there.target)) if isinstance(part, StackedDenoising)}
    domains: Any = by.domains
    assert there.network.features == sum(domain.counts["train"] for domain in domains)
    assert there.network.drawn_as_for == 6 * reviews(PAPER, WORDS, PAIR).network.features


def test_five_moments_are_the_row_of_the_table(cells: list[Cell]) -> None:
    seed = FIRST_JUDGED_SEED
    [row] = [c for c in cells if at(c, method="CMD", protocol=FULL, selection="source validation", seed=seed)]
    [five] = [c for c in cells if at(c, moments=5, protocol=BY_MOMENTS, seed=seed)]
    assert row.trial == five.trial


def at(cell: Cell, **labels: Any) -> bool:
    wanted = {"source": PAIR[0], "target": PAIR[1], **labels}
    return cell.metric == "accuracy" and all(cell.labels.get(name) == value for name, value in wanted.items())


def test_repeated_reviews_are_left_out_of_tests_that_were_made_already(cells: list[Cell]) -> None:
    whole = {key(cell.trial): cell for cell in cells if cell.labels["protocol"] == FULL}
    anew = [cell for cell in cells if cell.labels["protocol"] == NEW]
    assert anew
    for cell in anew:
        assert isinstance(cell.trial, PartOfTest) and isinstance(cell.trial.part, Unrepeated)
        assert cell.trial.part.name == f"amazon-reviews-{cell.labels['target']}"
        before = whole[key(cell.trial.test)]
        assert {**before.labels, "protocol": NEW} == cell.labels


def test_the_papers_test_compares_the_runs_of_the_tables(cells: list[Cell]) -> None:
    of_tables = {key(cell.trial) for cell in cells if cell.metric == "accuracy"}
    compared = [cell for cell in cells if cell.metric == BETTER]
    assert {cell.labels["over"] for cell in compared} == {"source only", "SVM", "MMD"}
    for cell in compared:
        trial: Any = cell.trial
        assert len(trial.ours) == len(trial.theirs) == len(PAIRS)
        assert {key(one) for one in (*trial.ours, *trial.theirs)} <= of_tables


def test_every_published_number_has_its_cell(cells: list[Cell]) -> None:
    planned_cells = [(cell.metric, {n: str(v) for n, v in cell.labels.items()}) for cell in cells]
    for number in STUDY.published:
        wanted = {name: str(value) for name, value in number.labels.items()}
        assert any(metric == number.metric and wanted.items() <= labels.items() for metric, labels in planned_cells), (
            f"{number.paper}, {number.source}: {wanted}"
        )


def test_shallow_lines_have_the_c_of_the_plain_svm() -> None:
    fits = {(line.name, line.features): fit(PAPER, line, PAIR) for line in lines(PAPER)}
    by = {place: one.method.by for place, one in fits.items() if isinstance(one.method, MethodByChoice)}
    assert len({key(one) for (_, features), one in by.items() if features == WORDS}) == 1
    assert by["SVM", MSDA] != by["SVM", WORDS]
    assert all(isinstance(trial, Adapt) or trial.train == "train" for trial in fits.values())


def test_the_ceiling_and_the_baseline_are_lines_of_the_tables(cells: list[Cell]) -> None:
    methods = {cell.labels["method"] for cell in cells}
    assert STUDY.ceiling == {"method": CEILING} and {CEILING, STUDY.baseline["method"]} <= methods
