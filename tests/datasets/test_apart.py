"""Apart: what nearly repeats a test row is found, and nothing else is, as comparing every pair would have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl_bench.datasets.synthetic import SyntheticFeatures
from mtl_bench.datasets.wrappers.apart import Apart, near_duplicates
from mtl_bench.datasets.wrappers.transductive import Transductive

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Photographs:
    """Forty scenes, of which the test has the last ten: training has two of these again, a bit brighter or noisier."""

    side: int = 30
    seed: int = 0

    name: ClassVar[str] = "photographs"
    classes: ClassVar[tuple[str, ...]] = ("a", "b")

    def inputs(self, split: str) -> Array:
        random = np.random.default_rng(self.seed)
        scenes = random.integers(0, 200, (40, 3, self.side, self.side))
        again = [scenes[35] + 20, scenes[31] + random.integers(-3, 4, scenes[31].shape)]
        rows = np.concatenate([scenes[:30], np.clip(again, 0, 255)]) if split == "train" else scenes[30:]
        return rows.astype(np.uint8)

    def labels(self, split: str) -> Array:
        raise AssertionError("a label was read")


def correlations(one: Array, other: Array) -> Array:
    """Of all pairs, by NumPy."""
    both = np.corrcoef(one.reshape(len(one), -1), other.reshape(len(other), -1))
    return np.asarray(both[: len(one), len(one) :])


def test_repeated_scenes_leave_training_and_the_test_stays_whole() -> None:
    data = Apart(Photographs())
    assert np.array_equal(np.asarray(data.inputs("train")), Photographs().inputs("train")[:30])
    assert np.array_equal(np.asarray(data.inputs("test")), Photographs().inputs("test"))
    assert (data.name, data.classes) == ("photographs", ("a", "b"))


@pytest.mark.slow
@settings(derandomize=True, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([4, 7, 16]), st.floats(0.05, 0.999))
def test_every_pair_above_the_bound_is_found_and_no_other(seed: int, side: int, bound: float) -> None:
    """The images' low frequencies agree by more or less, so that there are pairs on both sides of any bound."""
    random = np.random.default_rng(seed)
    shared, own = random.random((1, 3, side, side)), random.random((24, 3, side, side))
    images = (255 * (random.random((24, 1, 1, 1)) * shared + own) / 2).astype(np.uint8)
    one, other = images[:14], images[14:]
    expected = correlations(one, other)
    found = set(near_duplicates(one, other, bound))
    for (i, j), value in np.ndenumerate(expected):
        if abs(value - bound) > 1e-5:  # a pair at the bound itself may go either way
            assert ((i, j) in found) == (value > bound)


def test_images_of_one_colour_repeat_nothing() -> None:
    flat = np.full((3, 3, 8, 8), 7, np.uint8)
    assert not list(near_duplicates(flat, flat, 0.5))


def test_pairs_are_numbered_beyond_the_first_chunk() -> None:
    random = np.random.default_rng(0)
    many = random.integers(0, 256, (1203, 1, 4, 4)).astype(np.uint8)
    assert [(i, j) for i, j in near_duplicates(many, many[[1200, 3]], 0.9999)] == [(3, 1), (1200, 0)]


def test_what_has_no_pixels_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="has rows of float64, not pixels; near-duplicates are found in images only"):
        Apart(Transductive(SyntheticFeatures())).inputs("train")
