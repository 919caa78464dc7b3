"""Where training starts from: published vectors of the words that a network's tokens stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from mtl_bench.core.trial import Work
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.inputs.rows import Array
from mtl_bench.models.word_embedding import RESERVED, WordEmbedding
from mtl_bench.training.learner import Learner


class Vectors(Protocol):
    """Published vectors of words, as a frozen dataclass, such as `GloVe`."""

    @property
    def width(self) -> int: ...

    def vectors(self, words: Sequence[str]) -> tuple[Array, Array]:
        """float32 (n, width), and bool (n,): which words have one."""
        ...


@dataclass(frozen=True)
class WordVectors:
    """Vectors of the vocabulary of `words` in a network's embedding; a word that has none keeps its random ones.

    With `freeze` the embedding is left as it is, else training starts there.
    """

    words: Words
    vectors: Vectors
    freeze: bool = False

    @property
    def frozen(self) -> int:
        return int(self.freeze)

    def apply(self, learner: Learner, work: Work) -> None:
        """Copy them. Raises ValueError unless the first stage is an embedding of so many words, as wide as they are."""
        first = learner.net.layers[0]
        embedding, words = learner.net.stages[first], self.words.words()
        if not isinstance(embedding, WordEmbedding):
            raise ValueError(
                f"{first} of {learner.net.backbone} holds no vectors of words; choose a backbone such as TextLSTM"
            )
        weight = embedding.vectors.weight
        if len(words) + RESERVED > len(weight) or weight.shape[1] != self.vectors.width:
            raise ValueError(
                f"{len(words):,} vectors of {self.vectors.width} numbers do not fit into {learner.net.backbone}; give "
                "it as many words, and as wide vectors"
            )
        vectors, known = self.vectors.vectors(words)
        rows = torch.from_numpy(known).nonzero()[:, 0]
        with torch.no_grad():
            weight[rows + RESERVED] = torch.from_numpy(vectors)[rows].to(weight.device)
