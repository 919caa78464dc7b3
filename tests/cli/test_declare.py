"""A pilot, the power that it tells, the declaration before the run, and what the page says differs from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtl_bench.execution.regression import CONFIRMING_SEED
from mtl_bench.execution.selection import Selection
from mtl_bench.results.declaration import path_of, read
from mtl_bench.results.schema import ResultsError
from mtl_bench.study import FIRST_JUDGED_SEED
from mtl_bench.workspace import StudyError
from tests.studies import FAKE, Desk, Outcome

Give = Callable[..., Outcome]
PAGE = Path("reports/fake.laptop.md")
DECLARED = Path("results/fake.laptop.declared.json")


def study(desk: Desk, *changes: tuple[str, str]) -> None:
    text = FAKE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (desk.folder / "benchmarks" / "fake.py").write_text(text, encoding="utf-8")


def section() -> list[str]:
    """The points of the page's section on the declaration."""
    text = PAGE.read_text(encoding="utf-8").partition("## Declared before the run")[2].partition("\n## ")[0]
    return [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]


@pytest.mark.slow
def test_a_pilot_has_results_of_its_own_and_no_page(desk: Desk, mtl_bench: Give) -> None:
    study(desk, ('source="Table 1"', 'source="Table 1", published=9.0, smallest_effect=4.5'))
    done = mtl_bench("run", "fake", "--pilot")
    assert (done.status, done.err, done.last) == (0, "", "results/fake.laptop.pilot.csv")
    assert "fake at laptop scale, pilot: 0 of 6 cells done" in done.out
    assert "n = 5; sd 1.0 from 3 seeds (2 degrees of freedom), at most 2.1" in done.out
    assert "published +9.0: yes" in done.out
    assert {row["seed"] for row in desk.rows("fake.laptop.pilot")} == {"0", "1", "2"}
    assert not list(Path("reports").iterdir())
    assert not (desk.folder / "results" / "fake.laptop.csv").exists()
    assert "6 of 6 cells done" in mtl_bench("run", "fake", "--pilot").out
    assert len(desk.log) == 6


@pytest.mark.slow
def test_a_dry_run_tells_the_power_or_how_to_get_it(desk: Desk, mtl_bench: Give) -> None:
    first = mtl_bench("run", "fake", "--dry-run").out.splitlines()[0]
    assert first.startswith("no pilot yet: `mtl-bench run fake --scale laptop --pilot` runs the seeds 0 to 2")
    mtl_bench("run", "fake", "--pilot")
    before = desk.files()
    out = mtl_bench("run", "fake", "--dry-run", "--seeds", "3").out
    assert "  right beats left\n    n = 3; sd 1.0" in out
    assert desk.files() == before
    assert "power" not in mtl_bench("run", "fake", "--dry-run", "--pilot").out
    assert "pilot" not in mtl_bench("run", "fake", "--scale", "smoke", "--dry-run").out


@pytest.mark.slow
def test_a_pilots_rows_are_planned_and_never_judged(desk: Desk, mtl_bench: Give) -> None:
    mtl_bench("run", "fake", "--pilot")
    mtl_bench("run", "fake")
    page = PAGE.read_text(encoding="utf-8")
    assert "Seeds: 200–204" in page and "n = 5" in page
    assert "fake.laptop.pilot  6 rows" in mtl_bench("status").out
    done = mtl_bench("tidy", "--unplanned", "--yes")
    assert (done.status, len(desk.rows("fake.laptop.pilot"))) == (0, 6)
    study(desk, ('("left", "right")', '("right",)'))
    assert "fake.laptop.pilot: 3 of 6 rows have left the plan" in mtl_bench("tidy", "--unplanned", "--yes").out
    assert len(desk.rows("fake.laptop.pilot")) == 3
    found = Selection.of_file("fake.laptop.pilot")
    assert (found.file, found.scale, found.pilot) == ("fake.laptop.pilot", "laptop", True)
    with pytest.raises(StudyError, match=re.escape("fake.laptop.older is not <study>.<scale>, nor a pilot of one")):
        Selection.of_file("fake.laptop.older")


def test_cells_without_a_seed_are_no_pilot(desk: Desk, mtl_bench: Give) -> None:
    study(desk, ('"target": "both", "seed": seed}, Score', '"target": f"draw {seed}"}, Score'))
    done = mtl_bench("run", "fake", "--pilot")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "fake has no cells with a seed at laptop scale: there is nothing that a pilot sizes" in done.err
    assert "no power before the run: fake has no cells with a seed" in mtl_bench("run", "fake", "--dry-run").out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("run", "fake", "--pilot", "--scale", "smoke"),
            "fake: nothing is judged at smoke scale, which needs no pilot",
        ),
        (("run", "fake", "--pilot", "--seeds", "4"), "--pilot has seeds of its own, 0 to 2; leave --seeds out"),
        (("declare", "fake", "--scale", "smoke"), "fake: nothing is judged at smoke scale; declare another --scale"),
        (("declare", "fkae"), 'there is no study "fkae"; did you mean "fake"?'),
    ],
)
def test_mistakes_are_told(mtl_bench: Give, words: tuple[str, ...], sentence: str) -> None:
    done = mtl_bench(*words)
    assert done.status == 2
    assert sentence in " ".join(done.err.replace("│", " ").split())


