"""Shuffled blocks: whole, moved with their channels, the same for every image and split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.shuffled import PIXELS, Shuffled
from mtl_bench.inputs.rows import Array

IMAGES = SyntheticImages()


def blocks(image: np.ndarray, side: int) -> list[bytes]:
    """Every block of an image (C, H, W), in reading order."""
    return [
        image[:, top : top + side, left : left + side].tobytes()
        for top in range(0, image.shape[1], side)
        for left in range(0, image.shape[2], side)
    ]


@pytest.mark.parametrize("side", [1, 4, 7, 14])
def test_an_image_has_the_same_blocks_in_another_order(side: int) -> None:
    before, after = IMAGES.inputs("train"), Shuffled(IMAGES, side).inputs("train")
    assert after.shape == before.shape and after.dtype == np.uint8
    for a, b in zip(before[:5], after[:5], strict=True):
        assert sorted(blocks(a, side)) == sorted(blocks(b, side))
        assert not np.array_equal(a, b)


def test_a_block_as_large_as_the_image_leaves_it() -> None:
    assert np.array_equal(Shuffled(IMAGES, 28).inputs("test"), IMAGES.inputs("test"))


def test_the_order_is_one_for_all_images_and_splits_and_the_seed_decides_it() -> None:
    data = Shuffled(IMAGES, 4)
    order = data.order((3, 28, 28))
    assert sorted(order) == list(range(3 * 28 * 28))
    for split in ("train", "test"):
        before = np.asarray(IMAGES.inputs(split))
        assert np.array_equal(data.inputs(split).reshape(len(before), -1), before.reshape(len(before), -1)[:, order])
        assert np.array_equal(data.labels(split), IMAGES.labels(split))
    assert not np.array_equal(Shuffled(IMAGES, 4, seed=1235).order((3, 28, 28)), order)
    assert np.array_equal(Shuffled(IMAGES, 4).order((3, 28, 28)), order)


def test_channels_of_a_block_stay_together_and_numbers_by_themselves_do_not() -> None:
    place = np.broadcast_to(np.arange(28 * 28).reshape(28, 28), (3, 28, 28)).reshape(-1)
    whole = place[Shuffled(IMAGES, 2).order((3, 28, 28))].reshape(3, -1)
    assert (whole == whole[0]).all()
    mixed = place[Shuffled(IMAGES, PIXELS).order((3, 28, 28))].reshape(3, -1)
    assert not (mixed == mixed[0]).all()


@pytest.mark.parametrize("side", [5, 56, -1])
def test_blocks_must_fill_an_image(side: int) -> None:
    with pytest.raises(ValueError, match="give a divisor of both sides"):
        Shuffled(IMAGES, side).inputs("train")


def test_numbers_of_grey_images_move_across_the_three_channels_that_a_network_gives_them() -> None:
    grey = Grey(IMAGES)
    moved = Shuffled(grey, PIXELS).inputs("test")
    assert moved.shape == IMAGES.inputs("test").shape and Shuffled(grey, 7).inputs("test").shape[1] == 1
    assert not np.array_equal(moved[:, 0], moved[:, 1])
    assert np.array_equal(np.sort(moved[0].ravel()), np.sort(np.repeat(grey.inputs("test")[0].ravel(), 3)))


@dataclass(frozen=True)
class Grey:
    """The first channel of another data set."""

    of: SyntheticImages

    @property
    def name(self) -> str:
        return "grey"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def inputs(self, split: str) -> Array:
        return self.of.inputs(split)[:, :1]

    def labels(self, split: str) -> Array:
        return self.of.labels(split)
