"""An encoder of sentences with published weights: BERT's layers, and the mean over a sentence's tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

Array = np.ndarray[Any, Any]


class SentenceEncoder(nn.Module):
    """Tokens int64 (n, length), filled with 0, to sentences float32 (n, width) of length 1.

    Transformer layers that normalise after each addition (Devlin et al., NAACL 2019), then the mean over what is no
    filling (Reimers and Gurevych, EMNLP 2019). Weights and sizes go by the names of Hugging Face's BERT.
    """

    def __init__(self, weights: Mapping[str, Array], configuration: Mapping[str, Any]) -> None:
        super().__init__()
        self.layers, self.heads = configuration["num_hidden_layers"], configuration["num_attention_heads"]
        self.precision = configuration["layer_norm_eps"]
        for name, value in weights.items():
            if np.issubdtype(value.dtype, np.floating):
                self.register_buffer(_flat(name), torch.from_numpy(np.array(value, np.float32)))

    def forward(self, tokens: Tensor) -> Tensor:
        inside = tokens > 0
        words = self._of("embeddings.word_embeddings.weight")[(tokens - 1).clamp(min=0)]
        places = self._of("embeddings.position_embeddings.weight")[: tokens.shape[1]]
        kind = self._of("embeddings.token_type_embeddings.weight")[0]
        x = self._normed("embeddings.LayerNorm", words + places + kind)
        for layer in range(self.layers):
            name = f"encoder.layer.{layer}"
            x = self._normed(f"{name}.attention.output.LayerNorm", x + self._attended(f"{name}.attention", x, inside))
            hidden = F.gelu(self._linear(f"{name}.intermediate.dense", x))
            x = self._normed(f"{name}.output.LayerNorm", x + self._linear(f"{name}.output.dense", hidden))
        shares = inside.unsqueeze(2).to(x.dtype)
        return F.normalize((x * shares).sum(1) / shares.sum(1), dim=1)

    def _attended(self, name: str, x: Tensor, inside: Tensor) -> Tensor:
        """Scaled dot products among the tokens of a sentence, by several heads."""
        query, key, value = (
            self._linear(f"{name}.self.{part}", x).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=inside[:, None, None, :])
        return self._linear(f"{name}.output.dense", attended.transpose(1, 2).flatten(2))

    def _linear(self, name: str, x: Tensor) -> Tensor:
        return F.linear(x, self._of(f"{name}.weight"), self._of(f"{name}.bias"))

    def _normed(self, name: str, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self._of(f"{name}.weight"), self._of(f"{name}.bias"), self.precision)

    def _of(self, name: str) -> Tensor:
        return self.get_buffer(_flat(name))


def _flat(name: str) -> str:
    return name.replace(".", "-")
