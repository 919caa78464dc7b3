"""A memory network of words, whose attention says which of them a text is read by (Li et al., IJCAI 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from mtl_bench.models.network import BatchNormPolicy
from mtl_bench.models.word_embedding import WordEmbedding, apart

SMALL = 0.01  # a query starts in U(-.01, .01), as in the authors' later code: first, all words weigh the same


@dataclass(frozen=True)
class MemoryNetwork:
    """Word vectors as the memory, `hops` times read by attention, and a linear head.

    Li, Zhang, Wei, Wu and Yang (End-to-End Adversarial Memory Network for Cross-domain Sentiment Classification) put
    an adversary above it: see `AMN`. The paper's code is not published; reading is as in what its authors published
    of the network that extends it (hsqmlzno1/HATN, one hop, above the words of a sentence), here above those of the
    whole text. `words` are those of the vocabulary: `most_words` of `Words`.
    """

    words: int = 20_000
    width: int = 100  # of the vectors; the paper's have 300
    hidden: int = 100
    hops: int = 1

    name: ClassVar[str] = "memory network"
    input_shape: ClassVar[tuple[int, ...]] = ()
    batch_norm: ClassVar[BatchNormPolicy] = "together"

    def __post_init__(self) -> None:
        if self.hops < 1:
            raise ValueError(f"a memory network reads {self.hops} times; give 1 hop or more")

    def stages(self) -> dict[str, nn.Module]:
        return {
            "embedding": WordEmbedding(self.words, self.width),
            "hidden": WordAttention(self.width, self.hidden, self.hops),
        }

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width, classes)


class WordAttention(nn.Module):
    """What `WordEmbedding` gives to (n, hidden): the mean of tanh(W m + b) over the words m, weighted by attention.

    A word's weight is the softmax over the text of the query's product with tanh(W m + b); what is read is added to the
    query of the next hop.
    """

    def __init__(self, width: int, hidden: int, hops: int) -> None:
        super().__init__()
        self.hops = hops
        self.project = nn.Linear(width, hidden)
        self.query = nn.Parameter(torch.empty(hidden).uniform_(-SMALL, SMALL))

    def forward(self, embedded: Tensor) -> Tensor:
        return self.read(embedded)[0]

    def read(self, embedded: Tensor) -> tuple[Tensor, Tensor]:
        """What is read (n, hidden), and the last hop's weights of the words (n, length), zeros on the filling."""
        vectors, _ = apart(embedded)
        filling = embedded[:, :, -1] == 0
        memory = self.project(vectors).tanh()
        query = self.query.expand(len(memory), -1)
        for _ in range(self.hops):
            scores = (memory @ query[:, :, None])[:, :, 0].masked_fill(filling, -torch.inf)
            weights = scores.softmax(1)
            found = (weights[:, None] @ memory)[:, 0]
            query = query + found
        return found, weights
