"""A network of pairs of texts, as Mou et al. (How Transferable are Neural Networks in NLP Applications?, 2016) use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from mtl_bench.inputs.texts import BETWEEN
from mtl_bench.models.network import BatchNormPolicy
from mtl_bench.models.text_cnn import LargestOfFilters
from mtl_bench.models.word_embedding import WordEmbedding

FIRST, SECOND = 1.0, 2.0  # which text of a pair a word is of


@dataclass(frozen=True)
class TextPairCNN:
    """The same word vectors and filters for both texts, what tells their features apart, a hidden and a linear layer.

    A "Siamese" network: of each text filters over words with ReLU, the largest over all places; then the two vectors
    one after the other, their distance |u − v| and their product, by the matching heuristics of Mou et al. (Natural
    Language Inference by Tree-Based Convolution and Heuristic Matching, ACL 2016), whose difference keeps its sign; and
    `units` rectified units on these. `words` are those of the vocabulary: `most_words` of `Words`, whose rows of pairs
    these are.
    """

    words: int = 20_000
    width: int = 100  # of the vectors
    sizes: tuple[int, ...] = (3,)
    filters: int = 100  # of each size
    units: int = 100
    dropout: float = 0.0  # before the head

    name: ClassVar[str] = "text pair CNN"
    input_shape: ClassVar[tuple[int, ...]] = ()
    batch_norm: ClassVar[BatchNormPolicy] = "together"

    def stages(self) -> dict[str, nn.Module]:
        encoder = LargestOfFilters(self.width, self.sizes, self.filters)
        matched = 4 * len(self.sizes) * self.filters
        return {
            "embedding": PairEmbedding(self.words, self.width),
            "hidden": nn.Sequential(Matched(encoder), nn.Linear(matched, self.units), nn.ReLU()),
        }

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Sequential(nn.Dropout(self.dropout), nn.Linear(width, classes))


class PairEmbedding(WordEmbedding):
    """Tokens (n, length) to (n, length, width + 1): a word's vector and which text it is of, 1 or 2.

    Where the separator or nothing but filling is, that number is 0. What follows no separator is a first text alone.
    """

    def forward(self, tokens: Tensor) -> Tensor:
        """Raises ValueError for a token that has no vector."""
        embedded = super().forward(tokens)
        between = tokens == BETWEEN
        place = torch.where(between.cumsum(1) > 0, SECOND, FIRST)
        marks = torch.where((tokens > 0) & ~between, place, 0.0)
        return torch.cat([embedded[:, :, :-1], marks.unsqueeze(2)], 2)


class Matched(nn.Module):
    """What `PairEmbedding` gives to (n, 4 × width): both texts' features, their distance and their product."""

    def __init__(self, encoder: LargestOfFilters) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, embedded: Tensor) -> Tensor:
        first, second = (text(embedded, mark) for mark in (FIRST, SECOND))
        one, other = self.encoder(first), self.encoder(second)
        return torch.cat([one, other, (one - other).abs(), one * other], 1)


def text(embedded: Tensor, mark: float) -> Tensor:
    """The words of one text of each pair as `WordEmbedding` gives a text: from the left, filled at the end."""
    inside = embedded[:, :, -1] == mark
    length = max(1, int(inside.sum(1).max()))
    # A stable sort brings a text's words to the front in their order.
    index = inside.logical_not().byte().argsort(dim=1, stable=True)[:, :length]
    rows = torch.arange(len(embedded), device=embedded.device)[:, None]
    own = inside[rows, index].unsqueeze(2).to(embedded.dtype)
    return torch.cat([embedded[rows, index, :-1] * own, own], 2)
