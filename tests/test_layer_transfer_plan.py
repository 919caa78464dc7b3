"""The design of the study layer_transfer: what its comparisons rest on, at every scale, without training anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.layer_transfer import STUDY
from benchmarks.layer_transfer.plan import BASE, CONTROL, DISSIMILAR, LONGER, RANDOM, UNTRAINED
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


@pytest.mark.parametrize("scale", SCALES)
def test_no_baseline_is_a_network_that_layers_are_copied_from(scale: str) -> None:
    copied = {copied_from(init) for _, _, init in copies(scale)}
    assert copied
    assert not copied & {run for _, run in cells(scale, network=BASE)}


@pytest.mark.parametrize("scale", SCALES)
def test_a_replicates_networks_differ_from_their_base_in_what_they_are_given_alone(scale: str) -> None:
    """Equal seed, hence equal fresh weights and order of images; equal recipe, network and precision."""
    bases = {
        tuple(cell.labels[name] for name in ("split", "target", "seed")): run
        for cell, run in cells(scale, network=BASE)
    }
    for cell, run in cells(scale):
        if run.init is not None:
            base = bases[tuple(cell.labels[name] for name in ("split", "target", "seed"))]
            assert replace(run, init=None) == base
            assert isinstance(run.init, RandomLayers) or (
                isinstance(run.init, FirstLayers) and copied_from(run.init).recipe == base.recipe
            )


@pytest.mark.parametrize("scale", SCALES)
def test_every_replicate_cuts_anew(scale: str) -> None:
    halves = {run.data.classes for _, run in cells(scale, network=BASE, split=RANDOM, target="half A")}
    assert len(halves) == STUDY.seeds[scale]


def test_dissimilar_halves_have_as_many_classes_as_the_random_ones_beside_them() -> None:
    for split in (DISSIMILAR, CONTROL):
        assert {len(run.data.classes) for _, run in cells("laptop", split=split)} == {4}
    kinds = {
        (cell.labels["target"], name) for cell, run in cells("laptop", split=DISSIMILAR) for name in run.data.classes
    }
    assert ("animals", "horse") in kinds
    assert ("things", "ship") in kinds
    assert not {name for kind, name in kinds if kind == "animals"} & {name for kind, name in kinds if kind == "things"}


def test_paper_scale_has_the_authors_halves_and_their_untrained_control() -> None:
    for seed, (a, b) in enumerate(random_halves(seed) for seed in range(4)):
        for name, classes in (("half A", a), ("half B", b)):
            [(_, run)] = cells("paper", network=BASE, split=RANDOM, target=name, seed=200 + seed)
            assert run.data.classes == classes
            [(_, beside)] = cells("paper", network=BASE, split=CONTROL, target=name, seed=200 + seed)
            assert beside == run
    sizes = {cell.labels["target"]: len(run.data.classes) for cell, run in cells("paper", split=DISSIMILAR)}
    assert sizes == {"animals": 449, "things": 551}
    untrained = [run for cell, run in cells("paper", split=UNTRAINED) if "N(0" in str(cell.labels["network"])]
    assert {run.init.initialisation for run in untrained if isinstance(run.init, RandomLayers)} == {"own"}
    assert {len(run.data.classes) for run in untrained} == {1000}


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
    [(_, planned)] = cells("paper", network="AnB", split=RANDOM, layer=7, target="half B", seed=200)
    assert isinstance(planned.init, FirstLayers)
    recipe = replace(planned.recipe, steps=2, batch_size=4, checkpoints=2)
    copied = replace(copied_from(planned.init), data=a, recipe=recipe)
    run = replace(planned, data=b, recipe=recipe, init=FirstLayers(Weights(copied), 7))
    for trial in (copied, run):
        store.compute(trial, "cpu")
    left, learnt = (torch.load(store.artifact(trial, "weights-2.pt"), weights_only=True) for trial in (run, copied))
    names = [name for name in left if name.startswith("net.stages.")]
    assert names and all(torch.equal(left[name], learnt[name]) for name in names)


def test_a_copied_network_is_one_trial_whoever_asks_for_it() -> None:
    planned = STUDY.cells(STUDY.scale("laptop"))
    trained = {part for cell in planned for part in parts(cell.trial) if isinstance(part, Train)}
    asked = [part for cell in planned for part in parts(cell.trial) if isinstance(part, Train)]
    assert len(trained) < len(asked) / 3
