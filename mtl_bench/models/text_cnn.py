"""The convolutional network of Kim (Convolutional Neural Networks for Sentence Classification, EMNLP 2014)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from mtl_bench.models.network import BatchNormPolicy
from mtl_bench.models.word_embedding import WordEmbedding, apart


@dataclass(frozen=True)
class TextCNN:
    """Word vectors, filters over 3, 4 and 5 words with ReLU, the largest over all places; dropout and a linear head.

    Filters also stand where they see the first or the last word alone, as in the paper's code. `words` are those of
    the vocabulary: `most_words` of `Words`. The bound of 3 on the norm of the head's weights is left out.
    """

    words: int = 20_000
    width: int = 100  # of the vectors; the paper's have 300
    sizes: tuple[int, ...] = (3, 4, 5)
    filters: int = 100  # of each size
    dropout: float = 0.5

    name: ClassVar[str] = "text CNN"
    input_shape: ClassVar[tuple[int, ...]] = ()
    batch_norm: ClassVar[BatchNormPolicy] = "together"

    def stages(self) -> dict[str, nn.Module]:
        return {
            "embedding": WordEmbedding(self.words, self.width),
            "hidden": LargestOfFilters(self.width, self.sizes, self.filters),
        }

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Sequential(nn.Dropout(self.dropout), nn.Linear(width, classes))


class LargestOfFilters(nn.Module):
    """What `WordEmbedding` gives to (n, sizes × filters), each filter's largest rectified value over the text."""

    def __init__(self, width: int, sizes: tuple[int, ...], filters: int) -> None:
        super().__init__()
        self.sizes = sizes
        self.filters = nn.ModuleList(nn.Conv1d(width, filters, size, padding=size - 1) for size in sizes)

    def forward(self, embedded: Tensor) -> Tensor:
        vectors, lengths = apart(embedded)
        columns = vectors.transpose(1, 2)
        found = []
        for size, layer in zip(self.sizes, self.filters, strict=True):
            values = layer(columns).relu()
            places = torch.arange(values.shape[2], device=values.device)
            inside = places < (lengths + size - 1)[:, None]  # its window holds a word
            found.append((values * inside[:, None]).amax(2))
        return torch.cat(found, 1)
