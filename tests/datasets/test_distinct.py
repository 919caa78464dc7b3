"""Distinct and Few: no copy of a row on two sides of a cut, and the protocol of few labels drawn from what is left."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl_bench.datasets.wrappers.classes import PerClass
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.datasets.wrappers.few import Few
from mtl_bench.datasets.wrappers.partly import HIDDEN, Partly
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.inputs.rows import CHUNK, Array, Rows, Tokens

CLASSES = 3


@dataclass(frozen=True)
class Copied:
    """Photographs of a shop: row i shows thing `things[i]`, and a thing is of the class of its number modulo three."""

    things: tuple[int, ...]

    name: ClassVar[str] = "copied"
    classes: ClassVar[tuple[str, ...]] = ("a", "b", "c")

    def inputs(self, split: str) -> Array:
        """Pixels that differ from thing to thing, in a corner only."""
        self._known(split)
        rows = np.full((len(self.things), 1, 4, 4), 7, np.uint8)
        rows[:, 0, 3, 2:] = np.stack(np.divmod(self.things, 256), 1)
        return rows

    def labels(self, split: str) -> Array:
        self._known(split)
        return np.array(self.things, np.int64) % CLASSES

    def _known(self, split: str) -> None:
        if split != "all":
            raise ValueError(f"{self.name} has no split {split!r}; it has all")


def shown(rows: Rows) -> list[int]:
    """Which things these are."""
    return [256 * int(one[0, 3, 2]) + int(one[0, 3, 3]) for one in np.asarray(rows)]


# Five things of each class at the least, and copies of some of them anywhere.
shops = st.lists(st.integers(0, 20), max_size=30).flatmap(lambda more: st.permutations([*range(15), *more])).map(tuple)
property_of_shops = settings(derandomize=True, deadline=None)


@property_of_shops
@given(shops)
def test_every_thing_stays_once_where_it_first_was(things: tuple[int, ...]) -> None:
    data = Distinct(Copied(things))
    assert shown(data.inputs("all")) == list(dict.fromkeys(things))
    assert data.labels("all").tolist() == [thing % CLASSES for thing in dict.fromkeys(things)]
    assert (data.name, data.classes) == ("copied", ("a", "b", "c"))


@pytest.mark.slow
@property_of_shops
@given(shops, st.integers(0, 1000))
def test_a_cut_has_the_copies_of_a_thing_on_one_side(things: tuple[int, ...], seed: int) -> None:
    cut = PerClass(Distinct(Copied(things)), 3, 100, seed)
    train, test = (shown(cut.inputs(split)) for split in ("train", "test"))
    assert not set(train) & set(test)
    assert sorted(train + test) == sorted(set(things)), "and everything is on a side"


@pytest.mark.slow
@property_of_shops
@given(shops, st.integers(1, 8), st.integers(0, 1000))
def test_few_are_drawn_of_each_class_and_none_twice(things: tuple[int, ...], per_class: int, seed: int) -> None:
    few = Few(Transductive(Distinct(Copied(things))), per_class, seed)
    train, sizes = shown(few.inputs("train")), Counter(thing % CLASSES for thing in set(things))
    assert len(set(train)) == len(train) and set(train) <= set(things)
    assert Counter(few.labels("train").tolist()) == {c: min(per_class, size) for c, size in sizes.items()}
    assert few.labels("train").tolist() == [thing % CLASSES for thing in train]
    assert shown(few.inputs("test")) == list(dict.fromkeys(things)), "tests are left whole"


@pytest.mark.slow
@property_of_shops
@given(shops, st.integers(1, 3), st.integers(0, 1000))
def test_a_shown_target_row_has_no_copy_in_the_test(things: tuple[int, ...], per_class: int, seed: int) -> None:
    """The semi-supervised protocol: labels that are known, and a test of all other rows."""
    target = Partly(Transductive(Distinct(Copied(things))), per_class, seed)
    seen, known = shown(target.inputs("train")), target.known("train")
    labelled = [thing for thing, label in zip(seen, known, strict=True) if label != HIDDEN]
    assert Counter(thing % CLASSES for thing in labelled) == dict.fromkeys(range(CLASSES), per_class)
    tested = shown(target.inputs("test"))
    assert not set(labelled) & set(tested)
    assert sorted(labelled + tested) == sorted(set(things))


def test_where_all_rows_are_seen_and_tested_none_is_left_out() -> None:
    things = (*range(15), 3, 3, 8)
    target = Transductive(Copied(things))
    assert shown(target.inputs("train")) == shown(target.inputs("test")) == list(things)


def test_without_it_copies_do_lie_on_both_sides() -> None:
    """So that the tests above can fail."""
    cut = PerClass(Copied(tuple(range(15)) * 2), 5, 100, seed=0)
    assert set(shown(cut.inputs("train"))) & set(shown(cut.inputs("test")))


def test_few_are_drawn_by_the_seed_and_every_row_may_be() -> None:
    of = Transductive(Copied(tuple(range(30))))
    draws = [tuple(shown(Few(of, 2, seed).inputs("train"))) for seed in range(40)]
    assert draws == [tuple(shown(Few(of, 2, seed).inputs("train"))) for seed in range(40)]
    assert len(set(draws)) > 30
    assert {thing for draw in draws for thing in draw} == set(range(30))
    assert Few(of, 2, 0).name == "copied, 2 a class"


def test_copies_are_found_beyond_a_chunk() -> None:
    things = (*range(CHUNK + 3), CHUNK + 1, 0)
    assert shown(Distinct(Copied(things)).inputs("all")) == list(range(CHUNK + 3))


@dataclass(frozen=True)
class Features:
    """Features of the same rows, of which the shop's photographs alone say which are copies."""

    of: Copied

    name: ClassVar[str] = "features"
    classes: ClassVar[tuple[str, ...]] = Copied.classes

    def inputs(self, split: str) -> Array:
        return np.arange(len(self.of.things), dtype=np.float32)[:, None]

    def labels(self, split: str) -> Array:
        return self.of.labels(split)


def test_features_are_told_apart_by_their_images() -> None:
    images = Copied((*range(15), 3, 3, 8))
    assert len(Distinct(Features(images)).inputs("all")) == 18
    assert np.asarray(Distinct(Features(images), by=images).inputs("all"))[:, 0].tolist() == list(range(15))
    other = Copied((0, 1, 2))
    with pytest.raises(ValueError, match=r"^copied has 3 rows of all, features 18; compare its own$"):
        Distinct(Features(images), by=other).inputs("all")


@dataclass(frozen=True)
class Texts:
    """Sequences, the first of which comes again in another chunk beside longer ones."""

    name: ClassVar[str] = "texts"
    classes: ClassVar[tuple[str, ...]] = ("a", "b")

    def inputs(self, split: str) -> Any:
        short = [[1, 2, i + 3] for i in range(CHUNK)]
        return Tokens.of([*short, [1, 2, 3], [1, 2, 3, 4], [9] * 9])

    def labels(self, split: str) -> Array:
        return np.zeros(CHUNK + 3, np.int64)


def test_what_fills_the_ends_of_sequences_is_no_difference() -> None:
    _, chosen = Distinct(Texts()).part("all")
    assert chosen is not None and chosen.tolist() == [*range(CHUNK), CHUNK + 1, CHUNK + 2]


def test_no_rows_a_class_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^copied cannot give 0 rows a class; ask for 1 or more$"):
        Few(Transductive(Copied((0, 1, 2))), 0, seed=1)
