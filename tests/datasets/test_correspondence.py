"""Classes of two data sets of one's own: what does not correspond is one sentence that says which and what to do."""

from __future__ import annotations

import pytest

from mtl_bench.datasets.correspondence import corresponding, did_you_mean, nearest


def sentence(source: tuple[str, ...], target: tuple[str, ...]) -> str:
    with pytest.raises(ValueError, match="classes") as error:
        corresponding(source, target)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_same_classes_correspond() -> None:
    corresponding(("bike", "mug"), ["bike", "mug"])


def test_names_that_may_be_the_same_are_named() -> None:
    said = sentence(("back_pack", "bike", "mug"), ("Backpack", "bike", "pen"))
    assert "back_pack, mug only in the source, Backpack, pen only in the target" in said
    assert "(back_pack and Backpack may be the same)" in said
    assert said.endswith("the other's names by mtl_bench.datasets.wrappers.called.Called")


def test_a_class_that_is_in_one_only_is_named_alone() -> None:
    said = sentence(("bike", "mug"), ("bike",))
    assert "the classes do not correspond: mug only in the source; rename" in said
    assert "may be" not in said and "in the target" not in said


def test_many_are_counted() -> None:
    said = sentence(tuple(f"a{i:03}" for i in range(100)), ("x", "y"))
    assert "a000, a001, a002, a003, a004 and 95 more only in the source" in said


def test_another_order_has_a_remedy_of_its_own() -> None:
    assert sentence(("a", "b"), ("b", "a")).endswith(
        "the same classes in different orders; make the target with the classes of the source, as by "
        ".of(…, classes=source.classes)"
    )


def test_the_nearest_name_is_that_of_the_same_letters_first() -> None:
    assert nearest("Desk chair", ("desk_chairs", "desk-chair", "desk")) == "desk-chair"
    assert nearest("mug", ("bug", "MUG")) == "MUG"
    assert nearest("screwdriver", ("mug", "pen")) == ""
    assert did_you_mean("mgu", ("bike", "mug")) == "" == did_you_mean("x", ())
    assert did_you_mean("keybord", ("bike", "keyboard")) == '; did you mean "keyboard"?'
