"""Rows of every modality, and a small network for each with all that deep methods ask of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from mtl_bench.inputs.rows import Rows, Sparse, Tokens
from mtl_bench.models.digits import DigitCNN, DigitCNNBatchNorm
from mtl_bench.models.network import Backbone, BatchNormPolicy

WORDS, WIDTH = 30, 12


def head(width: int, classes: int) -> nn.Module:
    """A hidden layer with a ReLU, as CMD needs one."""
    return nn.Sequential(nn.Linear(width, 10), nn.ReLU(), nn.Linear(10, classes))


@dataclass(frozen=True)
class FeatureNet:
    """Features (n, 12) through two hidden layers."""

    batch_norm: BatchNormPolicy = "together"

    input_shape: ClassVar[tuple[int, ...]] = (WIDTH,)

    def stages(self) -> dict[str, nn.Module]:
        norm = nn.Identity() if self.batch_norm == "together" else nn.BatchNorm1d(16)
        return {
            "first": nn.Sequential(nn.Linear(WIDTH, 16), norm, nn.ReLU()),
            "second": nn.Sequential(nn.Linear(16, 14), nn.ReLU()),
        }

    def head(self, width: int, classes: int) -> nn.Module:
        return head(width, classes)


class MeanEmbedding(nn.Module):
    """Tokens (n, length) to the mean of their words' vectors (n, 16); what only fills does not count."""

    def __init__(self) -> None:
        super().__init__()
        self.vectors = nn.Embedding(WORDS, 16, padding_idx=0)

    def forward(self, tokens: Tensor) -> Tensor:
        found = self.vectors(tokens).sum(1) / (tokens > 0).sum(1, keepdim=True)
        return torch.as_tensor(found)


@dataclass(frozen=True)
class TokenNet:
    """Sequences of words, as a bag of vectors under a hidden layer."""

    batch_norm: BatchNormPolicy = "together"

    input_shape: ClassVar[tuple[int, ...]] = ()

    def stages(self) -> dict[str, nn.Module]:
        norm = nn.Identity() if self.batch_norm == "together" else nn.BatchNorm1d(14)
        return {"words": MeanEmbedding(), "hidden": nn.Sequential(nn.Linear(16, 14), norm, nn.ReLU())}

    def head(self, width: int, classes: int) -> nn.Module:
        return head(width, classes)


@dataclass(frozen=True)
class Modality:
    """A kind of rows: `rows(count, seed)`, and a network for them, with BatchNorm per domain if asked."""

    name: str

    def rows(self, count: int, seed: int) -> Rows:
        random = np.random.default_rng(seed)
        if self.name == "pixels":
            return random.integers(0, 256, (count, *DigitCNN.input_shape), np.uint8)
        if self.name == "features":
            return random.standard_normal((count, WIDTH), np.float32)
        if self.name == "sparse counts":
            return Sparse(sparse.csr_matrix(random.poisson(0.3 + 0.1 * seed % 1, (count, WIDTH)).astype(np.float32)))
        lengths = random.integers(1, 9, count)
        return Tokens.of([random.integers(1, WORDS, length).tolist() for length in lengths])

    def backbone(self, per_domain: bool) -> Backbone:
        policy: BatchNormPolicy = "per domain" if per_domain else "together"
        if self.name == "pixels":
            return DigitCNNBatchNorm(policy) if per_domain else DigitCNN()
        return TokenNet(policy) if self.name == "tokens" else FeatureNet(policy)


MODALITIES = tuple(map(Modality, ("pixels", "features", "sparse counts", "tokens")))
