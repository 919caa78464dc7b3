"""PACS: which pairs are judged, and what the ceiling sees."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.pacs import STUDY
from benchmarks.pacs.plan import CEILING, HELD_OUT, JUDGED, PAIRS, SHOWN
from mtl_bench.plans.adaptation import FULL, LAST
from mtl_bench.study import REPLICATE, Cell
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.evaluate import Evaluate


def of_scale(name: str) -> list[Cell]:
    return STUDY.cells(STUDY.scale(name))


@pytest.fixture(scope="module")
def laptop() -> list[Cell]:
    return of_scale("laptop")


def run_of(cell: Cell) -> Adapt:
    assert isinstance(cell.trial, Evaluate)
    return cell.trial.selection.adaptation


def test_claims_leave_out_the_pairs_without_headroom() -> None:
    """And are on all pairs else, but where the text says on which."""
    for claim in STUDY.claims:
        judged = {(dict(t.labels)["source"], dict(t.labels)["target"]) for c in claim.contrasts for t in c.terms}
        assert {target for _, target in judged} <= {"art_painting", "cartoon", "sketch"}
        assert len(judged) == (3 if "three pairs" in claim.text else 9)


def test_every_method_stands_on_all_pairs_with_the_seeds_that_are_declared(laptop: list[Cell]) -> None:
    for line in (*JUDGED, *SHOWN):
        seeds: dict[tuple[object, object], int] = {}
        for cell in laptop:
            if {**line.labels, "protocol": FULL, "selection": LAST}.items() <= cell.labels.items():
                pair = cell.labels["source"], cell.labels["target"]
                seeds[pair] = seeds.get(pair, 0) + 1
        assert seeds.keys() == {*PAIRS}
        assert set(seeds.values()) == ({3, 5} if line in JUDGED else {3})


def test_the_ceiling_learns_the_labels_of_what_others_see_without_and_all_are_tested_on_the_rest() -> None:
    of_last = {"protocol": HELD_OUT.name, "selection": LAST}.items()
    cells = [cell for cell in of_scale("smoke") if of_last <= cell.labels.items()]
    [ceiling] = [run_of(cell) for cell in cells if cell.labels["method"] == CEILING.name]
    assert ceiling.sources == (ceiling.target,)
    assert ceiling.uses_of_target()[-1] == "labels"
    shown, tested = (ceiling.target.part(split)[1] for split in ("train", "test"))  # type: ignore[attr-defined]
    assert not np.intersect1d(shown, tested).size
    assert len(shown) + len(tested) == 120
    others = [run_of(cell) for cell in cells if cell.labels["method"] != CEILING.name]
    assert len(others) == 4
    for run in others:
        assert run.target == ceiling.target
        assert "labels" not in run.uses_of_target()


def test_few_labels_are_the_same_for_networks_and_classifiers(laptop: list[Cell]) -> None:
    few = [cell for cell in laptop if cell.labels["protocol"] == "20 labels a class"]
    drawn: dict[tuple[object, ...], set[object]] = {}
    for cell in few:
        source = run_of(cell).sources[0] if isinstance(cell.trial, Evaluate) else cell.trial.source  # type: ignore[attr-defined]
        drawn.setdefault((cell.labels["source"], cell.labels[REPLICATE]), set()).add(source)
    assert len(drawn) == 4 * 5
    assert all(len(sources) == 1 for sources in drawn.values())
