"""The cut of a data set that is computed as a whole: that of its files, which share no row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl_bench.datasets.files.declaration import fraction
from mtl_bench.datasets.wrappers.cut import Cut
from mtl_bench.inputs.rows import Mapped

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Numbers:
    """Rows that are their own numbers."""

    count: int
    name: str = "numbers"
    classes: tuple[str, ...] = ("even", "odd")

    def inputs(self, split: str) -> Array:
        assert split == "all"
        return np.arange(self.count, dtype=np.float32)[:, None]

    def labels(self, split: str) -> Array:
        assert split == "all"
        return np.arange(self.count) % 2


@given(st.integers(2, 60))
def test_it_is_the_cut_that_files_have(count: int) -> None:
    data = Numbers(count)
    cut, rows = Cut(data), Mapped(data.inputs("all"), "a checksum")
    for split in ("train", "test"):
        assert np.array_equal(cut.inputs(split)[:], fraction(rows, split)[:])
        assert np.array_equal(cut.labels(split), cut.inputs(split)[:][:, 0] % 2)


@given(st.integers(2, 60))
def test_each_row_is_in_one_part(count: int) -> None:
    cut = Cut(Numbers(count))
    train, test = (cut.inputs(split)[:][:, 0].tolist() for split in ("train", "test"))
    assert train + test == list(range(count))
    assert len(train) == pytest.approx(0.8 * count, abs=0.5)


def test_another_split_is_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^numbers, cut into 80 % and 20 %, has no split 'all'; it has train, test$"):
        Cut(Numbers(5)).inputs("all")
