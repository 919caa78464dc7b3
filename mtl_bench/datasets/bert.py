"""BERT: a published encoder of sentences, as its authors released it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.published_encoder import CONFIGURATION, WEIGHTS, Transformer

HUB = "https://huggingface.co/google-bert/bert-base-uncased"
COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"
FILES = tuple(
    File(name, (f"{HUB}/resolve/{COMMIT}/{name}",), (f"sha256:{digest}",), size, HUB)
    for name, digest, size in (
        (WEIGHTS, "68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3", 440_449_768),
        ("vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3", 231_508),
        (CONFIGURATION, "7160e1553ad2ca51d8c1cb066be533db31826e12d173824c1bb0cb1a4f187d20", 570),
    )
)


@dataclass(frozen=True)
class BERT(Transformer):
    """BERT base, uncased: 12 layers of 768, which learnt to fill gaps in English Wikipedia and books.

    Devlin et al. (NAACL 2019). A sentence is the mean over its tokens of the last layer, of length 1.
    """

    folder: ClassVar[str] = "bert"
    name: ClassVar[str] = "bert"
    variant: ClassVar[str] = "base-uncased"
    licence: ClassVar[str] = "Apache-2.0"
    width: ClassVar[int] = 768
    files: ClassVar[tuple[File, ...]] = FILES
