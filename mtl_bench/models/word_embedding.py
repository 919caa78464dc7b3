"""Vectors of words: the first stage of networks of texts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

RESERVED = 2  # tokens that are no word of a vocabulary: 0 fills, 1 is unknown
SPREAD = 0.25  # of random vectors: U(-.25, .25) is about as wide as published ones (Kim, EMNLP 2014, section 3.2)


class WordEmbedding(nn.Module):
    """Tokens (n, length) to (n, length, width + 1): a word's vector and a 1; where nothing but filling is, zeros.

    The last number lets later stages pass over the filling: see `apart`.
    """

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(words + RESERVED, width, padding_idx=0)
        with torch.no_grad():
            self.vectors.weight[1:].uniform_(-SPREAD, SPREAD)

    def forward(self, tokens: Tensor) -> Tensor:
        """Raises ValueError for a token that has no vector."""
        if int(tokens.max()) >= self.vectors.num_embeddings:
            raise ValueError(
                f"token {int(tokens.max())} has no vector in a network of {self.vectors.num_embeddings - RESERVED:,} "
                "words; give it as many as the vocabulary has"
            )
        return torch.cat([self.vectors(tokens), (tokens > 0).unsqueeze(2).float()], 2)


def apart(embedded: Tensor) -> tuple[Tensor, Tensor]:
    """The vectors (n, length, width), and the numbers of words (n,)."""
    return embedded[:, :, :-1], embedded[:, :, -1].sum(1).long()
