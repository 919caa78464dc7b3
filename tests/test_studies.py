"""Every study in benchmarks/ runs from end to end at smoke scale, as `make smoke` runs it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mtl_bench import workspace
from mtl_bench.published import paper
from tests.studies import ROOT, Desk, Outcome

Give = Callable[..., Outcome]

STUDIES = sorted(
    [path.stem for path in (ROOT / "benchmarks").glob("*.py")]
    + [path.parent.name for path in (ROOT / "benchmarks").glob("*/__init__.py")]
)


def test_there_are_studies() -> None:
    assert "quickstart" in STUDIES


@pytest.mark.parametrize("study", STUDIES)
def test_every_published_number_leads_to_its_paper(study: str) -> None:
    _, found = workspace.load(study)
    assert {number.paper for number in found.published} <= set(found.papers)


def typed_numbers(source: str) -> Iterator[tuple[str, float]]:
    """Floats of three significant digits or more, alone or in texts that hold nothing else, and how they are typed."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float()):
                words = [ast.get_source_segment(source, node) or ""]
            case ast.Constant(value=str(text)) if re.fullmatch(r"[\d.,;\s]+", text):
                words = re.findall(r"\d+\.\d+", text)
            case _:
                continue
        yield from ((w, float(w)) for w in words if len(w.replace(".", "").replace("_", "").strip("0")) >= 3)


def cited_papers(source: str) -> set[str]:
    """The keys in `paper("…")`."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {
        str(call.args[0].value)
        for call in calls
        if ast.unparse(call.func) == "paper" and call.args and isinstance(call.args[0], ast.Constant)
    }


def typed_though_published(source: str) -> list[str]:
    entries = [entry for key in cited_papers(source) for entry in paper(key).entries]
    printed = {float(e.printed) for e in entries if re.fullmatch(r"-?[\d.]+", e.printed)}
    values = printed | {round(100 * value, 6) for value in printed if value <= 1}
    return [word for word, value in typed_numbers(source) if value in values]


@pytest.mark.parametrize("study", STUDIES)
def test_no_number_of_a_paper_is_typed_in_a_study(study: str) -> None:
    found = ROOT / "benchmarks" / study
    files = sorted(found.glob("*.py")) if found.is_dir() else [found.with_suffix(".py")]
    assert typed_though_published("\n\n".join(path.read_text(encoding="utf-8") for path in files)) == []


def test_typed_numbers_are_found() -> None:
    cites = 'GANIN = paper("ganin2016")\n'
    assert typed_though_published(f"{cites}published = 76.66 - 52.25") == ["76.66", "52.25"]
    assert typed_though_published(f"{cites}rate, accuracy, mine = 0.01, 0.7666, 76.67") == ["0.7666"]
    assert typed_though_published(f'{cites}row = "52.25 76.66 12.3"') == ["52.25", "76.66"]
    assert typed_though_published(f'{cites}text = "DANN reads 76.66 of them"') == []
    assert typed_though_published("published = 76.66") == []


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all studies, as in a repository: what several of them compute is computed once."""
    return tmp_path_factory.mktemp("store")


@pytest.mark.slow(40)
@pytest.mark.parametrize("study", STUDIES)
def test_a_study_runs_at_smoke_scale_and_then_finds_all_done(
    study: str, desk: Desk, shipped: None, mtl_bench: Give, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTL_BENCH_STORE", str(store))

    def records() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in store.glob("*/*/record.json")}

    def run() -> list[str]:  # of one seed: `make smoke` has all
        status, out, err = mtl_bench("run", study, "--scale", "smoke", "--seeds", "1")
        assert (status, err) == (0, "")
        return out.splitlines()

    first = run()
    page = desk.folder / first[-1]
    assert page == desk.folder / "reports" / f"{study}.smoke.html"
    assert "verdict" in page.read_text(encoding="utf-8").lower()
    computed = records()
    assert computed
    results = (desk.folder / "results" / f"{study}.smoke.csv").read_bytes()
    text = page.read_text(encoding="utf-8")

    second = run()
    cells = len(desk.rows(f"{study}.smoke"))
    assert f"{study} at smoke scale: {cells} of {cells} cells done" in second[0]
    assert not [line for line in second if line.startswith(("started", "finished"))]
    assert records() == computed
    assert (desk.folder / "results" / f"{study}.smoke.csv").read_bytes() == results
    assert page.read_text(encoding="utf-8") == text