@pytest.mark.slow
def test_a_declared_run_says_that_nothing_changed_since(desk: Desk, mtl_bench: Give) -> None:
    mtl_bench("run", "fake", "--pilot")
    done = mtl_bench("declare", "fake")
    assert (done.status, done.err) == (0, "")
    assert "declared: 1 claims, 0 gates, 5 seeds, 10 cells" in done.out
    assert done.last == f"{DECLARED}: commit it before the run"
    [declared] = read(desk.folder / "results", "fake.laptop")
    assert declared.content["seeds"] == [200, 201, 202, 203, 204]
    assert declared.content["claims"][0]["contrasts"] == ["+1.0 accuracy(method=right) -1.0 accuracy(method=left)"]
    assert declared.content["power"][0]["sd"] == 1.0
    wait_a_second(desk)
    mtl_bench("run", "fake")
    assert section() == [f"Declared: {read(desk.folder / 'results', 'fake.laptop')[0].date}", "Nothing changed since."]
    text = PAGE.read_text(encoding="utf-8")
    assert "The verdicts rest on what was declared on" in text.partition("| claim | verdict")[0]
    assert "| right beats left | 5 | sd 1.0 from 3 seeds" in text
    assert "The verdicts rest on what was declared on" in PAGE.with_suffix(".html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_declared_run_is_judged_when_it_is_whole(desk: Desk, mtl_bench: Give) -> None:
    """Blocks of it may be committed: who looks after each and stops at a good one finds what is not there."""
    assert "holds  right beats left" in mtl_bench("run", "fake", "--seeds", "4").out
    assert mtl_bench("declare", "fake", "--again").status == 0
    told = mtl_bench("run", "fake", "--seeds", "4").out
    assert "not judged yet  right beats left" in told
    assert "2 declared cells without a row: a declared run is judged once, when it is whole." in PAGE.read_text("utf-8")
    assert "holds  right beats left" in mtl_bench("run", "fake").out


def wait_a_second(desk: Desk) -> None:
    """Make the declaration older, since times have no fractions of a second."""
    path = path_of(desk.folder / "results", "fake.laptop")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["declarations"][-1]["date"] = "2020-01-01T00:00:00+00:00"
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.slow
def test_a_run_that_was_not_declared_says_so(mtl_bench: Give) -> None:
    mtl_bench("run", "fake")
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("This run was not declared beforehand.") == 2
    mtl_bench("run", "fake", "--scale", "smoke")
    assert "declared" not in Path("reports/fake.smoke.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_nothing_is_declared_twice_or_afterwards_without_saying_so(desk: Desk, mtl_bench: Give) -> None:
    mtl_bench("run", "fake")
    done = mtl_bench("declare", "fake")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "fake at laptop scale has 10 rows of judged seeds already; --again declares it afterwards" in done.err
    assert not DECLARED.exists()
    assert mtl_bench("declare", "fake", "--again").status == 0
    content = json.loads(DECLARED.read_text(encoding="utf-8"))
    content["declarations"][0]["date"] = "2999-01-01T00:00:00+00:00"
    DECLARED.write_text(json.dumps(content), encoding="utf-8")
    mtl_bench("report", "fake")
    assert section()[1:] == ["10 rows finished before the declaration"]
    assert "but not all is as declared" in PAGE.read_text(encoding="utf-8")
    done = mtl_bench("declare", "fake")
    assert done.status == 2 and "fake at laptop scale was declared on 2999-01-01 already" in done.err
    assert mtl_bench("declare", "fake", "--again").status == 0
    first, second = read(desk.folder / "results", "fake.laptop")
    assert first.content == content["declarations"][0]
    assert second.date < first.date
    mtl_bench("report", "fake")
    assert section()[0] == f"Declared: {first.date}, {second.date}; the last one counts"


@pytest.mark.slow
def test_what_differs_from_the_declaration_is_listed(desk: Desk, mtl_bench: Give) -> None:
    gate = 'gates=(Gate("left is far above chance", accuracy(method="left"), at_least=20),),'
    study(desk, ("    views=", f"    {gate}\n    views="), ("import Cell, Claim,", "import Cell, Claim, Gate,"))
    mtl_bench("declare", "fake")
    wait_a_second(desk)
    trial = 'Score("right" if method == "middle" else method, seed + (method == "right"), log)'
    changed = (
        ('source="Table 1"', 'source="Table 1", smallest_effect=2.0'),
        ("claims=(Claim(", 'claims=(Claim("left is good", (accuracy(method="left"),), source="Table 2"), Claim('),
        ("ceiling=None,", "ceiling=None,\n    chance=10.0,"),
        ('("left", "right")', '("left", "right", "middle")'),
        ("Score(method, seed, log)", trial),
        ('"laptop": 5', '"laptop": 6'),
    )
    study(desk, *changed)
    mtl_bench("run", "fake", "--only", "seed=201", "--only", "seed=202", "--only", "seed=205")
    assert section()[1:] == [
        "claim added: “left is good”",
        "claim changed: “right beats left” (smallest\\_effect)",
        "gate removed: “left is far above chance”",
        "chance changed: None to 10.0",
        "3 rows of seeds that were not declared: seed 205",
        "2 rows of cells that were not declared: accuracy of method=middle, target=both",
        "2 rows computed by other parameters than declared: accuracy of method=right, target=both",
        "6 declared cells without a row: accuracy of method=left, target=both; accuracy of method=right, target=both",
    ]


@pytest.mark.slow
def test_code_is_compared_with_that_of_the_rows_and_not_with_todays(desk: Desk, mtl_bench: Give) -> None:
    mtl_bench("declare", "fake")
    wait_a_second(desk)
    mtl_bench("run", "fake")
    path = desk.folder / "results" / "fake.laptop.csv"
    [code] = {row["code"] for row in desk.rows("fake.laptop")}
    content = json.loads(DECLARED.read_text(encoding="utf-8"))
    for group in content["declarations"][0]["cells"].values():
        assert group["code"] == [code]
    rows = path.read_text(encoding="utf-8")
    path.write_text(rows.replace(code, "0" * 12, 3), encoding="utf-8")
    mtl_bench("report", "fake")
    assert section()[1:] == ["3 rows computed by other code than declared: Score"]
    path.write_text(rows.replace(code, "0" * 12), encoding="utf-8")  # as if the code had changed after both
    DECLARED.write_text(json.dumps(content).replace(code, "0" * 12), encoding="utf-8")
    mtl_bench("report", "fake")
    assert section()[1:] == ["Nothing changed since."]


def change(content: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {"declarations": [{**content["declarations"][0], name: value}]}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("date", "yesterday", "without a date and time"),
        ("date", "2026-01-01", "without a date and time"),
        ("date", None, "without a date and time"),
        ("rules", [], "without rules"),
        ("seeds", ["200"], "whose seeds are no whole numbers"),
        ("seeds", 200, "whose seeds are no whole numbers"),
        ("claims", [{"texts": "x"}], "whose claims have no text"),
        ("gates", None, "whose gates have no text"),
        ("power", [3], "whose power has no claim"),
        ("cells", {"accuracy of x": {"code": ["zz"], "keys": "200:d136baf9"}}, "whose cells are not listed"),
        ("cells", {"accuracy of x": {"code": [], "keys": "200 d136baf9"}}, "whose cells are not listed"),
        ("cells", ["accuracy of x"], "whose cells are not listed"),
    ],
)
def test_a_damaged_declaration_is_one_sentence(
    desk: Desk, mtl_bench: Give, name: str, value: Any, sentence: str
) -> None:
    mtl_bench("declare", "fake")
    content = json.loads(DECLARED.read_text(encoding="utf-8"))
    DECLARED.write_text(json.dumps(change(content, name, value)), encoding="utf-8")
    with pytest.raises(ResultsError, match=sentence) as error:
        read(desk.folder / "results", "fake.laptop")
    assert str(error.value).endswith(f"restore it with `git checkout {desk.folder / DECLARED}`")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "{}", "[]", '{"declarations": []}', '{"declarations": [3]}', "<<<<<<< ours\n{}"])
