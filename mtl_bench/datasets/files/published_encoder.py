"""Published encoders of sentences whose files are those of BERT: pieces of words, sizes, and weights by its names."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from mtl_bench.inputs.rows import Array, Tokens

WEIGHTS, VOCABULARY, CONFIGURATION = "model.safetensors", "vocab.txt", "config.json"
BEGIN, END, UNKNOWN, GOES_ON = "[CLS]", "[SEP]", "[UNK]", "##"
LONGEST_WORD = 100  # letters
FIRST_TOKEN = 1  # 0 fills: tokens are the vocabulary's numbers and one more
ENCODER, OLD_NAMES = "bert.", {"gamma": "weight", "beta": "bias"}  # in files of the whole network, and in old ones


@dataclass(frozen=True)
class PublishedEncoder:
    """What published encoders of sentences share; a subclass knows where its files lie.

    `length` are the tokens of a text that count.
    """

    length: int = 256

    name: ClassVar[str]

    def place(self, name: str) -> Path:
        """Where one of its files lies; raises DataError."""
        raise NotImplementedError

    def configuration(self) -> Mapping[str, Any]:
        """Sizes by the names of its config.json: hidden_size, num_hidden_layers, num_attention_heads …"""
        found: dict[str, Any] = json.loads(self.place(CONFIGURATION).read_text(encoding="utf-8"))
        return found

    def weights(self) -> dict[str, Array]:
        """float32 arrays by the names that they have in an encoder alone."""
        from safetensors.numpy import load_file

        return {_alone(name): value for name, value in load_file(self.place(WEIGHTS)).items()}

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Pieces of words between the two marks of begin and end, each number one more than in the vocabulary."""
        numbers = _numbers(self.place(VOCABULARY))
        rows = []
        for text in texts:
            pieces = [piece for word in words_of(text) for piece in pieces_of(word, numbers)]
            kept = [BEGIN, *pieces[: self.length - 2], END]
            rows.append([numbers[piece] + FIRST_TOKEN for piece in kept])
        return Tokens.of(rows)


def _alone(name: str) -> str:
    below, _, last = name.removeprefix(ENCODER).rpartition(".")
    return f"{below}.{OLD_NAMES.get(last, last)}" if below else last


@lru_cache(maxsize=2)
def _numbers(path: Path) -> dict[str, int]:
    return {piece: i for i, piece in enumerate(path.read_text(encoding="utf-8").splitlines())}


def words_of(text: str) -> list[str]:
    """Words in small letters without accents; each mark of punctuation is one (Devlin et al., BERT's uncased)."""
    plain = unicodedata.normalize("NFD", text.lower())
    spaced = "".join(
        f" {letter} " if _stands_alone(letter) else letter for letter in plain if unicodedata.category(letter) != "Mn"
    )
    return spaced.split()


def _stands_alone(letter: str) -> bool:
    """Punctuation, which is in ASCII all that is neither a letter, a digit nor a space; and Chinese characters."""
    ascii_mark = letter.isascii() and letter.isprintable() and not letter.isalnum() and not letter.isspace()
    return ascii_mark or unicodedata.category(letter).startswith("P") or "\u4e00" <= letter <= "\u9fff"


def pieces_of(word: str, numbers: Mapping[str, int]) -> Iterator[str]:
    """The longest piece that the vocabulary has, then of the rest; a word with a rest that it has not is unknown."""
    found: list[str] = []
    start = 0
    while start < len(word) <= LONGEST_WORD:
        begun = GOES_ON if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if begun + word[start:end] in numbers), None)
        if end is None:
            break
        found.append(begun + word[start:end])
        start = end
    yield from found if start == len(word) else [UNKNOWN]
