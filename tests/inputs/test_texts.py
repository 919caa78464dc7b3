"""Texts as rows: what is written is read again, whoever chose among them; words and letters of a text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl_bench.inputs.rows import Chosen, Rows, Tokens
from mtl_bench.inputs.texts import (
    SEPARATOR,
    Texts,
    letters_of,
    most_frequent,
    numbers_of,
    texts_of,
    tokens_of,
    words_of,
    written,
)

any_text = st.text(st.characters(codec="utf-8"), max_size=20)


def rows(*texts: str) -> Texts:
    return Texts.read(np.concatenate([written([text]) for text in texts]))


@pytest.mark.slow
@settings(derandomize=True, deadline=None)
@given(st.lists(any_text, min_size=1, max_size=8), st.integers(0, 99))
def test_texts_come_back_but_for_white_space(texts: list[str], seed: int) -> None:
    expected = [" ".join(text.replace("\0", " ").split()) or " " for text in texts]
    found = rows(*texts)
    assert texts_of("x", found) == expected
    assert found.lengths.min() > 0 and found.values.min() > 0
    index = np.random.default_rng(seed).permutation(len(texts))
    assert texts_of("x", Chosen(Chosen(found, index), index[::-1])) == [expected[index[i]] for i in index[::-1]]
    first = seed % len(texts)
    assert texts_of("x", found.between(first, len(texts))) == expected[first:]


def test_a_row_is_its_bytes_and_zeros_fill_its_end() -> None:
    found = rows("ab", "ç", "x")[np.array([1, 0, 2])]
    assert found.tolist() == [[0xC3, 0xA7], [97, 98], [120, 0]]
    assert found.dtype == np.int64


def test_the_two_texts_of_a_pair_keep_apart() -> None:
    pair = Texts.read(written(["A  dog.\x1f", "\tIt's\nbig"]))
    assert texts_of("x", pair) == [f"A dog.{SEPARATOR}It's big"]
    assert words_of(f"A dog.{SEPARATOR}It's big") == ["a", "dog", SEPARATOR, "it's", "big"]
    assert words_of(f"a b c{SEPARATOR}d e", 2) == ["a", "b", SEPARATOR, "d", "e"]
    assert words_of(f"a b c{SEPARATOR}", 1) == ["a", SEPARATOR]


@pytest.mark.parametrize("other", [np.zeros((3, 4)), Tokens.of([[1], [2, 3]]), Chosen(Tokens.of([[1]]), np.array([0]))])
def test_rows_that_are_no_texts_are_refused_in_a_sentence(other: Rows) -> None:
    with pytest.raises(ValueError, match=r"^points has rows of \w+ that are no texts; give a data set of texts"):
        texts_of("points", other)


def test_words_are_counted_and_numbered_from_2() -> None:
    texts = [words_of("The cat's hat. The end"), words_of("the END, a_b")]
    assert most_frequent(texts, 3) == ("the", "end", "a")
    numbers = numbers_of(most_frequent(texts, 3))
    assert tokens_of(words_of("A hat at THE end"), numbers) == [4, 1, 1, 2, 3]
    assert tokens_of([], numbers) == [1]


def test_letters_are_equal_for_copies_that_were_cut_otherwise() -> None:
    assert letters_of("It's so-so , isn't it ?") == letters_of("it 's so - so, is n't it?") == "itssosoisntit"
    assert letters_of(f"a b{SEPARATOR}c") != letters_of(f"a{SEPARATOR}b c") == f"a{SEPARATOR}bc"
