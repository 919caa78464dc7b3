"""Resized: Pillow's own bilinear resampling of whole images, in three channels, of those rows that are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from mtl_bench.datasets.files.pixels import resized
from mtl_bench.datasets.synthetic import SyntheticFeatures, SyntheticImages
from mtl_bench.datasets.wrappers.drawn import Drawn
from mtl_bench.datasets.wrappers.resized import Resized
from mtl_bench.datasets.wrappers.shuffled import Shuffled
from mtl_bench.inputs import gate
from mtl_bench.inputs.rows import choose, digest

Array = np.ndarray[Any, Any]
COLOUR = SyntheticImages(tint=0.5)


@dataclass(frozen=True)
class Grey:
    """Grey images of 28 × 20, each another gradient."""

    count: int = 40

    name: ClassVar[str] = "grey"
    classes: ClassVar[tuple[str, ...]] = ("a", "b")

    def inputs(self, split: str) -> Array:
        first = np.arange(self.count, dtype=np.uint32)[:, None, None, None] + len(split)
        return (first * np.arange(28 * 20, dtype=np.uint32).reshape(1, 28, 20)).astype(np.uint8)

    def labels(self, split: str) -> Array:
        return np.arange(self.count) % 2


def by_pillow(image: Array, size: int) -> Array:
    """The image (C, H, W) as a whole, in colour."""
    pixels = image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)
    made = Image.fromarray(np.ascontiguousarray(pixels)).resize((size, size), Image.Resampling.BILINEAR)
    return np.moveaxis(np.asarray(made.convert("RGB")), -1, 0)


@pytest.mark.parametrize("of", [COLOUR, Grey()], ids=["colour", "grey"])
@pytest.mark.parametrize("size", [7, 28, 45])
def test_each_image_is_what_pillow_makes_of_it(of: Any, size: int) -> None:
    before, after = np.asarray(of.inputs("train")), Resized(of, size).inputs("train")
    assert after.shape == (len(before), 3, size, size) and after.dtype == np.uint8
    rows = after[:]
    for image, row in zip(before, rows, strict=True):
        assert np.array_equal(row, by_pillow(image, size))
    assert np.array_equal(np.asarray(after), rows)


def test_images_of_the_size_stay() -> None:
    assert np.array_equal(Resized(COLOUR, 28).inputs("test")[:], COLOUR.inputs("test"))


def test_labels_and_classes_stay_and_the_name_tells_the_size() -> None:
    data = Resized(COLOUR, 45)
    assert np.array_equal(data.labels("test"), COLOUR.labels("test")) and data.classes == COLOUR.classes
    names = {Resized(COLOUR, size).name for size in (14, 45)} | {COLOUR.name, Shuffled(data, 9).name}
    assert len(names) == 4 and data.name == "synthetic-tint-50, 45 pixels"


def test_any_index_gives_its_rows() -> None:
    rows = Resized(COLOUR, 12).inputs("train")
    every, mask = rows[:], np.arange(len(rows)) % 3 == 0
    for index in (slice(3, 90, 4), slice(0, 0), slice(-5, None), np.array([5, 0, 5]), np.array([], int), mask):
        assert np.array_equal(rows[index], every[index])


def test_only_rows_that_are_read_are_resized(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 10,000 images of 224 × 224, neither the gate nor the digest needs one."""
    images, read = Resized(Grey(10_000), 224), list[int]()

    def counted(some: Any, size: int) -> Any:
        read.append(size)
        return resized(some, size)

    monkeypatch.setattr("mtl_bench.datasets.wrappers.resized.resized", counted)
    rows = images.inputs("train")
    assert rows.shape == (10_000, 3, 224, 224)
    assert digest(gate.rows("images", rows)) == digest(images.inputs("train"))
    assert read == []
    some = rows[np.array([9_999, 3])]
    assert np.array_equal(choose(rows, np.array([3, 9_999]))[:], some[::-1])
    assert len(read) < 10


def test_the_digest_names_the_images_and_the_size() -> None:
    every = [(of, size, split) for of in (COLOUR, Grey()) for size in (7, 8) for split in ("train", "test")]
    assert len({digest(Resized(of, size).inputs(split)) for of, size, split in every}) == len(every)


def test_parts_of_it_are_parts_of_the_other() -> None:
    whole, part = Resized(COLOUR, 12).inputs("train"), Drawn(Resized(COLOUR, 12), 10)
    _, chosen = part.part("train")
    assert np.array_equal(part.inputs("train")[:], whole[chosen])


def test_shuffled_blocks_fill_the_new_size() -> None:
    images = Shuffled(Resized(COLOUR, 20), 5).inputs("test")
    assert images.shape == (64, 3, 20, 20)


def test_what_are_no_images_and_no_size_are_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"rows of float64 \(128,\), which can't be resized; give images of 1 or 3"):
        Resized(SyntheticFeatures(), 28).inputs("all")
    with pytest.raises(ValueError, match="can't have images of 0 pixels; give a size of 1 or more"):
        Resized(COLOUR, 0)
