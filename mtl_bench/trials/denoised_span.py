"""DenoisedSpan: mSDA's many features in as many coordinates as there are reviews to learn from. No label is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import replacing
from mtl_bench.inputs.rows import CHUNK, Array, Rows
from mtl_bench.methods.shallow.denoising import DenoisingStack
from mtl_bench.methods.shallow.span import Span
from mtl_bench.trials.contracts import FEATURES, DataSet, read_rows
from mtl_bench.trials.denoised import StackedDenoising, points_of


@dataclass(frozen=True)
class DenoisedSpan(Trial):
    """The features of `Denoised` in an orthonormal basis of what the rows span that the layers were fitted on.

    float32 (n, k), where k is the number of those rows: of two domains' 2,000 reviews each 4,000 coordinates instead of
    30,000 features. Products of fitted rows with any row stay what they are, so that a linear classifier of these rows
    learns and predicts the same. A network sees the same gradients; what its first weights make of the part of a row
    that lies outside, which nothing could have learnt, is left out. The coordinates lie in `<split>.npy`, in the rows'
    order. The trial stands for a data set, whose labels are `data`'s own.

    Metrics: the numbers of "rows" and of "directions", and "outside": the percentage of the last split's sum of squares
    that the coordinates leave out. Raises ValueError for a domain that the layers were not fitted on.
    """

    data: DataSet
    by: StackedDenoising
    splits: tuple[str, ...] = ("train", "test")

    def __post_init__(self) -> None:
        if self.name not in {domain.name for domain in self.by.domains}:
            known = ", ".join(domain.name for domain in self.by.domains)
            raise ValueError(f"the layers were fitted on {known}, not on {self.name}; give one of these domains")

    @property
    def name(self) -> str:
        return self.data.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.data.classes

    @property
    def target(self) -> DataSet:
        """The domain that the layers have seen."""
        return self.data

    def uses_of_target(self) -> tuple[str, ...]:
        return (FEATURES,)

    def labels(self, split: str) -> Array:
        """int64 (n,), of the rows in their order."""
        return self.data.labels(split)

    def inputs(self, split: str) -> Rows:
        raise NotImplementedError("the coordinates lie in the trial's folder; trials take them by rows_of(…)")

    def run(self, work: Work) -> Mapping[str, float]:
        stack = self.by.stack(work)
        span = Span.of(_of_all(stack, [read_rows(domain, self.by.split, work) for domain in self.by.domains]))
        count, outside = 0, 0.0
        for i, split in enumerate(self.splits):
            rows = read_rows(self.data, split, work)
            whole, kept = 0.0, 0.0
            with replacing(work.folder / f"{split}.npy") as file:
                shape = (len(rows), span.width)
                np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
                for first in range(0, len(rows), CHUNK):
                    features = _features(stack, rows, slice(first, first + CHUNK))
                    coordinates = span(features)
                    file.write(np.ascontiguousarray(coordinates, "<f4").data)
                    whole += float(np.square(features, dtype=np.float64).sum())
                    kept += float(np.square(coordinates).sum())
                    work.progress((i + first / len(rows)) / len(self.splits), f"{first:,} of {len(rows):,} of {split}")
            count, outside = count + len(rows), 100 * max(0.0, 1 - kept / whole)
        return {"rows": count, "directions": span.directions, "outside": outside}


def _of_all(stack: DenoisingStack, domains: list[Rows]) -> Array:
    """The features of all rows, in pieces: they are there once, and that is much."""
    width = domains[0].shape[1] * (len(stack.layers) + 1)
    found, done = np.empty((sum(map(len, domains)), width), np.float32), 0
    for rows in domains:
        for first in range(0, len(rows), CHUNK):
            part = _features(stack, rows, slice(first, first + CHUNK))
            found[done : done + len(part)] = part
            done += len(part)
    return found


def _features(stack: DenoisingStack, rows: Rows, index: slice) -> Array:
    return stack(points_of(rows, index))
