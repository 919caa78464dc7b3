"""word2vec: vectors of words."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.transfer import Report
from mtl_bench.inputs.rows import Array

COUNT, WIDTH = 3_000_000, 300
BLOCK = 10_000  # words that are written at once
CHUNK = 1 << 20  # bytes that are read at once
FILE = File(
    "word2vec-google-news-300.gz",
    (
        "https://github.com/piskvorky/gensim-data/releases/download/word2vec-google-news-300/word2vec-google-news-300.gz",
        "https://s3.amazonaws.com/dl4j-distribution/GoogleNews-vectors-negative300.bin.gz",
    ),
    ("md5:a5e5354d40acb95f9ec66d5977d140ef",),
    1_743_563_840,
    "https://code.google.com/archive/p/word2vec/",
)


@dataclass(frozen=True)
class Word2Vec:
    """Vectors of 300 numbers for words and phrases of Google News, by the words around them (Mikolov et al., 2013).

    Words are found in small letters, as `Words` has them; "a", "and", "of", "to" and most marks have no vector.
    """

    folder: ClassVar[str] = "word2vec"
    name: ClassVar[str] = "word2vec"
    variant: ClassVar[str] = "google-news"
    licence: ClassVar[str] = "not stated"
    width: ClassVar[int] = WIDTH
    files: ClassVar[tuple[File, ...]] = (FILE,)

    @classmethod
    def examples(cls) -> tuple[Word2Vec, ...]:
        return (cls(),)

    def fetch(self, report: Report = announce) -> None:
        FILE.obtain(self.folder, report)

    def vectors(self, words: Sequence[str]) -> tuple[Array, Array]:
        """float32 (n, 300), zeros for a word without a vector, and bool (n,), which words have one; or DataError."""
        listed = stored(self.folder, "words", (None,), self._words)
        everything = stored(self.folder, "vectors", (COUNT, WIDTH), self._vectors, np.float32)
        wanted = {word.encode(): i for i, word in enumerate(words)}
        places = np.full(len(words), -1)
        for place, word in enumerate(np.asarray(listed).tobytes().split(b"\n")):
            if word in wanted:
                places[wanted[word]] = place
        known = places >= 0
        return np.where(known[:, None], everything[np.maximum(places, 0)], np.float32(0)), known

    def _words(self) -> Iterator[Array]:
        """Bytes, a line each, but for the end of the last."""
        between = b""
        for block in self._blocks():
            yield np.frombuffer(between + b"\n".join(word for word, _ in block), np.uint8)
            between = b"\n"

    def _vectors(self) -> Iterator[Array]:
        for block in self._blocks():
            yield np.stack([vector for _, vector in block])

    def _blocks(self) -> Iterator[list[tuple[bytes, Array]]]:
        path = FILE.obtain(self.folder)
        with reading(path, "list of vectors"), gzip.open(path) as file:
            found = entries(file)
            while block := list(islice(found, BLOCK)):
                yield block


def entries(file: gzip.GzipFile) -> Iterator[tuple[bytes, Array]]:
    """Words with their vectors, float32 (width,), of the form that word2vec writes.

    How many there are and how wide, then each word, a space and its numbers. Raises ValueError where it ends early.
    """
    count, width = map(int, file.readline().split())
    read, at = b"", 0
    for i in range(count):
        while (space := read.find(b" ", at)) < 0 or len(read) < space + 1 + 4 * width:
            more = file.read(CHUNK)
            if not more:
                raise ValueError(f"it ends in word {i + 1:,} of {count:,}")
            read, at = read[at:] + more, 0
        yield read[at:space].lstrip(b"\n"), np.frombuffer(read, "<f4", width, space + 1)
        at = space + 1 + 4 * width
