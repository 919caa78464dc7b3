"""Published encoders of sentences: where their files lie, and the tokens that they make of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Self

from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.files.transfer import Report
from mtl_bench.inputs.rows import Tokens

WEIGHTS, CONFIGURATION = "model.safetensors", "config.json"
FIRST_TOKEN = 1  # 0 fills: tokens are the encoder's numbers and one more


@dataclass(frozen=True)
class PublishedEncoder:
    """What published encoders of sentences share; a subclass tells its files, and how it reads a text.

    `length` are the tokens of a text that count. `library` is what reads the files, and `extra` brings it.
    """

    length: int = 256

    folder: ClassVar[str]
    name: ClassVar[str]
    variant: ClassVar[str]
    licence: ClassVar[str]
    width: ClassVar[int]  # of a sentence's vector
    library: ClassVar[str]
    extra: ClassVar[str]
    files: ClassVar[tuple[File, ...]]

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(),)

    def fetch(self, report: Report = announce) -> None:
        for file in self.files:
            file.obtain(self.folder, report)

    def place(self) -> Path:
        """The folder of its files, fetched if need be. Raises DataError, also where nothing could read them."""
        if find_spec(self.library) is None:
            raise DataError(
                f"{self.name} is read by the library {self.library}, which is not installed; "
                f"pip install 'mtl-bench[{self.extra}]'"
            )
        return self._place()

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Raises DataError."""
        raise NotImplementedError

    def _place(self) -> Path:
        [place] = {file.obtain(self.folder).parent for file in self.files}
        return place


@dataclass(frozen=True)
class Transformer(PublishedEncoder):
    """One that the library transformers reads: BERT and its like, GPT."""

    library: ClassVar[str] = "transformers"
    extra: ClassVar[str] = "hub"

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Pieces of words, between marks if it sets any; an empty text is one unknown piece where it sets none."""
        place = self.place()
        from transformers import AutoTokenizer

        made = AutoTokenizer.from_pretrained(place, local_files_only=True)
        cut = made(list(texts), truncation=True, max_length=self.length)["input_ids"]
        return Tokens.of([[piece + FIRST_TOKEN for piece in row or [made.unk_token_id]] for row in cut])
