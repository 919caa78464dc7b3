"""Parts of a data set by class: who is in them, under which label, and that training and test share nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import Classes, PerClass, drawn, halves
from mtl_bench.inputs import rows as rows_module
from mtl_bench.inputs.rows import Chosen, Rows, choose, digest
from mtl_bench.training.domain_data import DomainData
from mtl_bench.trials.adapt import pixel_mean

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Numbered:
    """Every pixel of an image is its number, so that it is known wherever it goes; class sizes as they are given."""

    sizes: tuple[int, ...] = (1, 2, 3, 30, 7, 10, 12)

    name: ClassVar[str] = "numbered"

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple("abcdefghijklmnopqrst"[: len(self.sizes)])

    def inputs(self, split: str) -> Array:
        return np.arange(sum(self.sizes), dtype=np.uint8)[:, None, None, None].repeat(4, 2)

    def labels(self, split: str) -> Array:
        ordered = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return np.random.default_rng(["train", "test", "all"].index(split)).permutation(ordered)


def numbers(images: Rows) -> list[int]:
    """Which images of `Numbered` these are."""
    return [int(image.flat[0]) for image in np.asarray(images)]


@given(st.integers(2, 20), st.integers(0, 2**32), st.none() | st.integers(1, 10))
def test_halves_share_no_class_and_have_all(count: int, seed: int, most: int | None) -> None:
    of = Numbered((3,) * count)
    a, b = halves(of, seed, most)
    assert (a.name, b.name) == ("half A", "half B")
    assert not set(a.classes) & set(b.classes)
    large = count if most is None else min(most, (count + 1) // 2) + min(most, count // 2)
    assert len({*a.classes, *b.classes}) == len(a.classes) + len(b.classes) == large
    assert 0 <= len(a.classes) - len(b.classes) <= 1
    assert list(a.classes) == sorted(a.classes) and list(b.classes) == sorted(b.classes)
    assert halves(of, seed, most) == (a, b)


def test_halves_are_drawn_anew_by_the_seed_and_every_class_is_in_either() -> None:
    of = SyntheticImages()
    cuts = [halves(of, seed) for seed in range(200)]
    assert len(set(cuts)) > 100
    in_a = Counter(name for a, _ in cuts for name in a.classes)
    assert all(70 < in_a[name] < 130 for name in of.classes), "100 each, give or take four deviations"


def test_fewer_classes_are_drawn_from_the_halves_of_all() -> None:
    of = SyntheticImages()
    for whole, part in zip(halves(of, 3), halves(of, 3, 2), strict=True):
        assert set(part.classes) < set(whole.classes)


def test_every_image_is_under_its_own_name() -> None:
    of = Numbered()
    a, b = halves(of, 0)
    for split in ("train", "test"):
        names = {i: of.classes[label] for i, label in enumerate(of.labels(split))}
        found = []
        for half in (a, b):
            images, labels = half.inputs(split), half.labels(split)
            assert labels.dtype == np.int64 and images.dtype == np.uint8
            assert [half.classes[label] for label in labels] == [names[i] for i in numbers(images)]
            assert set(labels) == set(range(len(half.classes)))
            found += numbers(images)
        assert sorted(found) == list(range(sum(of.sizes)))


def test_labels_are_numbered_in_the_order_of_the_names() -> None:
    of = Numbered()
    first, second = Classes(of, "some", ("f", "b")), Classes(of, "some", ("b", "f"))
    assert np.array_equal(np.asarray(first.inputs("train")), np.asarray(second.inputs("train")))
    assert np.array_equal(first.labels("train"), 1 - second.labels("train"))
    assert Counter(first.labels("train").tolist()) == {0: 10, 1: 2}


@pytest.mark.parametrize("most", [1, 3, 6, None])
def test_drawn_names_keep_their_order_and_the_seed_decides(most: int | None) -> None:
    names = ("z", "y", "x", "w", "v", "u")
    for seed in range(20):
        chosen = drawn(names, most, seed)
        assert len(set(chosen)) == len(chosen) == (most or 6)
        assert list(chosen) == [name for name in names if name in chosen]
        assert drawn(names, most, seed) == chosen
    if most in (1, 3):
        assert set(names) == {name for seed in range(60) for name in drawn(names, most, seed)}


@pytest.mark.parametrize(("train", "test"), [(8, 5), (8, 1000), (1000, 3), (1, 1)])
def test_a_cut_per_class_shares_nothing_and_keeps_to_its_bounds(train: int, test: int) -> None:
    of = Numbered()
    cut = PerClass(of, train, test, seed=4)
    assert (cut.name, cut.classes) == (of.name, of.classes)
    names, found = of.labels("all"), {split: numbers(cut.inputs(split)) for split in ("train", "test")}
    assert not set(found["train"]) & set(found["test"])
    for split in found:
        assert len(set(found[split])) == len(found[split])
        assert cut.labels(split).tolist() == [names[i] for i in found[split]]
    counts = {split: np.bincount(cut.labels(split), minlength=len(of.sizes)) for split in found}
    for label, size in enumerate(of.sizes):
        taken = min(train, 2 * size // 3)
        assert counts["train"][label] == taken
        assert counts["test"][label] == min(test, size - taken)


def test_a_cut_per_class_is_drawn_anew_by_the_seed() -> None:
    cuts = [PerClass(Numbered(), 8, 5, seed) for seed in range(10)]
    assert len({tuple(numbers(cut.inputs("train"))) for cut in cuts}) == 10
    for cut in cuts[:2]:
        again = PerClass(Numbered(), 8, 5, cut.seed)
        for split in ("train", "test"):
            assert np.array_equal(np.asarray(again.inputs(split)), np.asarray(cut.inputs(split)))


def test_a_cut_is_within_its_pool() -> None:
    of = SyntheticImages(train=60, test=20)
    pools = {image.tobytes() for image in of.inputs("train")}
    cut = PerClass(of, 3, 2, seed=0, pool="train")
    for split, count in (("train", 30), ("test", 20)):
        assert len(cut.inputs(split)) == count
        assert {image.tobytes() for image in np.asarray(cut.inputs(split))} <= pools


def test_halves_of_a_cut_share_nothing_either() -> None:
    cut = PerClass(Numbered(), 8, 5, seed=1)
    found = [i for half in halves(cut, 1) for split in ("train", "test") for i in numbers(half.inputs(split))]
    assert len(set(found)) == len(found) == len(cut.inputs("train")) + len(cut.inputs("test"))


def test_an_unknown_class_or_split_is_one_sentence() -> None:
    of = Numbered()
    with pytest.raises(ValueError, match=r"^numbered has no class 'zebra'; it has a, b, c"):
        Classes(of, "animals", ("a", "zebra"))
    for call in (PerClass(of, 2, 2, 0).inputs, PerClass(of, 2, 2, 0).labels):
        with pytest.raises(ValueError, match=r"^numbered, cut anew, has no split 'all'; it has train, test$"):
            call("all")
    synthetic = Classes(SyntheticImages(), "some", ("1", "2"))
    for call in (synthetic.inputs, synthetic.labels):
        with pytest.raises(ValueError, match=r"has no split 'valid'; it has train, test$"):
            call("valid")


INDICES = (
    slice(0, 1), slice(2, 5), slice(None), slice(5, 500), slice(None, None, -2),
    np.array([4, 4, 0]), np.array([], np.int64), np.arange(8) % 3 == 0,
)  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_rows_that_are_read_on_demand_are_those_of_a_copy(index: Any) -> None:
    array = np.random.default_rng(0).integers(0, 256, (20, 3, 4, 5), np.uint8)
    chosen = np.array([19, 3, 3, 7, 0, 11, 2, 18])
    rows, copy = Chosen(array, chosen), array[chosen]
    assert (len(rows), rows.shape, rows.dtype) == (len(copy), copy.shape, copy.dtype)
    assert np.array_equal(rows[index], copy[index])


def test_what_training_does_with_images_it_does_with_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    half, _ = halves(SyntheticImages(train=60), 0)
    copy = half.inputs("train")
    monkeypatch.setattr(rows_module, "IN_MEMORY", 0)
    rows = half.inputs("train")
    assert isinstance(rows, Chosen) and isinstance(copy, np.ndarray)
    assert np.array_equal(np.asarray(rows), copy)
    again = half.inputs("train")
    assert digest(rows) == digest(again) != digest(copy), "named by the whole and the index, so that it is not read"
    assert digest(Classes(half.of, half.name, half.classes[1:]).inputs("train")) != digest(rows)
    assert pixel_mean([rows]).equal(pixel_mean([copy]))
    labels = half.labels("train")
    for step in range(5):
        ours, expected = (DomainData(images, labels).at(step, 7, 0, "a", "cpu") for images in (rows, copy))
        assert ours.inputs.equal(expected.inputs)


class Asked:
    """An array that writes down which of its rows were read."""

    shape, dtype = (100, 2), np.dtype(np.uint8)

    def __init__(self) -> None:
        self.read: list[int] = []

    def __getitem__(self, index: Array) -> Array:
        self.read += index.tolist()
        return np.zeros((len(index), 2), np.uint8)


def test_only_the_rows_that_are_asked_for_are_read() -> None:
    asked: Any = Asked()
    rows = Chosen(asked, np.arange(1, 100, 3))
    assert asked.read == []
    assert rows[10:12].shape == (2, 2) and rows[np.array([0, 32])].shape == (2, 2)
    assert asked.read == [31, 34, 1, 97]


def test_a_copy_is_made_up_to_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.zeros((10, 3, 4, 4), np.uint8)
    for spare, kind in ((0, np.ndarray), (-1, Chosen)):
        monkeypatch.setattr(rows_module, "IN_MEMORY", 5 * 3 * 4 * 4 + spare)
        assert type(choose(array, np.arange(5))) is kind
