"""Every study in benchmarks/ runs from end to end at smoke scale, as `make smoke` runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtl_bench import workspace
from tests.studies import ROOT, Desk

STUDIES = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py"))


def test_there_are_studies() -> None:
    assert "quickstart" in STUDIES


@pytest.mark.parametrize("study", STUDIES)
def test_every_published_number_leads_to_its_paper(study: str) -> None:
    _, found = workspace.load(study)
    assert {number.paper for number in found.published} <= set(found.papers)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_a_study_runs_at_smoke_scale_and_then_finds_all_done(study: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    environment = desk.environment(MTL_BENCH_STUDIES=str(ROOT / "benchmarks"))

    def run() -> list[str]:
        command = desk.start("run", study, "--scale", "smoke", "--device", "cpu", environment=environment)
        out, err = command.communicate(timeout=600)
        assert (command.returncode, err) == (0, "")
        return out.splitlines()

    first = run()
    page = tmp_path / first[-1]
    assert page == tmp_path / "reports" / f"{study}.smoke.md"
    assert "verdict" in page.read_text(encoding="utf-8").lower()
    records = {path: path.stat().st_mtime_ns for path in (tmp_path / "store").glob("*/*/record.json")}
    assert records
    results = (tmp_path / "results" / f"{study}.smoke.csv").read_bytes()
    text = page.read_text(encoding="utf-8")

    second = run()
    cells = len(desk.rows(f"{study}.smoke"))
    assert f"{study} at smoke scale: {cells} of {cells} cells done" in second[0]
    assert not [line for line in second if line.startswith(("started", "finished"))]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "store").glob("*/*/record.json")} == records
    assert (tmp_path / "results" / f"{study}.smoke.csv").read_bytes() == results
    assert page.read_text(encoding="utf-8") == text
