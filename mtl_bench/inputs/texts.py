"""Texts as rows, and the words in them.

A text is a sequence of its UTF-8 bytes, each a token: wrappers that choose rows, find copies or cut take texts as they
take anything else, and a network of characters learns from them as they are. The two texts of a pair are one, with a
separator between them. `Words` of `datasets/wrappers/words.py` makes words of texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mtl_bench.inputs.rows import Array, Chosen, Rows, Tokens

SEPARATOR = "\x1f"  # ASCII's unit separator: between the two texts of a pair, and a word of its own there
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
NO_LETTER = re.compile(r"[\W_]+")
UNKNOWN = 1  # the token of a word that is not in the vocabulary, and of a text without words
BETWEEN = 2  # the token of the separator in a vocabulary of pairs
END = b"\0"  # of a text, where texts are stored


@dataclass(frozen=True, eq=False)
class Texts(Tokens):
    """Texts, whose tokens are their bytes in UTF-8: `values` uint8 from 1, `starts` as in `Tokens`."""

    @classmethod
    def read(cls, content: Array) -> Self:
        """Of uint8 (bytes,): texts as `written` has them, one after another."""
        ends = np.flatnonzero(content == 0)
        return cls(content[content > 0], np.concatenate([[0], ends - np.arange(len(ends))]))

    def between(self, first: int, last: int) -> Self:
        """The texts from number `first` to before number `last`."""
        starts = self.starts[first : last + 1]
        return type(self)(self.values[starts[0] : starts[-1]], starts - starts[0])


def written(texts: Sequence[str]) -> Array:
    """uint8 (bytes,): a text or a pair of texts as it is stored; white space is one blank, as is a text without any."""
    plain = (" ".join(text.replace("\0", " ").split()) or " " for text in texts)
    return np.frombuffer(SEPARATOR.join(plain).encode() + END, np.uint8)


def texts_of(name: str, rows: Rows) -> list[str]:
    """The texts that are rows of the data set `name`; raises ValueError for rows of anything else."""
    index = np.arange(len(rows))
    while isinstance(rows, Chosen):
        index = rows.index[index]
        rows = rows.of
    if not isinstance(rows, Texts):
        raise ValueError(f"{name} has rows of {rows.dtype} that are no texts; give a data set of texts, such as MR()")
    pairs = zip(rows.starts[index], rows.starts[index + 1], strict=True)
    return [rows.values[first:last].tobytes().decode() for first, last in pairs]


def words_of(text: str, length: int | None = None) -> list[str]:
    """Its words in small letters, the first `length` ones of a text or of each text of a pair."""
    first, *second = (WORD.findall(one)[:length] for one in text.lower().split(SEPARATOR))
    return first if not second else [*first, SEPARATOR, *second[0]]


def most_frequent(texts: Iterable[Sequence[str]], count: int) -> tuple[str, ...]:
    """The most frequent words of texts in words, the first in the alphabet among equals.

    The separator of pairs is the first of all, so that a network of pairs knows its token: `BETWEEN`.
    """
    found = Counter(word for text in texts for word in text)
    return tuple(sorted(found, key=lambda word: (word != SEPARATOR, -found[word], word))[:count])


def numbers_of(words: Sequence[str]) -> dict[str, int]:
    """The token of each word of a vocabulary, from 2."""
    return {word: i for i, word in enumerate(words, UNKNOWN + 1)}


def tokens_of(words: Sequence[str], numbers: Mapping[str, int]) -> list[int]:
    """The tokens of a text in words."""
    return [numbers.get(word, UNKNOWN) for word in words] or [UNKNOWN]


def letters_of(text: str) -> str:
    """Letters and digits alone, small: equal for copies that differ in case, white space, tokens or punctuation."""
    return SEPARATOR.join(NO_LETTER.sub("", one) for one in text.lower().split(SEPARATOR))
