"""Bags of words without their zeros: the same products, gradients and batches as with them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse
from torch import Tensor, nn

from mtl_bench.inputs.rows import Chosen, Sparse
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.network import Network
from mtl_bench.models.one_hidden_layer import OneHiddenLayer
from mtl_bench.models.sparse_linear import SparseLinear, dense, stacked
from mtl_bench.training.domain_data import tensor_of

ROWS, WORDS, UNITS = 7, 40, 5


def bags(seed: int, rows: int = ROWS) -> Sparse:
    """One row is empty."""
    counts = np.random.default_rng(seed).poisson(0.1, (rows, WORDS)).astype(np.float32)
    counts[2] = 0
    return Sparse(sparse.csr_matrix(counts))


def compressed(rows: Sparse) -> Tensor:
    return tensor_of(rows, np.arange(len(rows)))


@pytest.mark.parametrize("bias", [True, False])
def test_products_and_gradients_are_those_of_a_linear_layer(bias: bool) -> None:
    rows = bags(0)
    ours, theirs = SparseLinear(WORDS, UNITS, bias=bias), nn.Linear(WORDS, UNITS, bias=bias)
    theirs.load_state_dict(ours.state_dict())
    x = compressed(rows)
    assert x.layout == torch.sparse_csr
    out, expected = ours(x), theirs(torch.from_numpy(np.asarray(rows)))
    torch.testing.assert_close(out, expected)
    weights = torch.linspace(-1, 1, UNITS)
    for found in (out, expected):
        (found * weights).square().sum().backward()
    torch.testing.assert_close(ours.weight.grad, theirs.weight.grad)
    assert torch.equal(ours(dense(x)), theirs(dense(x))), "with zeros it is PyTorch's own"


def test_rows_of_an_index_are_those_rows_in_its_order_through_a_choice_too() -> None:
    rows, index = bags(1), np.array([5, 2, 2, 0])
    expected = torch.from_numpy(np.asarray(rows)[index])
    assert torch.equal(tensor_of(rows, index).to_dense(), expected)
    chosen = Chosen(rows, index)
    assert torch.equal(tensor_of(chosen, np.array([3, 0])).to_dense(), expected[[3, 0]])
    assert tensor_of(np.asarray(rows), index).layout == torch.strided


def test_batches_one_after_another_are_one() -> None:
    parts = [compressed(bags(seed, rows)) for seed, rows in ((0, 4), (1, 3), (2, 6))]
    assert torch.equal(stacked(parts).to_dense(), torch.cat([part.to_dense() for part in parts]))


@pytest.mark.parametrize("backbone", [OneHiddenLayer(WORDS, UNITS), Bottleneck(WORDS, UNITS)], ids=lambda b: b.name)
def test_a_network_reads_alike_with_and_without_zeros(backbone: OneHiddenLayer | Bottleneck) -> None:
    net = Network(backbone, ("source", "target")).eval()
    batches = {name: compressed(bags(seed)) for seed, name in enumerate(net.domains)}
    [layer] = net.layers
    without, whole = net(batches), net({name: dense(x) for name, x in batches.items()})
    for name in net.domains:
        torch.testing.assert_close(without[name][layer], whole[name][layer])
