"""`--json`: one document on stdout with the documented fields, and what people read says the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.execution.test_spot import change, commit
from tests.studies import FAKE, ROOT, Desk, Outcome

Give = Callable[..., Outcome]
PAGE = (ROOT / "docs" / "scripts.md").read_text(encoding="utf-8")
LOUD = FAKE.replace("def plan(scale):", 'def plan(scale):\n    print("a study that prints")')


@pytest.fixture
def measured(desk: Desk, mtl_bench: Give) -> Desk:
    (desk.folder / "benchmarks" / "fake.py").write_text(LOUD, encoding="utf-8")
    assert mtl_bench("run", "fake").status == 0
    return desk


def document(done: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.out)
    return found


def documented(command: str) -> set[str]:
    """The names in code within the page's part on this command."""
    part = PAGE.partition(f"**`{command}")[2].partition("\n**")[0]
    return set(re.findall(r"`([a-z_]+)`", part))


def names(value: Any, but: tuple[str, ...]) -> set[str]:
    """Every field name in a document, without what stands below those that hold names of users'."""
    if isinstance(value, list):
        return set().union(*(names(one, but) for one in value))
    if not isinstance(value, dict):
        return set()
    return set(value) | set().union(*(names(inner, but) for name, inner in value.items() if name not in but))


@pytest.mark.usefixtures("shipped")
def test_studies(desk: Desk, mtl_bench: Give) -> None:
    found = document(mtl_bench("list", "--json"))["studies"]
    fake = {"name": "fake", "about": "Left and right: a study of trials that take no time.", "own": True}
    assert [study for study in found if study["own"]] == [fake]
    assert "quickstart" in {study["name"] for study in found}
    assert mtl_bench("list").out.endswith("fake  Left and right: a study of trials that take no time.\n")


@pytest.mark.slow
def test_status(measured: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALSO", "failing")
    assert mtl_bench("run", "fake").status == 1
    found = document(mtl_bench("status", "--json"))
    assert names(found, ()) <= documented("mtl-bench status --json")
    assert found["results"] == [
        {"name": "fake.laptop", "rows": 10, "newest": found["results"][0]["newest"], "devices": ["cpu"], "fault": ""}
    ]
    assert [one["error"] for one in found["failed"]] == ["ValueError: this was meant to fail"]
    assert found["running"] == []
    assert found["store"]["trials"] == 10
    told = mtl_bench("status").out
    assert f"fake.laptop  10 rows  {found['results'][0]['newest']}  cpu" in told
    assert f"10 finished trials ({found['store']['bytes'] / 2**20:,.1f} MiB)" in told


@pytest.mark.slow
def test_where_a_number_comes_from(measured: Desk, mtl_bench: Give) -> None:
    words = ("why", "fake", "method=left", "seed=200")
    found = document(mtl_bench(*words, "--json"))
    assert names(found, ("labels", "parameters", "data", "environments")) <= documented("mtl-bench why … --json")
    (number,) = found["numbers"]
    assert number["value"] == float(measured.rows("fake.laptop")[0]["value"])
    assert number["labels"]["method"] == "left"
    assert number["trials"][0]["run"]["device"] == "cpu"
    assert f"Score: {number['trials'][0]['key']}" in mtl_bench(*words).out
    apart = document(mtl_bench(*words, "--versus", "method=right", "--json"))
    assert names(apart["differences"], ()) <= documented("mtl-bench why … --json")
    assert {"path": "Score.method", "one": '"left"', "other": '"right"'} in apart["differences"]["parameters"]
    assert len(apart["numbers"]) == 2


@pytest.mark.slow
def test_a_check(measured: Desk, mtl_bench: Give) -> None:
    fields = documented("mtl-bench check … --json")
    done = mtl_bench("check", "fake", "--json")
    held = document(done)
    assert names(held, ("labels",)) <= fields
    assert (done.status, held["exit_status"], held["problems"]) == (0, 0, 0)
    assert "a study that prints" in done.err
    assert {cell["result"] for cell in held["cells"]} == {"ok"}
    assert f": {len(held['cells'])} equal bit for bit\n" in mtl_bench("check", "fake").out
    change(measured, "fake.laptop.csv", r"left,both,200,accuracy,[\d.]+", "left,both,200,accuracy,1.0")
    done = mtl_bench("check", "fake", "--json")
    found = document(done)
    assert (done.status, found["exit_status"]) == (1, 1)
    bad = [cell for cell in found["cells"] if cell["result"] != "ok"]
    assert found["problems"] == len(bad) > 0
    assert {cell["result"] for cell in found["cells"]} <= set(re.findall(r"`([a-z ]+)`", PAGE))
    told = mtl_bench("check", "fake").out
    assert f"fake.laptop: {len(bad)} problem" in told
    assert all(f"{cell['result']}  {cell['cell']}: " in told for cell in bad)
    assert f"`{found['why']}`" in told
    part = mtl_bench("check", "fake", "--only", "method=right")
    assert part.status == 0, part.out
    assert "--only leaves 1 cell out: not checked." in part.out


@pytest.mark.slow
def test_a_spot_check(measured: Desk, mtl_bench: Give) -> None:
    commit(measured)
    done = mtl_bench("check", "--spot", "2", "--json")
    found = document(done)
    assert names(found, ("labels",)) <= documented("mtl-bench check --spot N --json")
    assert (done.status, found["drawn"], found["of"]) == (0, 2, 10)
    assert [cell["result"] for cell in found["cells"]] == ["equal", "equal"]


def test_a_mistake_leaves_stdout_empty(desk: Desk, mtl_bench: Give) -> None:
    for words in (
        ("why", "fkae"),
        ("check", "fake"),
        ("check", "fake", "--only", "method=lfet"),
        ("why", "fake", "x=1"),
    ):
        done = mtl_bench(*words, "--json")
        assert (done.status, done.out) == (2, ""), words
        assert len(done.err.splitlines()) == 1, done.err


@pytest.mark.slow
def test_nothing_is_escaped_on_a_terminal(desk: Desk, mtl_bench: Give) -> None:
    """Markdown has backslashes before underscores and asterisks; a terminal shows them."""
    text = FAKE.replace('"target": "both"', '"target": "b_*o*"')
    (desk.folder / "benchmarks" / "fake.py").write_text(text, encoding="utf-8")
    mtl_bench("run", "fake", "--seeds", "3")
    change(desk, "fake.laptop.csv", r",200,accuracy,[\d.]+", ",200,accuracy,1.0")
    done = mtl_bench("check", "fake", "--summary", "check.md")
    assert done.status == 1
    assert "method=left target=b_*o*" in done.out
    assert "\\" not in done.out
    assert r"b\_\*o\*" in (desk.folder / "check.md").read_text(encoding="utf-8")
