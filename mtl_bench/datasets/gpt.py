"""GPT, the first: a published encoder of sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.published_encoder import CONFIGURATION, WEIGHTS, Transformer

HUB = "https://huggingface.co/openai-community/openai-gpt"
AUTHORS = "https://raw.githubusercontent.com/openai/finetune-transformer-lm/a69b5c43b0452462890bca8ff92fb75dee9290cf"


def _file(name: str, size: int | None = None, sha256: str = "", elsewhere: tuple[str, ...] = ()) -> File:
    digests = (f"sha256:{sha256}",) if sha256 else ()
    return File(name, (f"{HUB}/resolve/main/{name}", *elsewhere), digests, size, HUB)


FILES = (
    _file(WEIGHTS, sha256="25c82cdf1844d2d93e9120b3b628fc6c2b4fcc7801a1297f58465ba67d45deb3"),
    _file(
        "vocab.json",
        815_973,
        "fdf49b19e7de236852091da09b84a7a3cd5e7b0e79916376cf45f6b8127b8078",
        (f"{AUTHORS}/model/encoder_bpe_40000.json",),
    ),
    _file(
        "merges.txt",
        458_495,
        "0ea9b51ae695073cd871e0358f7016311d671a7ff3963e367d5236522f294725",
        (f"{AUTHORS}/model/vocab_40000.bpe",),
    ),
    _file(CONFIGURATION),  # of no known digest: weights of other sizes do not load
)


@dataclass(frozen=True)
class GPT(Transformer):
    """GPT: 12 layers of 768, which learnt to continue books.

    Radford et al. (2018). A sentence is the mean over its tokens of the last layer, of length 1. Words are cut as the
    library transformers cuts them; the authors' code also mends texts and cuts with spaCy's English of that time.
    """

    folder: ClassVar[str] = "gpt"
    name: ClassVar[str] = "gpt"
    variant: ClassVar[str] = "openai-gpt"
    licence: ClassVar[str] = "MIT"
    width: ClassVar[int] = 768
    files: ClassVar[tuple[File, ...]] = FILES
