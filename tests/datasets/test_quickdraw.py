"""Quick, Draw!: where its strokes come to lie, its two packagings, and its names beside Tiny-ImageNet's."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtl_bench.datasets import quickdraw
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.quickdraw import ALL, DRAWINGS, IN_TINY_IMAGENET, QuickDraw, rasterised
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.tiny_imagenet import TinyImageNet
from mtl_bench.datasets.wrappers.called import Called

SOME = ("cat", "The Eiffel Tower")


def content(name: str, count: int = DRAWINGS) -> bytes:
    """A class's file: drawing k is a flat line from 0 to 100 + k; each class begins elsewhere."""
    first = SOME.index(name) * 20
    lines = ({"word": name, "drawing": [[[0, first + 100 + k % 100], [0, 0]]]} for k in range(count))
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def test_a_stroke_is_black_on_white_centred_and_as_wide_as_said() -> None:
    image = rasterised([([0, 255], [100, 100])], 160)
    assert (image.shape, image.dtype) == ((160, 160), np.uint8)
    assert set(np.unique(image)) >= {0, 255}
    rows, columns = np.flatnonzero((image < 128).any(1)), np.flatnonzero((image < 128).any(0))
    assert rows.mean() == pytest.approx(79.5, abs=1) and columns.mean() == pytest.approx(79.5, abs=1)
    assert len(rows) == pytest.approx(160 / 40, abs=1)
    assert len(columns) == pytest.approx(160 * 7 / 8 + 4, abs=2)


def test_a_drawing_keeps_its_shape_and_nothing_leaves_the_square() -> None:
    square = [([0, 255, 255, 0, 0], [0, 0, 255, 255, 0])]
    image = rasterised(square, 64)
    assert np.abs(image.astype(int) - image.T).max() <= 64  # the same either way, but for antialiased ends
    assert image[:2].min() == image[-2:].min() == image[:, :2].min() == image[:, -2:].min() == 255
    assert rasterised([([7], [7])], 64).min() < 128, "a point is a dot"


def test_the_published_files_and_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = tmp_path / "mirror" / "quickdraw"
    mirror.mkdir(parents=True)
    with tarfile.open(mirror / "package.tar.xz", "w:xz") as archive:
        for name in SOME:
            (mirror / f"{name}.ndjson").write_bytes(content(name, 200))
            member = tarfile.TarInfo(f"simplified/{name}.ndjson")
            member.size = len(content(name))
            archive.addfile(member, io.BytesIO(content(name)))
    package = replace(quickdraw.PACKAGED.archive, name="package.tar.xz", hashes=(), size=None)
    monkeypatch.setattr(quickdraw, "PACKAGED", replace(quickdraw.PACKAGED, archive=package, count=2))
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path / "mirror"))
    plain, packed = (QuickDraw(variant, SOME, 32) for variant in QuickDraw.variants)
    assert np.bincount(plain.labels("all")).tolist() == [DRAWINGS] * 2
    assert np.array_equal(np.asarray(plain.inputs("all")), np.asarray(packed.inputs("all")))
    assert (len(plain.labels("train")), len(plain.labels("test"))) == (192, 48)
    one = QuickDraw("120-drawings", SOME[1:], 32)
    whole = np.asarray(packed.inputs("all"))[packed.labels("all") == 1]
    assert {image.tobytes() for image in np.asarray(one.inputs("all"))} == {image.tobytes() for image in whole}
    assert plain.files[1].sources[0].endswith("/The%20Eiffel%20Tower.ndjson")  # type: ignore[union-attr]


def test_a_file_with_fewer_drawings_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "quickdraw").mkdir()
    (tmp_path / "quickdraw" / "cat.ndjson").write_bytes(content("cat", 7))
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path))
    with pytest.raises(DataError, match="it has 7 drawings where 120 are needed"):
        QuickDraw("original", ("cat",), 32).labels("all")


def test_a_class_that_nobody_drew_and_one_given_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="quickdraw has no class 'unicorn'"):
        QuickDraw("original", ("unicorn",))
    with pytest.raises(ValueError, match="given a class twice"):
        QuickDraw("original", ("cat", "cat"))


def test_the_pairs_are_classes_of_both() -> None:
    assert len(IN_TINY_IMAGENET) == len(set(IN_TINY_IMAGENET.values())) == 53
    assert set(IN_TINY_IMAGENET) <= set(ALL) and len(ALL) == 345
    assert set(IN_TINY_IMAGENET.values()) <= set(TinyImageNet("100-classes").wnids)


def test_other_names_change_neither_rows_nor_labels() -> None:
    of = SyntheticImages()
    called = Called(of, "letters", tuple("abcdefghij"))
    assert np.array_equal(np.asarray(called.inputs("train")), of.inputs("train"))
    assert np.array_equal(called.labels("train"), of.labels("train"))
    with pytest.raises(ValueError, match="has 10 classes, not 2; give each a name"):
        Called(of, "letters", ("a", "b"))
