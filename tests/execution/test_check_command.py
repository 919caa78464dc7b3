"""`mtl-bench check` on trials that take no time: what it asks for, what it says, how it ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from tests.execution.test_spot import change, commit
from tests.studies import Desk, Outcome

Give = Callable[..., Outcome]


@pytest.fixture
def measured(desk: Desk, mtl_bench: Give) -> Desk:
    assert mtl_bench("run", "fake").status == 0
    commit(desk)
    return desk


def test_without_committed_rows_one_sentence_says_what_to_do(desk: Desk, mtl_bench: Give) -> None:
    done = mtl_bench("check", "fake")
    assert done.status == 2
    said = re.sub(r"\s+", " ", done.err)
    assert "no baseline: run `mtl-bench run fake --scale laptop`, then commit " in said
    assert "results/fake.laptop.csv" in said
    assert desk.log == []


@pytest.mark.slow
def test_a_baseline_of_another_device_class_trains_nothing(measured: Desk, mtl_bench: Give) -> None:
    change(measured, "fake.laptop.csv", r",cpu,", ",cuda,")
    before = measured.log
    done = mtl_bench("check", "fake")
    assert done.status == 2
    assert "no baseline: no row of fake.laptop is of a planned cell on cpu (its rows are of cuda)" in re.sub(
        r"\s+", " ", done.err
    )
    assert measured.log == before


@pytest.mark.slow
def test_minutes_pick_cells_and_say_what_was_left_out(measured: Desk, mtl_bench: Give) -> None:
    """A run of "left" is said to have taken 50 s, of "right" 500 s: five of the one fit in five minutes."""
    for method, seconds in (("left", 50), ("right", 500)):
        change(measured, "fake.laptop.csv", rf"({method},both,20\d,accuracy,[\d.]+,cpu),[\d.]+,", rf"\1,{seconds},")
    done = mtl_bench("check", "fake", "--minutes", "5", "--slots", "1", "--junit", "check.xml", "--summary", "check.md")
    assert done.status == 0, done.out + done.err
    sentence = "Checked: 1 of 2 cells, drawn with --seed 0, about 4 min by earlier runs; of Score right there is none."
    assert sentence in done.out
    summary = (measured.folder / "check.md").read_text(encoding="utf-8")
    assert "Left out: method=right target=both." in summary
    cases = ElementTree.parse(measured.folder / "check.xml").getroot().findall("testcase")
    assert {"left" in str(case.get("name")) for case in cases if "method" in str(case.get("name"))} == {True}
    assert len([case for case in cases if "method" in str(case.get("name"))]) == 1
    few = mtl_bench("check", "fake", "--minutes", "1", "--slots", "1")
    assert few.status == 2
    assert "no cell fits in 60 s; the cheapest takes --minutes 4.3" in re.sub(r"\s+", " ", few.err)


@pytest.mark.slow
def test_elsewhere_the_summary_says_what_still_applies(measured: Desk, mtl_bench: Give) -> None:
    change(measured, "fake.laptop.json", r'"processor": "[^"]*"', '"processor": "abacus"')
    change(measured, "fake.laptop.csv", r",([0-9a-f]{8})\n", ",00000000\n")
    change(measured, "fake.laptop.json", r'"[0-9a-f]{8}": \{', '"00000000": {')
    done = mtl_bench("check", "fake")
    assert done.status == 0, done.out + done.err
    assert "The baseline was measured with processor abacus; here: processor " in done.out
    assert "Equal bits are not expected; the bands apply" in done.out
