"""The design of the study layer_transfer: what its comparisons rest on, at every scale, without training anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.layer_transfer import STUDY
from benchmarks.layer_transfer.claims import CLAIMS
from benchmarks.layer_transfer.plan import (
    AGAIN,
    BASE,
    BOTH_KINDS,
    CONTROL,
    DISSIMILAR,
    LONGER,
    MAN_MADE,
    NATURAL,
    OTHER_KIND,
    RANDOM,
    SMALL,
    UNTRAINED,
)
from mtl_bench.core.store import Store
from mtl_bench.core.trial import parts
from mtl_bench.datasets.imagenet import random_halves
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import halves
from mtl_bench.study import Cell
from mtl_bench.trials.inits import FirstLayers, RandomLayers
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights

SCALES = ("smoke", "laptop", "paper")


def cells(scale: str, **labels: str | int) -> list[tuple[Cell, Train]]:
    """The cells with these labels whose number is an accuracy after the last step."""
    planned = STUDY.cells(STUDY.scale(scale))
    wanted = {"selection": "last", **labels}.items()
    return [
        (cell, cell.trial)
        for cell in planned
        if cell.metric == "accuracy" and isinstance(cell.trial, Train) and wanted <= cell.labels.items()
    ]


def copies(scale: str) -> Iterator[tuple[Cell, Train, FirstLayers]]:
    for cell, run in cells(scale):
        if isinstance(run.init, FirstLayers):
            yield cell, run, run.init


def copied_from(init: FirstLayers) -> Train:
    """The trial whose last weights are copied."""
    assert isinstance(init.weights.of, Train) and init.weights.step is None
    return init.weights.of


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES)
def test_halves_share_no_class_and_a_name_says_whose_layers_are_copied(scale: str) -> None:
    seen = set()
    for cell, run, init in copies(scale):
        network = str(cell.labels["network"])
        target, source = set(run.data.classes), set(copied_from(init).data.classes)
        assert source == target if network.startswith("B") else not source & target
        assert init.freeze is not network.endswith("+")
        assert init.count == cell.labels["layer"]
        seen.add(network)
    assert seen == {"BnB", "BnB+", "AnB", "AnB+"}


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES)
def test_no_baseline_is_a_network_that_layers_are_copied_from(scale: str) -> None:
    copied = {copied_from(init) for _, _, init in copies(scale)}
    assert copied
    assert not copied & {run for _, run in cells(scale, network=BASE)}


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES)
def test_a_replicates_networks_differ_from_their_base_in_what_they_are_given_alone(scale: str) -> None:
    """Equal seed, hence equal fresh weights and order of images; equal recipe, network and data."""
    bases = {
        tuple(cell.labels[name] for name in ("split", "target", "seed")): run
        for cell, run in cells(scale, network=BASE)
    }
    for cell, run in cells(scale):
        base = bases.get(tuple(cell.labels[name] for name in ("split", "target", "seed")))
        if run.init is not None and base:
            assert replace(run, init=None) == base
            assert isinstance(run.init, RandomLayers) or (
                isinstance(run.init, FirstLayers) and copied_from(run.init).recipe == base.recipe
            )


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES)
def test_the_second_base_is_another_draw_of_the_first(scale: str) -> None:
    for cell, run in cells(scale, network=AGAIN):
        [(_, base)] = cells(scale, network=BASE, **{name: cell.labels[name] for name in ("split", "target", "seed")})
        assert run.seed != base.seed and replace(run, seed=base.seed) == base


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES)
def test_every_replicate_cuts_anew(scale: str) -> None:
    halves = {run.data.classes for _, run in cells(scale, network=BASE, split=RANDOM, target="half B")}
    assert len(halves) == STUDY.seeds[scale]


def test_primary_claims_have_all_cuts_and_what_is_only_shown_has_four() -> None:
    planned = STUDY.cells(STUDY.scale("laptop"))
    for claim in CLAIMS:
        for term in (term for contrast in claim.contrasts for term in contrast.terms):
            seeds = {
                c.labels["seed"]
                for c in planned
                if c.metric == term.metric and dict(term.labels).items() <= c.labels.items()
            }
            assert len(seeds) == 12 if claim.primary else len(seeds) in (4, 12), (claim.text, term.labels)


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES)
def test_networks_above_layers_of_the_other_kind_and_of_both_differ_in_whose_layers_alone(scale: str) -> None:
    """And no class is learnt twice; the sources have as many classes, the targets as many as each other."""
    other, both = cells(scale, split=OTHER_KIND), cells(scale, split=BOTH_KINDS)
    assert len(other) == len(both) > 0
    targets, sources = set(), set()
    for (cell, run), (beside, again) in zip(other, both, strict=True):
        assert {**cell.labels, "split": ""} == {**beside.labels, "split": ""}
        assert replace(run, init=None) == replace(again, init=None)
        assert isinstance(run.init, FirstLayers) and isinstance(again.init, FirstLayers)
        one, two = copied_from(run.init), copied_from(again.init)
        assert replace(one, data=two.data) == two and replace(run.init, weights=again.init.weights) == again.init
        assert not set(run.data.classes) & {*one.data.classes, *two.data.classes}
        targets.add(len(run.data.classes))
        sources |= {len(one.data.classes), len(two.data.classes)}
    assert len(targets) == len(sources) == 1


@pytest.mark.slow
def test_kinds_at_laptop_scale_are_the_papers() -> None:
    natural, man_made = set(SMALL.natural), set(SMALL.man_made)
    for cell, run in cells("laptop", split=OTHER_KIND):
        assert isinstance(run.init, FirstLayers)
        target, source = (natural, man_made) if cell.labels["target"] == NATURAL else (man_made, natural)
        assert set(run.data.classes) < target and set(copied_from(run.init).data.classes) <= source
    for _, run in cells("laptop", split=BOTH_KINDS):
        assert isinstance(run.init, FirstLayers)
        assert len(natural & set(copied_from(run.init).data.classes)) == 15, "of 39, as 39 of 100 are natural"


@pytest.mark.slow
def test_paper_scale_has_the_authors_halves_and_their_untrained_control() -> None:
    first = STUDY.scale("paper").seeds[0]
    for seed, (a, b) in enumerate(random_halves(seed) for seed in range(4)):
        for name, classes in (("half A", a), ("half B", b)):
            [(_, run)] = cells("paper", network=BASE, split=RANDOM, target=name, seed=first + seed)
            assert run.data.classes == classes
            [(_, beside)] = cells("paper", network=BASE, split=CONTROL, target=name, seed=first + seed)
            assert beside == run
    sizes = {cell.labels["target"]: len(run.data.classes) for cell, run in cells("paper", split=DISSIMILAR)}
    assert sizes == {NATURAL: 449, MAN_MADE: 551}
    untrained = [run for cell, run in cells("paper", split=UNTRAINED) if "N(0" in str(cell.labels["network"])]
    assert {run.init.initialisation for run in untrained if isinstance(run.init, RandomLayers)} == {"own"}
    assert {len(run.data.classes) for run in untrained} == {1000}


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES)
def test_the_gate_trains_twice_as_long_and_changes_nothing_else(scale: str) -> None:
    for cell, run in cells(scale, network=LONGER):
        [(_, base)] = cells(scale, network=BASE, split=RANDOM, target="half B", seed=cell.labels["seed"])
        assert run.recipe.steps == 2 * base.recipe.steps
        assert (run.data, run.seed, run.init) == (base.data, base.seed, None)


@pytest.mark.slow
def test_paper_scales_network_trains_above_frozen_layers_on_cropped_images(tmp_path: Path) -> None:
    """Its own runs with two steps on synthetic images in the place of ImageNet's."""
    store = Store(tmp_path)
    a, b = halves(SyntheticImages(size=256, train=16, test=8), seed=0)
    [(_, planned)] = cells(
        "paper", network="AnB", split=RANDOM, layer=7, target="half B", seed=STUDY.scale("paper").seeds[0]
    )
    assert isinstance(planned.init, FirstLayers)
    recipe = replace(planned.recipe, steps=2, batch_size=4, checkpoints=2)
    copied = replace(copied_from(planned.init), data=a, recipe=recipe)
    run = replace(planned, data=b, recipe=recipe, init=FirstLayers(Weights(copied), 7))
    for trial in (copied, run):
        store.compute(trial, "cpu")
    left, learnt = (torch.load(store.artifact(trial, "weights-2.pt"), weights_only=True) for trial in (run, copied))
    names = [name for name in left if name.startswith("net.stages.")]
    assert names and all(torch.equal(left[name], learnt[name]) for name in names)


@pytest.mark.slow
def test_a_copied_network_is_one_trial_whoever_asks_for_it() -> None:
    planned = STUDY.cells(STUDY.scale("laptop"))
    trained = {part for cell in planned for part in parts(cell.trial) if isinstance(part, Train)}
    asked = [part for cell in planned for part in parts(cell.trial) if isinstance(part, Train)]
    assert len(trained) < len(asked) / 3
