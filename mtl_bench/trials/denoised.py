"""Denoised: a domain's features beside mSDA's hidden ones, as a data set. No label is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import replacing, write_atomically
from mtl_bench.inputs.rows import CHUNK, Array, Rows, Sparse
from mtl_bench.methods.shallow.denoising import DenoisingLayer, DenoisingStack, denoising_layer
from mtl_bench.trials.contracts import FEATURES, DataSet, read_rows
from mtl_bench.trials.history import array, read_array


@dataclass(frozen=True)
class StackedDenoising(Trial):
    """mSDA's layers for some domains together (Chen, Xu, Weinberger and Sha, ICML 2012; see `denoising_layer`).

    They are fitted on the rows of one split of each. The order of the domains does not matter: they are put into the
    order of their names, so that both directions of a pair share one fit. Leaves `layer-1.npy` and so on, (d + 1, d)
    in the precision that the layer needs: W' of the paper, whose last row is the bias; 100 MB each of 5,000 features.
    """

    domains: tuple[DataSet, ...]
    split: str = "train"
    layers: int = 5
    corruption: float = 0.5
    regulariser: float = 1e-5

    def __post_init__(self) -> None:
        if self.layers < 1:
            raise ValueError(f"denoising has {self.layers} layers; give at least one")
        if not self.domains:
            raise ValueError("denoising has no domain to be fitted on; give at least one")
        object.__setattr__(self, "domains", tuple(sorted(self.domains, key=lambda domain: domain.name)))

    def run(self, work: Work) -> Mapping[str, float]:
        points = stacked([read_rows(domain, self.split, work) for domain in self.domains])
        count, width = points.shape
        for i in range(1, self.layers + 1):
            layer = denoising_layer(points, self.corruption, self.regulariser)
            write_atomically(work.folder / f"layer-{i}.npy", array(np.vstack([layer.weights, layer.bias])))
            if i < self.layers:
                points = layer(points)
            work.progress(i / self.layers, f"layer {i} of {self.layers}")
        return {"rows": count, "width": width}

    def stack(self, work: Work) -> DenoisingStack:
        """The layers, of a trial that is a dependency."""
        stored = [read_array(work.artifact_of(self, f"layer-{i}.npy")) for i in range(1, self.layers + 1)]
        return DenoisingStack(tuple(DenoisingLayer(weights[:-1], weights[-1]) for weights in stored))


@dataclass(frozen=True)
class Denoised(Trial):
    """Features beside the hidden ones of all layers, of all rows of some splits: float32 (n, (layers + 1) d).

    They lie in `<split>.npy`, in the rows' order; of 5,000 features and five layers a row takes 120 kB, 2,000 rows take
    240 MB. The trial stands for a data set, whose labels are `data`'s own.
    """

    data: DataSet
    by: StackedDenoising
    splits: tuple[str, ...] = ("train", "test")

    @property
    def name(self) -> str:
        return self.data.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.data.classes

    @property
    def target(self) -> DataSet:
        """The domain that the layers may have seen."""
        return self.data

    def uses_of_target(self) -> tuple[str, ...]:
        """The features of its domain, where the layers were fitted on it."""
        return (FEATURES,) if self.name in {domain.name for domain in self.by.domains} else ()

    def labels(self, split: str) -> Array:
        """int64 (n,), of the rows in their order."""
        return self.data.labels(split)

    def inputs(self, split: str) -> Rows:
        raise NotImplementedError("the features lie in the trial's folder; trials take them by rows_of(…)")

    def run(self, work: Work) -> Mapping[str, float]:
        stack, count, width = self.by.stack(work), 0, 0
        for i, split in enumerate(self.splits):
            rows = read_rows(self.data, split, work)
            width = rows.shape[1] * (len(stack.layers) + 1)
            with replacing(work.folder / f"{split}.npy") as file:
                np.lib.format.write_array_header_1_0(
                    file, {"descr": "<f4", "fortran_order": False, "shape": (len(rows), width)}
                )
                for first in range(0, len(rows), CHUNK):
                    chunk = stack(points_of(rows, slice(first, first + CHUNK)))
                    file.write(np.ascontiguousarray(chunk, "<f4").data)
                    done = (i + first / len(rows)) / len(self.splits)
                    work.progress(done, f"{first:,} of {len(rows):,} rows of {split}")
            count += len(rows)
        return {"rows": count, "width": width}


def points_of(rows: Rows, index: slice) -> Array:
    """Some rows, as a CSR matrix where they are one."""
    return rows.matrix[index] if isinstance(rows, Sparse) else rows[index]


def stacked(of_domains: list[Rows]) -> Array:
    """The rows of all domains, one under the other; a CSR matrix where all are sparse."""
    from scipy.sparse import vstack

    if all(isinstance(rows, Sparse) for rows in of_domains):
        together: Array = vstack([points_of(rows, slice(None)) for rows in of_domains], "csr")
        return together
    return np.concatenate([rows[:] for rows in of_domains])
