"""What a data set gets from its declaration alone."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles, fraction
from mtl_bench.datasets.files.decoders import archive
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.inputs.rows import Array, Mapped, digest
from tests import test_data_contracts as contracts

POINTS = np.random.default_rng(0).random((20, 3))


@dataclass(frozen=True)
class Points(FromFiles):
    """Twenty points of two classes."""

    domain: str = "left"
    variant: str = "fine"

    folder: ClassVar[str] = "some_points"
    licence: ClassVar[str] = "none"
    classes: ClassVar[tuple[str, ...]] = ("odd", "even")
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    domains: ClassVar[tuple[str, ...]] = ("left", "right")
    variants: ClassVar[tuple[str, ...]] = ("fine", "coarse")
    counts: ClassVar[dict[str, int]] = {"all": 20}
    shape: ClassVar[tuple[int, ...]] = (3,)
    dtype: ClassVar[type] = np.float64

    @property
    def files(self) -> tuple[File, ...]:
        return (File(f"{self.domain}.npz"),)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        return [archive(self.files[0].obtain(self.folder), "x")]

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [archive(self.files[0].obtain(self.folder), "y")]


@pytest.fixture
def put(root: Path) -> Any:
    def put(labels: Any, domain: str = "left") -> Points:
        made = io.BytesIO()
        np.savez(made, x=POINTS, y=np.asarray(labels))
        path = root / "some_points" / f"{domain}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.getvalue())
        return Points(domain)

    return put


def test_names_examples_and_what_is_refused() -> None:
    names = ["some-points-left", "some-points-right", "some-points-left-coarse", "some-points-right-coarse"]
    assert [one.name for one in Points.examples()] == names
    with pytest.raises(ValueError, match="some_points has no domain 'up'; it has left, right"):
        Points("up")
    with pytest.raises(ValueError, match="some_points has no variant 'soft'; it has fine, coarse"):
        Points(variant="soft")
    with pytest.raises(ValueError, match="some-points-left has no split 'trian'; it has train, test, all"):
        Points().inputs("trian")


def test_parts_are_read_where_they_lie_and_have_digests_of_their_own(put: Any) -> None:
    data = put(np.arange(20) % 2)
    whole, train, test = (data.inputs(split) for split in ("all", "train", "test"))
    assert all(isinstance(rows, Mapped) and isinstance(rows.array, np.memmap) for rows in (whole, train, test))
    assert np.array_equal(whole, POINTS)
    assert np.array_equal(train, POINTS[:16]) and np.array_equal(test, POINTS[16:])
    assert np.concatenate([data.labels("train"), data.labels("test")]).tolist() == data.labels("all").tolist()
    assert len({digest(rows) for rows in (whole, train, test)}) == 3


@settings(derandomize=True)
@given(st.integers(2, 200), st.integers(2, 200))
def test_no_two_parts_of_one_array_share_a_digest(first: int, second: int) -> None:
    """Whatever their lengths: also where the first 80 % of one array are as long as the whole of another."""
    arrays = {n: Mapped(np.arange(n), f"{n}") for n in (first, second)}
    parts = [rows for whole in arrays.values() for rows in (whole, fraction(whole, "train"), fraction(whole, "test"))]
    assert len({digest(rows) for rows in parts}) == len(parts)


@pytest.mark.parametrize("labels", [np.arange(20) % 3, -(np.arange(20) % 2), (np.arange(20) % 2) / 1, ["a"] * 20])
def test_labels_that_are_no_class_are_one_sentence(put: Any, labels: Any) -> None:
    with pytest.raises(DataError, match=r"points-left: the labels of all are not numbers of its 2 classes; remove"):
        put(labels).labels("train")
    assert np.array_equal(put(labels).inputs("all"), POINTS), "inputs do not need labels"


def test_a_raised_version_decodes_anew(put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = put(np.arange(20) % 2)
    assert data.labels("all")[0] == 0
    put(1 - np.arange(20) % 2)
    assert data.labels("all")[0] == 0, "decoded already"
    monkeypatch.setattr(Points, "version", 2)
    assert data.labels("all")[0] == 1


@dataclass(frozen=True)
class Given:
    """A data set with a required argument."""

    path: str
    name: ClassVar[str] = "given"


def test_a_data_set_with_required_arguments_breaks_one_contract_test_and_not_their_collection() -> None:
    assert "path" in str(contracts.instances(Given))
    with pytest.raises(AssertionError, match=r"Given\(\) can't be made .*give it a classmethod examples\(\)"):
        contracts.test_a_data_set_gives_examples(Given)
    contracts.test_a_data_set_gives_examples(Points)


def test_h5py_is_asked_for_only_where_a_file_needs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    from mtl_bench.datasets.files.decoders import hdf5

    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError, match=r"usps\.h5 is an HDF5 file, and h5py is not .*; pip install 'mtl-bench\[h5\]'"):
        hdf5(tmp_path / "usps.h5", "x")
