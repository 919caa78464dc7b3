"""Encoded: what a published encoder makes of a data set's texts, as a data set of features. No label is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from mtl_bench.core.trial import Trial, Work
from mtl_bench.datasets.elmo import ELMo
from mtl_bench.datasets.files.published_encoder import PublishedEncoder
from mtl_bench.disk import read_with_checksum, write_atomically, write_with_checksum
from mtl_bench.inputs.rows import Array, Rows, Tokens
from mtl_bench.inputs.texts import texts_of
from mtl_bench.models.elmo import BidirectionalLanguageModel
from mtl_bench.models.sentence_encoder import SentenceEncoder
from mtl_bench.training.domain_data import tensor
from mtl_bench.trials.contracts import DataSet, read_rows
from mtl_bench.trials.history import array

CHUNK = 512  # texts between two files that a stopped run goes on from
BATCH = 32


@dataclass(frozen=True)
class Encoded(Trial):
    """The vectors of all texts of some splits, in their order: float32 (n, width) in `<split>.npy`.

    The encoder stands still. The trial stands for a data set, whose labels are `data`'s own: computed once, it serves
    every cut. Each chunk of texts is a file, so that a killed run goes on where it was.
    """

    data: DataSet
    encoder: PublishedEncoder
    splits: tuple[str, ...] = ("all",)
    norm: float = field(default=1.0, metadata={"omit_when": 1.0})  # length of a text's vector

    @property
    def name(self) -> str:
        return self.data.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.data.classes

    def labels(self, split: str) -> Array:
        """int64 (n,), of the texts in their order."""
        return self.data.labels(split)

    def inputs(self, split: str) -> Rows:
        raise NotImplementedError("the vectors lie in the trial's folder; trials take them by rows_of(…)")

    def run(self, work: Work) -> Mapping[str, float]:
        net = network_of(self.encoder).to(work.device)
        rows, width = 0, 0
        for i, split in enumerate(self.splits):
            tokens = self.encoder.tokens(texts_of(self.name, read_rows(self.data, split, work)))
            found = []

            def said(texts: int, i: int = i, split: str = split, of: int = len(tokens)) -> None:
                work.progress((i + texts / of) / len(self.splits), f"{texts:,} of {of:,} texts of {split}")

            for start in range(0, len(tokens), CHUNK):
                found.append(_resumed(net, tokens, start, work, split, said))
            vectors = np.float32(self.norm) * np.concatenate(found)
            write_atomically(work.folder / f"{split}.npy", array(vectors))
            rows, width = rows + len(vectors), vectors.shape[1]
        for chunk in work.folder.glob("chunk-*"):
            chunk.unlink()
        return {"rows": rows, "width": width}


def _resumed(net: nn.Module, tokens: Tokens, start: int, work: Work, split: str, said: Callable[[int], None]) -> Array:
    path = work.folder / f"chunk-{split}-{start}"
    count = min(CHUNK, len(tokens) - start)
    content = read_with_checksum(path)
    if content is None:
        vectors = encoded(net, tokens, np.arange(start, start + count), work.device, lambda k: said(start + k))
        write_with_checksum(path, vectors.tobytes())
        return vectors
    return np.frombuffer(content, np.float32).reshape(count, -1)


def network_of(encoder: PublishedEncoder) -> nn.Module:
    """Its tokens int64 (n, length), filled with 0, to sentences float32 (n, width) of length 1. Raises DataError."""
    kind = BidirectionalLanguageModel if isinstance(encoder, ELMo) else SentenceEncoder
    return kind(encoder.place())


@torch.inference_mode()
def encoded(
    net: nn.Module, tokens: Tokens, index: Array, device: str, said: Callable[[int], None] = lambda texts: None
) -> Array:
    """float32 (k, width) of these texts; those of like lengths go together, so that little of it is filling.

    `said` is told how many are done.
    """
    by_length = index[np.argsort(tokens.lengths[index], kind="stable")]
    found = []
    for first in range(0, len(by_length), BATCH):
        found.append(net(tensor(tokens[by_length[first : first + BATCH]]).to(device)).cpu().numpy())
        said(min(first + BATCH, len(by_length)))
    ordered = np.concatenate(found)
    vectors = np.empty_like(ordered)
    vectors[np.searchsorted(index, by_length)] = ordered
    return vectors
