"""Unrepeated: test rows that training has are left out, of dense rows as of sparse ones, and nothing else is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mtl_bench.datasets.amazon_reviews import AmazonReviews
from mtl_bench.datasets.wrappers.unrepeated import Unrepeated
from mtl_bench.inputs.rows import Array, Rows, Sparse


@dataclass(frozen=True)
class Repeating:
    """Three training rows, of which the test has two again: its rows 0 and 2. Nobody may ask for labels."""

    sparse: bool = True

    name: ClassVar[str] = "repeating"
    classes: ClassVar[tuple[str, ...]] = ("no", "yes")

    def inputs(self, split: str) -> Rows:
        rows = {"train": [1, 2, 3], "test": [3, 7, 1, 8, 9, 8]}[split]
        x = np.zeros((len(rows), 10), np.float32)
        x[np.arange(len(rows)), rows] = 2
        return Sparse(csr_matrix(x)) if self.sparse else x

    def labels(self, split: str) -> Array:
        return np.arange(len(self.inputs(split)), dtype=np.int64)


@pytest.mark.parametrize("sparse", [True, False])
def test_what_training_has_is_not_tested(sparse: bool) -> None:
    data = Unrepeated(Repeating(sparse))
    assert data.labels("test").tolist() == [1, 3, 4, 5]
    assert np.array_equal(data.inputs("test")[:], Repeating(sparse).inputs("test")[np.array([1, 3, 4, 5])])
    assert data.part("train") == ("train", None)


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize("domain", AmazonReviews.domains)
def test_of_the_reviews_as_many_are_left_out_as_are_said_to_be_repeated(domain: str) -> None:
    data = AmazonReviews(domain)
    assert len(Unrepeated(data).labels("test")) == data.counts["test"] - data.repeated
