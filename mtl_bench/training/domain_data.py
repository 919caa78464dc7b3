"""A domain as training sees it: a batch for every step, which is a function of the step alone."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import torch

from mtl_bench.inputs.rows import Array, Rows, lengths_of, sparse_rows
from mtl_bench.models.sparse_linear import compressed
from mtl_bench.training.augmentation import Augmentation
from mtl_bench.training.learner import UNKNOWN, Batch
from mtl_bench.training.seeding import generator

POOL = 50  # batches among which rows of like lengths meet


@dataclass(frozen=True, eq=False)
class DomainData:
    """A domain's training rows, and its labels int64 (n,) where training may see them: -1 where it may not."""

    inputs: Rows
    labels: Array | None
    target: bool = False
    augmentation: Augmentation | None = None

    def __post_init__(self) -> None:
        if len(self.inputs) == 0:
            raise ValueError("a training domain has no rows; check the data set's split")

    def at(self, step: int, size: int, seed: int, name: str, device: str) -> Batch:
        """The batch of `size` rows of this step: the same for the same step, seed and name, whatever came before."""
        chosen = self._chosen(step, size, seed, name)
        if self.augmentation:
            random = generator(seed, "augmentation", name, step)
            inputs = tensor(self.augmentation.random(self.inputs[chosen], random))
        else:
            inputs = tensor_of(self.inputs, chosen)
        labels = None if self.labels is None else torch.from_numpy(self.labels[chosen]).to(device)
        return Batch(inputs.to(device), labels, self.target)

    def _chosen(self, step: int, size: int, seed: int, name: str) -> Array:
        """Of a target of which a few labels are known, these are in every batch, as half of it at most."""
        if not self.target or self.labels is None:
            return order(self.inputs, size, step, seed, name)
        known = np.flatnonzero(self.labels != UNKNOWN)
        few = min(len(known), size // 2)
        shown = known[order(known, few, step, seed, f"{name}, known")] if few else known[:0]
        return np.concatenate([shown, order(self.inputs, size - few, step, seed, name)])


def tensor(rows: Array) -> torch.Tensor:
    """Rows as a network takes them: pixels and tokens as they are, features as float32."""
    if rows.dtype.kind == "f":
        rows = rows.astype(np.float32, copy=False)
    # A copy of what is read-only: memory-mapped pixels are.
    return torch.from_numpy(np.ascontiguousarray(rows) if rows.flags.writeable else rows.copy())


def tensor_of(rows: Rows, index: Array) -> torch.Tensor:
    """The rows of this index likewise; features that are mostly 0 as compressed sparse rows."""
    matrix = sparse_rows(rows, index)
    if matrix is None:
        return tensor(rows[index])
    starts, columns, values = map(torch.from_numpy, (matrix.indptr, matrix.indices, matrix.data))
    return compressed(starts, columns, values.float(), matrix.shape)


def order(rows: Rows, size: int, step: int, seed: int, domain: str) -> Array:
    """Which `size` rows step number `step` takes: each once an epoch; alike ones where lengths differ."""
    count, batch, first = len(rows), size, step * size
    chosen: list[Array] = []
    while size > 0:
        epoch, offset = divmod(first, count)
        taken = min(size, count - offset)
        if lengths_of(rows) is None:
            of_epoch = _permutation(count, seed, domain, epoch)
        else:
            of_epoch = _bucketed(cast(Hashable, rows), batch, seed, domain, epoch)
        chosen.append(of_epoch[offset : offset + taken])
        first, size = first + taken, size - taken
    return np.concatenate(chosen)


@lru_cache(maxsize=8)
def _permutation(count: int, seed: int, domain: str, epoch: int) -> Array:
    return generator(seed, "order", domain, epoch).permutation(count)


@lru_cache(maxsize=8)
def _bucketed(rows: Any, size: int, seed: int, domain: str, epoch: int) -> Array:
    """A permutation in which the rows of a batch are of like lengths, so that little of it is filling."""
    random, lengths = generator(seed, "order", domain, epoch), lengths_of(rows)
    assert lengths is not None
    shuffled = random.permutation(len(rows))
    begun = min(-epoch * len(rows) % size, len(rows))  # the rest of a batch that the last epoch began
    blocks: list[Array] = []
    for start in range(begun, len(rows), POOL * size):
        pool = shuffled[start : start + POOL * size]
        alike = pool[np.argsort(lengths[pool], kind="stable")]
        blocks += [alike[i : i + size] for i in range(0, len(alike), size)]
    whole = [block for block in blocks if len(block) == size]
    rest = [block for block in blocks if len(block) < size]
    return np.concatenate([shuffled[:begun], *(whole[i] for i in random.permutation(len(whole))), *rest])
