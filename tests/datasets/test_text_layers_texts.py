"""The texts of the study text_layers: none of a target's is in its source, and all are words of one vocabulary."""

from __future__ import annotations

import re

import numpy as np
import pytest

from benchmarks.text_layers import STUDY
from benchmarks.text_layers.networks import Experiment, of_pairs, of_sentences
from benchmarks.text_layers.texts import DIFFERENT, HELD, IN_A_ROW
from mtl_bench.core.trial import parts
from mtl_bench.datasets.glove import GloVe
from mtl_bench.datasets.imdb import IMDB
from mtl_bench.datasets.mr import MR
from mtl_bench.datasets.snli import SNLI
from mtl_bench.datasets.sst2 import SST2
from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.datasets.wrappers.sample import Sample
from mtl_bench.datasets.wrappers.texts_apart import TextsApart
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.inputs.texts import texts_of

SCALES = ("smoke", "laptop", "paper")
every_scale = pytest.mark.parametrize("scale", SCALES)


def experiments(scale: str, seed: int = 200) -> tuple[Experiment, Experiment]:
    return of_sentences(STUDY.scale(scale), seed), of_pairs(STUDY.scale(scale), seed)


def source_of(one: Experiment) -> TextsApart:
    """The source before it is cut and made words of."""
    return next(part for part in parts(one.texts.source.of) if isinstance(part, TextsApart))


@pytest.mark.parametrize("scale", ["laptop", "paper"])
def test_sources_hold_no_text_that_shares_eight_words_in_a_row_with_a_target(scale: str) -> None:
    """With any of its texts, whatever part they are published in."""
    assert IN_A_ROW == 8
    for one in experiments(scale):
        source = source_of(one)
        assert source.run == IN_A_ROW and isinstance(source.of, Distinct)
        held = {(type(data.of).__name__.lower(), data.pool) for data in source.tested if isinstance(data, Transductive)}
        assert held == {(name, part) for name in one.texts.all for part in HELD[name]}
        assert isinstance(source.of.of, IMDB | SNLI)


@pytest.mark.parametrize("scale", ["laptop", "paper"])
def test_mr_and_sst2_never_meet(scale: str) -> None:
    """The phrases of one are those of the other."""
    inside = {type(part) for cell in STUDY.cells(STUDY.scale(scale)) for part in parts(cell.trial)}
    assert MR in inside and SST2 not in inside


def in_a_row(text: str) -> set[str]:
    """Each eight words in a row, in small letters."""
    words = re.findall(r"[^\W_]+", text.lower())
    return {" ".join(words[i : i + 8]) for i in range(len(words) - 7)}


@pytest.mark.slow
@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize(("place", "least"), [(0, 50), (1, 20)], ids=["sentences", "pairs"])
def test_real_sources_share_nothing_with_real_targets(place: int, least: int) -> None:
    """Some of their texts did, before they were left out."""
    source = source_of(experiments("laptop")[place])
    held = {
        row for data in source.tested for text in texts_of(data.name, data.inputs("test")) for row in in_a_row(text)
    }
    kept, all_of_it = (texts_of(data.name, data.inputs("train")) for data in (source, source.of))
    assert all(held.isdisjoint(in_a_row(text)) for text in kept)
    assert least < len(all_of_it) - len(kept) < len(all_of_it) / 50
    assert len(set(kept)) == len(kept)


@every_scale
def test_a_vocabulary_is_one_for_a_source_and_its_targets(scale: str) -> None:
    for one in experiments(scale):
        every = [one.texts.source, *one.texts.all.values(), *one.texts.few.values()]
        assert len({(words.vocabulary, words.most_words) for words in every}) == 1
        assert one.backbone.words == one.texts.source.most_words
        assert set(one.texts.source.vocabulary[1:]) == {words.of for words in one.texts.all.values()}


def test_few_labels_are_some_of_all_and_the_test_is_the_same() -> None:
    for one in experiments("smoke"):
        for name, few in one.texts.few.items():
            whole = one.texts.all[name]
            assert isinstance(few.of, Sample) and few.of.of == whole.of
            learnt, tested = ([*texts_of(name, whole.of.inputs(split))] for split in ("train", "test"))
            assert set(texts_of(name, few.of.inputs("train"))) <= set(learnt)
            assert not set(learnt) & set(tested)
            assert np.array_equal(few.inputs("test")[:], whole.inputs("test")[:])


def test_paper_scale_has_the_published_parts_and_vectors() -> None:
    inside = {part for cell in STUDY.cells(STUDY.scale("paper", seeds=1)) for part in parts(cell.trial)}
    assert {part for part in inside if isinstance(part, GloVe)} == {GloVe()}
    assert {part for part in inside if isinstance(part, SNLI)} == {SNLI()}
    for name in DIFFERENT:
        whole = [one.texts.all[name].of for one in experiments("paper") if name in one.texts.all]
        assert [type(data).__name__.lower() for data in whole] == [name]


def test_smoke_needs_no_file() -> None:
    inside = [part for cell in STUDY.cells(STUDY.scale("smoke")) for part in parts(cell.trial)]
    assert not [part for part in inside if hasattr(part, "fetch")]
    assert any(isinstance(part, SyntheticTexts) for part in inside)
