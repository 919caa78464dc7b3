"""`mtl-bench tidy --unplanned`: rows that left the plan are told, and go only after a yes."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tests.studies import FAKE, Desk, Outcome

Give = Callable[..., Outcome]


@pytest.fixture
def moved(desk: Desk, mtl_bench: Give) -> Desk:
    """A desk whose study, since it ran with more seeds than usual, has lost a method."""
    assert mtl_bench("run", "fake", "--seeds", "6").status == 0
    study = desk.folder / "benchmarks" / "fake.py"
    study.write_text(FAKE.replace('("left", "right")', '("left",)'), encoding="utf-8")
    return desk


@pytest.mark.slow
def test_it_says_how_many_and_which_and_asks(moved: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    before = moved.rows("fake.laptop")
    answer = moved.folder / "answer"
    answer.write_text("n\n", encoding="utf-8")
    with answer.open(encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        done = mtl_bench("tidy", "--unplanned")
    assert done.status == 1
    assert "fake.laptop: 6 of 12 rows have left the plan (method: right 6)" in done.out
    assert "Remove 6 rows?" in done.out + done.err
    assert moved.rows("fake.laptop") == before
    done = mtl_bench("tidy", "--unplanned", "--yes")
    assert (done.status, done.last) == (0, "6 rows removed")
    assert moved.rows("fake.laptop") == [row for row in before if row["method"] == "left"], "further seeds stay"
    assert mtl_bench("tidy", "--unplanned").out == "fake.laptop: 0 of 6 rows dropped\n"


@pytest.mark.slow
def test_rows_of_another_key_have_left_the_plan(desk: Desk, mtl_bench: Give) -> None:
    mtl_bench("run", "fake", "--seeds", "2")
    path = desk.folder / "results" / "fake.laptop.csv"
    key = desk.rows("fake.laptop")[0]["key"]
    path.write_text(path.read_text(encoding="utf-8").replace(key, f"{key[:-4]}0000"), encoding="utf-8")
    assert mtl_bench("tidy", "--unplanned", "--yes").last == "1 rows removed"
    assert len(desk.rows("fake.laptop")) == 3


@pytest.mark.slow
def test_results_without_a_study_are_left_alone_aloud(desk: Desk, mtl_bench: Give) -> None:
    mtl_bench("run", "fake", "--seeds", "1")
    (desk.folder / "results" / "fake.laptop.csv").rename(desk.folder / "results" / "gone.laptop.csv")
    (desk.folder / "results" / "fake.laptop.json").rename(desk.folder / "results" / "gone.laptop.json")
    done = mtl_bench("tidy", "--unplanned", "--yes")
    assert 'gone.laptop: left alone, since there is no study "gone"' in done.out
    assert len(desk.rows("gone.laptop")) == 2
    assert mtl_bench("tidy", "--yes").status == 2
