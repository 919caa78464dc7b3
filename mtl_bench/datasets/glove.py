"""GloVe: vectors of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File, announce, one_of
from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.decoders import archive, reading
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.files.texts import parsed
from mtl_bench.datasets.files.transfer import Report
from mtl_bench.inputs.rows import Array

WIDTH = 100
BLOCK = 10_000  # words whose vectors are parsed at once
TEXT = "glove.6B.100d.txt"
ORIGINAL = Tree(
    "original",
    File(
        "glove.6B.zip",
        ("https://nlp.stanford.edu/data/glove.6B.zip",),
        ("sha256:617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",),
        862_182_613,
        "https://nlp.stanford.edu/projects/glove/",
    ),
    keep=TEXT,
    count=1,
)
WORDS = File(
    "words.txt", hashes=("sha256:8051bafa1e0a754258cf0366c9803cb86e6f0899f8104c3b69549013875e7008",), size=244_214
)
VECTORS = File(
    "glove_6B_100d_top30k_float16.npz",
    hashes=("sha256:d2eabb84645372b6468a0e7c5f782405b7e37abd04032a6f9f02c1a40668127f",),
    size=5_543_240,
)
COUNTS = {"original": 400_000, "30000-words": 30_000}


@dataclass(frozen=True)
class GloVe:
    """Vectors of 100 numbers for words in small letters, of Wikipedia and Gigaword (Pennington et al., EMNLP 2014).

    Variants: "original", 400,000 words; and "30000-words", frequent ones without single letters and most numbers, in
    half precision. Words with an apostrophe come in pieces in both (it, 's): "it's" of `Words` has no vector.
    """

    variant: str = "original"

    folder: ClassVar[str] = "glove"
    licence: ClassVar[str] = "Public Domain Dedication and License"
    width: ClassVar[int] = WIDTH

    def __post_init__(self) -> None:
        one_of(self.variant, tuple(COUNTS), self.folder, "variant")

    @classmethod
    def examples(cls) -> tuple[GloVe, ...]:
        return tuple(map(cls, COUNTS))

    @property
    def name(self) -> str:
        return "glove" if self.variant == "original" else f"glove-{self.variant}"

    @property
    def files(self) -> tuple[File | Tree, ...]:
        return (ORIGINAL,) if self.variant == "original" else (WORDS, VECTORS)

    def fetch(self, report: Report = announce) -> None:
        for file in self.files:
            file.obtain(self.folder, report)

    def vectors(self, words: Sequence[str]) -> tuple[Array, Array]:
        """float32 (n, 100), zeros for a word without a vector, and bool (n,), which words have one; or DataError."""
        place = {word: i for i, word in enumerate(self._words())}
        everything = stored(self.folder, f"{self.name}-vectors", (len(place), WIDTH), self._blocks, np.float32)
        places = np.array([place.get(word, -1) for word in words], np.int64)
        known = places >= 0
        return np.where(known[:, None], everything[np.maximum(places, 0)], np.float32(0)), known

    def _words(self) -> list[str]:
        if self.variant == "original":
            words = parsed(ORIGINAL.obtain(self.folder) / TEXT, lambda line: line.partition(" ")[0])
        else:
            words = parsed(WORDS.obtain(self.folder), str)
        if len(set(words)) != COUNTS[self.variant]:
            raise DataError(
                f"{self.name}: its files hold {len(set(words)):,} words where {COUNTS[self.variant]:,} were expected; "
                f"remove them from the data folder and run `mtl-bench data fetch {self.folder}`"
            )
        return words

    def _blocks(self) -> Iterator[Array]:
        if self.variant != "original":
            yield archive(VECTORS.obtain(self.folder), "vectors").astype(np.float32)
            return
        path = ORIGINAL.obtain(self.folder) / TEXT
        with reading(path, "list of vectors"), path.open(encoding="utf-8") as file:
            block: list[Array] = []
            for line in file:
                block.append(np.array(line.rstrip("\n").split(" ")[1:], np.float32))
                if len(block) == BLOCK:
                    yield np.stack(block)
                    block = []
            if block:
                yield np.stack(block)
