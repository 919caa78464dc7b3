"""A recurrent network of words, as Mou et al. (How Transferable are Neural Networks in NLP Applications?, 2016) use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from mtl_bench.models.network import BatchNormPolicy
from mtl_bench.models.word_embedding import WordEmbedding, apart


@dataclass(frozen=True)
class TextLSTM:
    """Word vectors, one LSTM whose state after the last word are the features, and a linear head.

    100 units on vectors of 100 numbers. `words` are those of the vocabulary: `most_words` of `Words`.
    """

    words: int = 20_000
    width: int = 100  # of the vectors
    units: int = 100
    dropout: float = 0.0  # before the head

    name: ClassVar[str] = "text LSTM"
    input_shape: ClassVar[tuple[int, ...]] = ()
    batch_norm: ClassVar[BatchNormPolicy] = "together"

    def stages(self) -> dict[str, nn.Module]:
        return {
            "embedding": WordEmbedding(self.words, self.width),
            "hidden": LastState(self.width, self.units),
        }

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Sequential(nn.Dropout(self.dropout), nn.Linear(width, classes))


class LastState(nn.Module):
    """What `WordEmbedding` gives to (n, units): the state after each text's last word."""

    def __init__(self, width: int, units: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, units, batch_first=True)

    def forward(self, embedded: Tensor) -> Tensor:
        states, (_, lengths) = self.states(embedded), apart(embedded)
        return states[torch.arange(len(states), device=states.device), lengths - 1]

    def states(self, embedded: Tensor) -> Tensor:
        """(n, length, units): the state after each word."""
        states: Tensor = self.lstm(apart(embedded)[0])[0]
        return states
