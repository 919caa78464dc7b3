"""The design of the study what_transfers: what its comparisons rest on, at every scale, without training anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from benchmarks.what_transfers import STUDY
from benchmarks.what_transfers.networks import FAR, NEAR, TARGETS, Replicate, replicate
from benchmarks.what_transfers.pairs import OTHER_START, RE_ESTIMATED, SAME_START, TWINS, UNTRAINED, pairs
from benchmarks.what_transfers.plan import SMALLEST, blocks
from mtl_bench.datasets.wrappers.shuffled import PIXELS, Shuffled
from mtl_bench.models.network import Network
from mtl_bench.study import Cell, Contrast
from mtl_bench.trials.inits import Whole
from mtl_bench.trials.mistakes import Mistakes
from mtl_bench.trials.train import Train

SCALES = ("smoke", "laptop", "gpu", "paper")


@pytest.fixture(params=SCALES)
def one(request: pytest.FixtureRequest) -> Replicate:
    return replicate(STUDY.scale(request.param), 200)


def cells(scale: str) -> list[Cell]:
    return STUDY.cells(STUDY.scale(scale))


def runs(scale: str) -> Iterator[tuple[Cell, Train]]:
    for cell in cells(scale):
        if isinstance(cell.trial, Train):
            yield cell, cell.trial


def test_what_was_pretrained_differs_from_what_was_not_in_its_start_alone(one: Replicate) -> None:
    for target in one.targets:
        tuned, fresh = one.tuned(target), one.fresh(target)
        assert replace(tuned, init=None) == fresh
        assert isinstance(tuned.init, Whole) and tuned.init.weights.of == one.pretrained and not tuned.init.head
        gently = one.tuned(target, gently=True)
        assert replace(gently, recipe=tuned.recipe) == tuned
        assert gently.recipe.learning_rate == pytest.approx(tuned.recipe.learning_rate / 5)


def test_twins_differ_in_the_order_of_images_alone(one: Replicate) -> None:
    for pair in (TWINS, SAME_START):
        a, b = (weights.of for weights in pairs(one)[pair])
        assert isinstance(a, Train) and isinstance(b, Train)
        assert a.order != b.order and replace(b, order=a.order) == a
    a, b = (weights.of for weights in pairs(one)[OTHER_START])
    assert isinstance(a, Train) and isinstance(b, Train) and a.seed != b.seed and replace(b, seed=a.seed) == a
    assert {weights.step for weights in pairs(one)[UNTRAINED]} == {0}


def test_its_layers_are_the_network_s_stages(one: Replicate) -> None:
    assert one.layers == tuple(one.backbone.stages())


def test_a_network_is_pretrained_once_for_all_that_starts_from_it(one: Replicate) -> None:
    assert one.pretrained.seed == 200
    kept = set(one.pretrained.weights_at) | {one.pretrained.recipe.steps}
    assert set(one.checkpoints.values()) == kept
    assert one.pretrained.seed != one.tuned(NEAR).seed, "fresh weights are not those that pre-training began with"


@pytest.mark.parametrize("scale", ["laptop", "gpu", "paper"])
def test_checkpoints_lie_on_both_sides_of_both_drops_of_the_rate(scale: str) -> None:
    one = replicate(STUDY.scale(scale), 200)
    steps, recipe = sorted(one.checkpoints.values()), one.pretraining
    for drop in recipe.drops:
        before = [step for step in steps if step / recipe.steps <= drop + 1e-9]
        after = [step for step in steps if step / recipe.steps > drop]
        assert after[0] - before[-1] <= recipe.steps / 14, "an epoch apart, of fifteen or more"


@pytest.mark.parametrize("scale", SCALES)
def test_blocks_are_in_one_order_for_training_and_test_and_fill_the_image(scale: str) -> None:
    shuffled = [(cell, run.data) for cell, run in runs(scale) if isinstance(run.data, Shuffled)]
    assert {cell.labels["target"] for cell, _ in shuffled} == {NEAR, FAR}
    orders = {cell.labels["seed"]: data.seed for cell, data in shuffled}
    assert sorted(orders.values()) == list(range(1234, 1234 + len(orders))), "each replicate has one of the authors'"
    one = replicate(STUDY.scale(scale), 200)
    side = one.backbone.input_shape[1]
    assert all(block == PIXELS or side % block == 0 for block in blocks(STUDY.scale(scale), one))


@pytest.mark.parametrize("scale", ["smoke", "laptop", "gpu"])
def test_an_image_is_judged_by_networks_of_other_replicates_as_many_of_each_kind(scale: str) -> None:
    for cell in cells(scale):
        if isinstance(cell.trial, Mistakes) and cell.trial.judges:
            judging = [judge.of for judge in cell.trial.judges]
            own = {weights.of.seed for weights in (cell.trial.a, cell.trial.b)}  # type: ignore[attr-defined]
            started = [run.init is None for run in judging if isinstance(run, Train)]
            assert sum(started) * 2 == len(started) == len(judging)
            assert not own & {run.seed for run in judging}  # type: ignore[attr-defined]
    judges = {len(cell.trial.judges) for cell in cells("laptop") if isinstance(cell.trial, Mistakes)}
    assert judges == {0, 6}, "of drawings that are only shown none, else five or more"


def test_every_target_is_met_and_the_gate_looks_at_each_network_that_claims_rest_on() -> None:
    met = {cell.labels["target"] for cell in cells("laptop") if cell.labels.get("network") == "RI-T"}
    assert met == set(TARGETS)
    assert all(gate.every and gate.at_least == 99 for gate in STUDY.gates)


def test_all_networks_of_a_comparison_see_their_pixels_less_one_mean() -> None:
    for scale in ("laptop", "paper"):
        one = replicate(STUDY.scale(scale), 200)
        means = [Network(run.backbone, (run.data.name,)).mean for run in (one.pretrained, one.fresh(NEAR))]
        assert torch.equal(*means) and means[0].any()


def test_the_smallest_blocks_are_those_of_two_pixels_and_of_one_at_every_scale() -> None:
    for scale in SCALES:
        smallest = {
            run.data.block
            for cell, run in runs(scale)
            if cell.labels.get("blocks") == SMALLEST and isinstance(run.data, Shuffled)
        }
        assert smallest == {1, 2}


def test_a_claim_about_a_barrier_is_stopped_where_a_network_of_its_pairs_has_not_learnt() -> None:
    """The two of a pair whose averages are estimated anew are those of the pair where they are not."""

    def pairs_of(contrast: Contrast) -> set[str | int]:
        return {dict(term.labels)["pair"] for term in contrast.terms} - {RE_ESTIMATED}

    about = [claim for claim in STUDY.claims if claim.contrasts[0].terms[0].metric == "error_barrier"]
    assert len(about) == 4
    for claim in about:
        watched = [pairs_of(gate.contrast) for gate in STUDY.gates if gate.stops(claim)]
        assert pairs_of(claim.contrasts[0]) <= set().union(*watched)
    assert not any(gate.stops(claim) for gate in STUDY.gates for claim in STUDY.claims if claim not in about)
    lines = {
        cell.labels["pair"] for cell in cells("laptop") if cell.metric == "error_barrier" and "pair" in cell.labels
    }
    ends = [cell for cell in cells("laptop") if cell.metric == "training_accuracy" and "end" in cell.labels]
    assert {cell.labels["pair"] for cell in ends} == lines and {cell.labels["end"] for cell in ends} == {"a", "b"}


def test_at_paper_scale_a_network_takes_the_images_of_its_source_and_targets() -> None:
    one = replicate(STUDY.scale("paper"), 200)
    assert set(one.targets) == set(TARGETS)
    assert one.source.shape == one.backbone.input_shape  # type: ignore[attr-defined]
