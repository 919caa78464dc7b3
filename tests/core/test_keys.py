"""Keys: equal parameters have equal keys, different ones different keys, and nothing else is a parameter."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections import Counter
from dataclasses import dataclass, field, fields, is_dataclass, make_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mtl_bench
from mtl_bench.core.trial import Trial, dependencies, describe, key, parts


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Part:
    rate: float
    count: int = 0
    word: str = ""
    flag: bool = False
    maybe: float | None = None
    rates: tuple[float, ...] = ()
    pair: tuple[int, float] = (0, 0.0)
    colour: Colour = Colour.RED


@dataclass(frozen=True)
class Whole(Trial):
    part: Part
    parts: tuple[Part, ...] = ()
    before: Trial | None = None


numbers = st.one_of(
    st.sampled_from([0, 1, 0.0, -0.0, 1.0, 0.5, 1e-5]), st.floats(allow_nan=False, allow_infinity=False)
)
part_values = st.builds(
    Part,
    rate=numbers,
    count=st.integers(-2, 2),
    word=st.sampled_from(["", "a", "None", "0", "→", '"']),
    flag=st.booleans(),
    maybe=st.none() | numbers,
    rates=st.lists(numbers, max_size=2).map(tuple),
    pair=st.tuples(st.integers(0, 1), numbers),
    colour=st.sampled_from(Colour),
)
wholes = st.recursive(
    st.builds(Whole, part=part_values),
    lambda inner: st.builds(
        Whole, part=part_values, parts=st.lists(part_values, max_size=2).map(tuple), before=st.none() | inner
    ),
    max_leaves=3,
)


@pytest.mark.slow
@given(wholes, wholes)
def test_equal_values_and_only_they_have_equal_keys(one: Whole, other: Whole) -> None:
    assert (key(one) == key(other)) == (one == other)


@pytest.mark.slow
@given(wholes)
def test_one_changed_field_changes_the_key(whole: Whole) -> None:
    for change in ({"count": 7}, {"word": "other"}, {"flag": not whole.part.flag}, {"rates": (2.5,)}):
        assert key(replace(whole, part=replace(whole.part, **change))) != key(whole)


@pytest.mark.parametrize(
    ("whole_number", "real_number"),
    [
        (Part(1), Part(1.0)),
        (Part(0.5, maybe=2), Part(0.5, maybe=2.0)),
        (Part(0.5, rates=(1, 2)), Part(0.5, rates=(1.0, 2.0))),
        (Part(0.5, pair=(1, 2)), Part(0.5, pair=(1, 2.0))),
        (Part(0.0), Part(-0.0)),
    ],
)
def test_an_int_for_a_float_is_that_float(whole_number: Part, real_number: Part) -> None:
    assert key(Whole(whole_number)) == key(Whole(real_number))


def test_a_bool_is_not_a_number() -> None:
    assert describe(Part(0.5, flag=True))["flag"] is True
    assert describe(Part(0.5, count=1))["count"] == 1


def test_a_key_is_the_hash_of_the_canonical_form() -> None:
    """Written out by hand, since a change of the form would burn every store."""

    @dataclass(frozen=True)
    class Sized(Trial):
        size: int
        rates: tuple[float, ...]
        after: Trial | None = None

    inner = '{"after":null,"class":"Sized","rates":[],"size":1,"version":1}'
    text = f'{{"after":{inner},"class":"Sized","rates":[1.0,0.5],"size":2,"version":1}}'
    expected = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert key(Sized(2, (1, 0.5), after=Sized(1, ()))) == f"Sized-{expected}"


def test_what_does_not_change_the_result_is_not_in_the_key() -> None:
    @dataclass(frozen=True)
    class Quiet(Trial):
        seed: int
        workers: int = field(default=2, compare=False)

    assert key(Quiet(1, workers=8)) == key(Quiet(1))
    assert "workers" not in describe(Quiet(1))


def test_a_field_added_later_leaves_old_keys_alone() -> None:
    old = make_dataclass("Grown", [("seed", int)], bases=(Trial,), frozen=True)
    new = make_dataclass(
        "Grown",
        [("seed", int), ("decay", float, field(default=0.0, metadata={"omit_when": 0.0}))],
        bases=(Trial,),
        frozen=True,
    )
    assert key(old(1)) == key(new(1))
    assert key(old(1)) == key(new(1, decay=0))
    assert key(old(1)) != key(new(1, decay=0.1))


def test_the_version_of_a_trial_and_of_its_parts_is_in_the_key() -> None:
    def grown(trial_version: int, part_version: int) -> str:
        inner = make_dataclass("Inner", [("size", int)], frozen=True, namespace={"version": part_version})
        outer = make_dataclass(
            "Outer", [("inner", Any)], bases=(Trial,), frozen=True, namespace={"version": trial_version}
        )
        return key(outer(inner(1)))

    assert len({grown(1, 1), grown(2, 1), grown(1, 2)}) == 3


def test_an_enum_is_named() -> None:
    assert describe(Part(0.5, colour=Colour.BLUE))["colour"] == "Colour.BLUE"


@dataclass
class Melting:
    size: int = 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            [1, 2],
            "Anything.value is a list; a parameter is a number, string, bool, None, enum, tuple or frozen dataclass",
        ),
        ({"a": 1}, "Anything.value is a dict; a parameter is"),
        (lambda: None, "Anything.value is a function; a parameter is"),
        ((1, {2}), r"Anything.value\[1\] is a set; a parameter is"),
        (Path("data"), "Anything.value is a PosixPath; a parameter is"),
        (Part, "Anything.value is a type; a parameter is"),
        (float("nan"), "Anything.value is nan; use None or a finite number"),
        (float("inf"), "Anything.value is inf; use None or a finite number"),
        (Melting(), r"Anything.value is a Melting, which is not frozen; write @dataclass\(frozen=True\)"),
        (Part([1]), "Part.rate is a list; a parameter is"),  # type: ignore[arg-type]
    ],
)
def test_what_has_no_stable_value_is_refused_with_a_sentence(value: Any, words: str) -> None:
    @dataclass(frozen=True)
    class Anything(Trial):
        value: Any

    with pytest.raises(TypeError, match=words):
        key(Anything(value))


def test_dependencies_are_found_wherever_they_stand() -> None:
    @dataclass(frozen=True)
    class Wrapping:
        inner: Trial

    @dataclass(frozen=True)
    class Asking(Trial):
        direct: Trial
        listed: tuple[Trial, ...]
        wrapped: Wrapping
        size: int = 3

    a, b, c, d = (Whole(Part(rate)) for rate in (1, 2, 3, 4))
    asking = Asking(replace(a, before=d), (b,), Wrapping(c))
    assert dependencies(asking) == [replace(a, before=d), b, c]
    assert d in list(parts(asking))


def classes_of_the_package() -> list[type]:
    found = []
    for module in pkgutil.walk_packages(mtl_bench.__path__, "mtl_bench."):
        if not module.name.endswith("__main__"):
            members = vars(importlib.import_module(module.name)).values()
            own = [c for c in members if isinstance(c, type) and is_dataclass(c) and c.__module__ == module.name]
            params: Any = [getattr(c, "__dataclass_params__", None) for c in own]
            found += [c for c, how in zip(own, params, strict=True) if how.frozen]  # what changes is no parameter
    return found


def test_class_names_are_unique_in_the_package() -> None:
    """A key names classes without their modules."""
    classes = classes_of_the_package()
    assert Trial in classes
    twice = [name for name, count in Counter(c.__name__ for c in classes).items() if count > 1]
    assert not twice


def test_every_trial_of_the_package_is_frozen_and_versioned() -> None:
    for cls in classes_of_the_package():
        if issubclass(cls, Trial):
            assert cls.__dataclass_params__.frozen, f"{cls.__name__} is not frozen"  # type: ignore[attr-defined]
            assert isinstance(cls.version, int)
            assert "version" not in {f.name for f in fields(cls)}, f"{cls.__name__}.version must be a ClassVar"
