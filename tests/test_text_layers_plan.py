"""The design of the study text_layers: what its comparisons rest on, at every scale, without training anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.text_layers import STUDY
from benchmarks.text_layers.claims import CLAIMS
from benchmarks.text_layers.networks import (
    FROZEN,
    GLOVE,
    HIDDEN,
    MULT,
    MULT_INIT,
    NOTHING,
    OUTPUT,
    RANDOM,
    TUNED,
    Experiment,
    of_pairs,
    of_sentences,
)
from benchmarks.text_layers.plan import ALONG, IN_FIGURES, IN_PAIRS, RATES
from benchmarks.text_layers.rungs import AT_PAPER_SCALE, ENCODER, LANGUAGE_MODEL, RUNGS, WORD2VEC
from benchmarks.text_layers.texts import ALL, EQUIVALENT, FEW, IMDB_REVIEWS, SNLI_PAIRS
from mtl_bench.core.trial import parts
from mtl_bench.datasets.word2vec import Word2Vec
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.models.text_lstm import TextLSTM
from mtl_bench.study import Cell
from mtl_bench.trials.apply import Apply
from mtl_bench.trials.encoded import Encoded
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.inits import FirstLayers, Whole
from mtl_bench.trials.language_model import LanguageModel
from mtl_bench.trials.train import Train
from mtl_bench.trials.train_tasks import TrainTasks
from mtl_bench.trials.word_vectors import WordVectors

SCALES = ("smoke", "laptop", "paper")
REPLICATES = len(STUDY.scale("laptop").seeds)
every_scale = pytest.mark.parametrize("scale", SCALES)


def cells(scale: str, **labels: str | int) -> list[Cell]:
    """The cells with these labels whose number is an accuracy."""
    planned = STUDY.cells(STUDY.scale(scale))
    return [cell for cell in planned if cell.metric == "accuracy" and labels.items() <= cell.labels.items()]


def run_of(cell: Cell) -> Train | TrainTasks:
    """What trained the network that the cell is about."""
    assert isinstance(cell.trial, Apply)
    run = cell.trial.weights.of
    assert isinstance(run, Train | TrainTasks)
    return run


def runs(scale: str, **labels: str | int) -> Iterator[tuple[Cell, Train]]:
    for cell in cells(scale, **labels):
        if isinstance(cell.trial, Apply) and isinstance(run := run_of(cell), Train):
            yield cell, run


def is_of_a_source(run: Train | TrainTasks) -> bool:
    return run.data.name.startswith((IMDB_REVIEWS, SNLI_PAIRS))


def experiments(scale: str, seed: int = 200) -> tuple[Experiment, Experiment]:
    return of_sentences(STUDY.scale(scale), seed), of_pairs(STUDY.scale(scale), seed)


@every_scale
def test_a_replicates_networks_differ_from_their_baseline_in_what_they_are_given_alone(scale: str) -> None:
    """Equal seed, hence equal fresh weights and order of texts; equal recipe, network and data."""
    same = ("target", "labels", "seed")
    bases = {tuple(c.labels[n] for n in same): run for c, run in runs(scale, comparison=RANDOM, network=NOTHING)}
    seen = set()
    for comparison in (RANDOM, GLOVE, RUNGS, ALONG):
        for cell, run in runs(scale, comparison=comparison):
            if cell.labels.get("layer") == OUTPUT and cell.labels["network"] == FROZEN:
                continue
            if cell.labels["network"] == WORD2VEC:  # whose vectors are wider: a test below
                continue
            assert replace(run, init=None) == bases[tuple(cell.labels[n] for n in same)]
            seen.add(type(run.init))
    assert seen == {type(None), FirstLayers, Whole, WordVectors}


@every_scale
def test_labels_say_what_is_given(scale: str) -> None:
    for cell, run in runs(scale, comparison=RANDOM):
        network, layer = cell.labels["network"], cell.labels["layer"]
        assert isinstance(cell.trial, Apply)
        if network == NOTHING:
            assert (layer, run.init) == (0, None)
        elif (network, layer) == (FROZEN, OUTPUT):
            assert is_of_a_source(run) and cell.trial.data.name != run.data.name, "nothing is learnt"
        elif layer == OUTPUT:
            assert network == TUNED and isinstance(run.init, Whole) and run.init.head
        else:
            assert isinstance(run.init, FirstLayers)
            assert (run.init.count, run.init.freeze) == (layer, network == FROZEN)


@every_scale
def test_an_output_layer_is_given_where_the_classes_are_the_same(scale: str) -> None:
    given = {str(cell.labels["target"]) for cell in cells(scale, comparison=RANDOM, layer=OUTPUT)}
    assert given == set(EQUIVALENT)
    for one in experiments(scale):
        for name, target in one.texts.all.items():
            assert (target.classes == one.texts.source.classes) is (name in EQUIVALENT)


@every_scale
def test_no_baseline_is_a_network_that_layers_are_copied_from(scale: str) -> None:
    copied = {
        part.weights.of
        for cell in STUDY.cells(STUDY.scale(scale))
        for part in parts(cell.trial)
        if isinstance(part, FirstLayers | Whole)
    }
    measured = {run_of(cell) for cell in cells(scale) if isinstance(cell.trial, Apply) and "layer" in cell.labels}
    learnt = {run for run in measured if not is_of_a_source(run)}
    assert copied and learnt and not copied & learnt
    seeds = {run.seed for run in copied if isinstance(run, Train)}
    assert not seeds & {run.seed for run in learnt}


@every_scale
def test_both_at_once_learns_as_many_batches_of_each_as_one_after_the_other(scale: str) -> None:
    for cell in cells(scale, comparison=RANDOM, network=MULT):
        both = run_of(cell)
        assert isinstance(both, TrainTasks)
        where = {name: cell.labels[name] for name in ("target", "labels", "seed")}
        [(_, after)] = runs(scale, comparison=RANDOM, network=TUNED, layer=HIDDEN, **where)
        assert isinstance(after.init, FirstLayers)
        source = after.init.weights.of
        assert both.share * both.recipe.steps == pytest.approx(after.recipe.steps)
        assert both.recipe.steps == after.recipe.steps + source.recipe.steps
        assert (both.data, both.beside, both.seed) == (after.data, (source.data,), after.seed)  # type: ignore[attr-defined]
        assert replace(both.recipe, steps=1) == replace(after.recipe, steps=1)
    for cell in cells(scale, comparison=RANDOM, network=MULT_INIT):
        assert isinstance(run_of(cell).init, FirstLayers)


@every_scale
def test_rungs_differ_in_where_they_start_and_a_model_of_language_starts_from_the_rung_below(scale: str) -> None:
    for cell, run in runs(scale, comparison=RUNGS, network=LANGUAGE_MODEL):
        assert isinstance(run.init, FirstLayers) and not run.init.freeze and run.init.count == HIDDEN
        model = run.init.weights.of
        assert isinstance(model, LanguageModel) and isinstance(model.init, WordVectors)
        where = {name: cell.labels[name] for name in ("target", "seed")}
        [(_, below)] = runs(scale, comparison=RUNGS, network=GLOVE, **where)
        assert below.init == model.init
    assert {cell.labels["target"] for cell in cells(scale, comparison=RUNGS)} == {"mr", "trec"}


@pytest.mark.parametrize(
    ("scale", "network"), [("laptop", ENCODER), ("paper", ENCODER), *(("paper", name) for name in AT_PAPER_SCALE)]
)
def test_a_sentence_encoder_sees_the_texts_that_networks_see(scale: str, network: str) -> None:
    """Cells of the one that comes with a package, which is not everybody's, are optional."""
    found = cells(scale, comparison=RUNGS, network=network)
    assert found
    for cell in found:
        assert cell.optional == (network == ENCODER)
        assert isinstance(cell.trial, FitShallow) and cell.trial.source == cell.trial.target
        where = {name: cell.labels[name] for name in ("target", "seed")}
        [(_, beside)] = runs(scale, comparison=RUNGS, network=RANDOM, **where)
        assert isinstance(beside.data, Words)
        assert without_vectors(cell.trial.source) == beside.data.of


