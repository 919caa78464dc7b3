"""ELMo: a published encoder of sentences, as its authors released it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.published_encoder import FIRST_TOKEN, PublishedEncoder
from mtl_bench.inputs.rows import Tokens

PAGE = "https://github.com/allenai/bilm-tf"
SERVER = "https://allennlp.s3.amazonaws.com/models/elmo/2x4096_512_2048cnn_2xhighway"
FILES = tuple(
    File(name, (f"{SERVER}/elmo_2x4096_512_2048cnn_2xhighway_{name}",), size=size, page=PAGE)
    for name, size in (("options.json", 336), ("weights.hdf5", 374_434_792))
)
CHARACTERS = 50  # of a word, its two marks among them
BEGIN, END, WORD_BEGINS, WORD_ENDS, FILLS = 256, 257, 258, 259, 260  # after the 256 bytes
WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class ELMo(PublishedEncoder):
    """ELMo, original: characters, then two layers of LSTM in both directions, which learnt a billion words of news.

    Peters et al. (NAACL 2018). A sentence is the mean over its words of the mean of the three layers, of length 1.
    `length` are the words of a text that count. Vectors are those that the authors' repository expects, to 1e-6.
    """

    folder: ClassVar[str] = "elmo"
    name: ClassVar[str] = "elmo"
    variant: ClassVar[str] = "original"
    licence: ClassVar[str] = "Apache-2.0"
    width: ClassVar[int] = 1024
    library: ClassVar[str] = "h5py"
    extra: ClassVar[str] = "h5"
    files: ClassVar[tuple[File, ...]] = FILES

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """50 characters a word, the marks of the text's begin and end among them: UTF-8's bytes, and one more."""
        rows: list[list[int]] = []
        for text in texts:
            found = WORD.findall(text)[: self.length] or [""]  # of an empty text there would be no mean
            words = [_characters(word.encode()) for word in found]
            rows.append([*chain.from_iterable([_characters([BEGIN]), *words, _characters([END])])])
        return Tokens.of(rows)


def _characters(word: Sequence[int]) -> list[int]:
    """50 tokens: a word between its marks, cut where it is longer."""
    inside = [WORD_BEGINS, *word[: CHARACTERS - 2], WORD_ENDS]
    return [byte + FIRST_TOKEN for byte in inside + [FILLS] * (CHARACTERS - len(inside))]