def test_a_file_that_is_no_declaration_stops_the_page_with_a_sentence(mtl_bench: Give, desk: Desk, text: str) -> None:
    mtl_bench("run", "fake", "--seeds", "1")
    DECLARED.write_text(text, encoding="utf-8")
    done = mtl_bench("report", "fake")
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert f"restore it with `git checkout {desk.folder / DECLARED}`" in done.err


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [{"questions": []}, {}, {"questions": [{"what": "bound"}]}])
def test_power_of_another_shape_stops_the_page_with_a_sentence(
    mtl_bench: Give, desk: Desk, wrong: dict[str, Any]
) -> None:
    mtl_bench("declare", "fake")
    content = change(json.loads(DECLARED.read_text(encoding="utf-8")), "power", [{"claim": "x", **wrong}])
    DECLARED.write_text(json.dumps(content), encoding="utf-8")
    done = mtl_bench("run", "fake", "--seeds", "1")
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert "has a power of another shape" in done.err


@pytest.mark.slow
def test_judged_runs_start_at_a_seed_that_nobody_looked_at(desk: Desk, mtl_bench: Give) -> None:
    assert FIRST_JUDGED_SEED == 200
    assert CONFIRMING_SEED >= 1000
    study(desk, ("    ceiling=None,", "    ceiling=None,\n    first_seed=300,"))
    mtl_bench("run", "fake", "--only", "method=left")
    assert sorted(desk.log) == [f"left-{seed}" for seed in range(300, 305)]
    study(desk, ("    ceiling=None,", "    ceiling=None,\n    first_seed=100,"))
    done = mtl_bench("run", "fake")
    assert done.status == 2
    assert "Left and right: first_seed is 100; judged runs start at seed 200 or later" in done.err