def test_word2vec_differs_from_the_rung_of_glove_in_its_vectors_and_their_width_alone() -> None:
    for cell, run in runs("paper", comparison=RUNGS, network=WORD2VEC):
        where = {name: cell.labels[name] for name in ("target", "seed")}
        [(_, beside)] = runs("paper", comparison=RUNGS, network=GLOVE, **where)
        assert isinstance(run.init, WordVectors) and isinstance(beside.init, WordVectors)
        assert isinstance(run.backbone, TextLSTM) and isinstance(beside.backbone, TextLSTM)
        init, backbone = (
            replace(run.init, vectors=beside.init.vectors),
            replace(run.backbone, width=beside.backbone.width),
        )
        assert replace(run, init=init, backbone=backbone) == beside
        assert run.init.vectors == Word2Vec() and run.backbone.width == Word2Vec.width


def without_vectors(data: Any) -> Any:
    """The same cut of the texts themselves."""
    if isinstance(data, Encoded):
        return data.data
    if isinstance(data, Distinct):
        data = replace(data, by=None)
    return replace(data, of=without_vectors(data.of))


def test_every_replicate_cuts_its_targets_anew() -> None:
    for labels in (FEW, ALL):
        for target, replicates in (("mr", REPLICATES), ("trec", REPLICATES), ("sick", IN_PAIRS), ("msrp", IN_PAIRS)):
            found = runs("laptop", comparison=RANDOM, network=NOTHING, labels=labels, target=target)
            assert len({run.data for _, run in found}) == replicates


def test_primary_claims_have_all_replicates_and_what_is_only_shown_has_three_or_more() -> None:
    planned = STUDY.cells(STUDY.scale("laptop"))
    for claim in CLAIMS:
        for term in (term for contrast in claim.contrasts for term in contrast.terms):
            wanted = dict(term.labels).items()
            seeds = {c.labels["seed"] for c in planned if c.metric == term.metric and wanted <= c.labels.items()}
            assert len(seeds) == REPLICATES if claim.primary else len(seeds) in (IN_FIGURES, IN_PAIRS, REPLICATES), (
                claim.text,
                term.labels,
            )


def test_a_source_is_one_network_whoever_asks() -> None:
    planned = STUDY.cells(STUDY.scale("laptop"))
    asked = [part for cell in planned for part in parts(cell.trial) if isinstance(part, Train) and is_of_a_source(part)]
    assert len(set(asked)) == REPLICATES + IN_PAIRS + 2 * IN_FIGURES, "these from published vectors"
    assert len(asked) > 5 * len(set(asked))


@every_scale
def test_rates_are_compared_with_no_transfer_at_the_same_rate(scale: str) -> None:
    found = {
        (cell.labels["network"], cell.labels["times"]): run for cell, run in runs(scale, comparison=RATES, target="mr")
    }
    assert {times for _, times in found} == {"0.33", "1", "3"}
    for (_, times), run in found.items():
        assert run.recipe == found[NOTHING, times].recipe
