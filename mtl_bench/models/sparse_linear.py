"""A linear layer that reads bags of words as they are: of thousands of features a review has some ninety."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import torch
from scipy.sparse import csr_matrix
from torch import Tensor, nn


class SparseLinear(nn.Linear):
    """`nn.Linear` on (n, in_features), which may be compressed sparse rows: 2 % of a bag of words is not 0."""

    def forward(self, input: Tensor) -> Tensor:
        if input.layout != torch.sparse_csr:
            return super().forward(input)
        product = _Product.apply if input.device.type == "cpu" else _by_torch
        found: Tensor = product(input, self.weight)
        return found if self.bias is None else found + self.bias


class _Product(torch.autograd.Function):
    """Rows times transposed weights, by SciPy, whose product takes half the time of PyTorch's on a processor."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor) -> Tensor:
        parts = (part.numpy() for part in (rows.values(), rows.col_indices(), rows.crow_indices()))
        ctx.matrix = csr_matrix(tuple(parts), shape=tuple(rows.shape))
        return torch.from_numpy(ctx.matrix @ weight.detach().numpy().T)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        return None, torch.from_numpy(ctx.matrix.T @ gradient.contiguous().numpy()).t()


def _by_torch(rows: Tensor, weight: Tensor) -> Tensor:
    return rows @ weight.t()


def dense(rows: Tensor) -> Tensor:
    """The same with all zeros, if they are left out."""
    return rows.to_dense() if rows.layout == torch.sparse_csr else rows


def stacked(parts: list[Tensor]) -> Tensor:
    """The compressed sparse rows of all."""
    starts, before = [parts[0].crow_indices()[:1]], 0
    for part in parts:
        starts.append(part.crow_indices()[1:] + before)
        before += part.values().shape[0]
    columns, values = (torch.cat(found) for found in zip(*((p.col_indices(), p.values()) for p in parts), strict=True))
    return compressed(torch.cat(starts), columns, values, (sum(map(len, parts)), parts[0].shape[1]))


def compressed(starts: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """A tensor of compressed sparse rows of these parts."""
    _hear_of_beta()
    return torch.sparse_csr_tensor(starts, columns, values, shape, check_invariants=False)


@cache
def _hear_of_beta() -> None:
    """PyTorch says once in a process that such tensors are in beta; of them no more is used here than their parts."""
    nothing = torch.zeros(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        torch.sparse_csr_tensor(torch.zeros(1, dtype=torch.int64), nothing.long(), nothing, (0, 1))
