"""Words: one vocabulary for several data sets, of training texts alone; source texts that are tested elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from mtl_bench.datasets.synthetic import SyntheticImages, SyntheticTexts
from mtl_bench.datasets.wrappers.few import Few
from mtl_bench.datasets.wrappers.sample import Sample
from mtl_bench.datasets.wrappers.texts_apart import TextsApart
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.inputs.rows import Array, digest
from mtl_bench.inputs.texts import SEPARATOR, Texts, texts_of, written


@dataclass(frozen=True)
class Written:
    """Texts as they stand here; a pair has "|" in it."""

    train: tuple[str, ...]
    test: tuple[str, ...]

    name: ClassVar[str] = "written"
    classes: ClassVar[tuple[str, ...]] = ("a", "b")

    def inputs(self, split: str) -> Texts:
        return Texts.read(np.concatenate([written(text.split("|")) for text in getattr(self, split)]))

    def labels(self, split: str) -> Array:
        raise AssertionError("a label was read")


SOURCE = Written(("The cat sat", "the cat", "the"), ("the dog",))
TARGET = Written(("A dog, a dog!", "…"), ("The cat is a bird",))


def rows(data: Any, split: str) -> list[list[int]]:
    return [row[row > 0].tolist() for row in data.inputs(split)[:]]


def test_words_are_those_of_the_named_training_texts() -> None:
    one = Words(SOURCE, (SOURCE,))
    assert one.words() == ("the", "cat", "sat")
    assert rows(one, "train") == [[2, 3, 4], [2, 3], [2]]
    assert rows(one, "test") == [[2, 1]], "a word of the test alone is unknown"
    assert rows(Words(TARGET, (SOURCE,)), "test") == [[2, 3, 1, 1, 1]]
    assert rows(Words(TARGET, (SOURCE,)), "train") == [[1, 1, 1, 1], [1]], "a text without words"


def test_two_data_sets_count_together() -> None:
    both = (SOURCE, TARGET)
    assert Words(SOURCE, both).words() == Words(TARGET, both).words() == ("the", "a", "cat", "dog", "sat")
    assert rows(Words(TARGET, both, most_words=3), "train") == [[3, 1, 3, 1], [1]]


def test_of_each_text_of_a_pair_the_first_words_count() -> None:
    pairs = Written(("a b c|d e f", "a|"), ("c|a",))
    data = Words(pairs, (pairs,), length=2)
    number = {word: i for i, word in enumerate(data.words(), 2)}
    assert set(number) == {"a", "b", "c", "d", "e", "f", SEPARATOR}
    assert number[SEPARATOR] == 2, "in every pair"
    assert rows(data, "train")[0] == [number[word] for word in ("a", "b", SEPARATOR, "d", "e")]


def test_parts_of_texts_have_words_and_words_have_parts() -> None:
    data = SyntheticTexts(pairs=True)
    for part in (Sample(Words(data, (data,)), 30, 1), Words(Sample(data, 30, 1), (data,))):
        assert np.array_equal(part.inputs("train")[:], Sample(Words(data, (data,)), 30, 1).inputs("train")[:])
        assert len(part.labels("train")) == 30
    assert len(Few(Words(data, (data,)), 5, 1).inputs("train")) == 10


def test_vocabularies_differ_in_the_digest() -> None:
    one, other = SyntheticTexts(), SyntheticTexts(shift=1.0)
    assert len({digest(Words(one, known).inputs("test")) for known in ((one,), (other,), (one, other))}) == 3


def test_what_has_no_texts_is_refused_in_a_sentence() -> None:
    texts = SyntheticTexts()
    for data in (Words(SyntheticImages(), (texts,)), Words(texts, (SyntheticImages(),))):
        with pytest.raises(
            ValueError, match=r"synthetic-tint-0 has rows of uint8 that are no texts; give a data set of"
        ):
            data.inputs("train")
    with pytest.raises(ValueError, match="rows of int64 that are no texts"):
        Words(Words(texts, (texts,)), (texts,)).inputs("train")


@pytest.mark.parametrize("wrong", [{"vocabulary": ()}, {"most_words": 0}, {"length": 0}])
def test_settings_that_cannot_be_meant_are_one_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^written (has no data set whose words are known|cannot have)"):
        Words(**{"of": SOURCE, "vocabulary": (SOURCE,), **wrong})


def test_texts_that_are_tested_elsewhere_leave_training_however_they_were_cut() -> None:
    source = Written(("It's so .", "A fine day . It's so .", "it 's SO!", "its", "so it's"), ("It's so",))
    tested = Written(("so it's",), ("It ' s so",))
    data = TextsApart(source, (tested,))
    assert texts_of("x", data.inputs("train")) == ["A fine day . It's so .", "its", "so it's"]
    assert texts_of("x", data.inputs("test")) == ["It's so"], "the test stays whole"
    assert (data.name, data.classes) == (source.name, source.classes)
    assert texts_of("x", TextsApart(source, (tested,), run=3).inputs("train")) == ["its", "so it's"]
    assert len(TextsApart(source, (tested, Written(("x",), ("ITS",)))).inputs("train")) == 2
    with pytest.raises(ValueError, match="cannot be compared by 0 words in a row"):
        TextsApart(source, (tested,), run=0)


def test_a_pair_is_a_copy_only_of_the_same_pair() -> None:
    source = Written(("a b|c", "a|b c", "c|a b"), ("x|y",))
    data = TextsApart(source, (Written(("x|y",), ("A|b-c",)),))
    assert texts_of("x", data.inputs("train")) == [f"a b{SEPARATOR}c", f"c{SEPARATOR}a b"]
