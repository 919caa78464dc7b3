"""`mtl-bench init`: an example that runs, in an empty folder; nothing is overwritten."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from mtl_bench import workspace
from mtl_bench.execution.start import EXAMPLE, start
from tests.studies import ROOT

FILES = {
    "README.md",
    ".gitignore",
    ".github/workflows/accuracy.yml",
    "benchmarks/moved_digits.py",
    "benchmarks/_digits.py",
    "benchmarks/_mean_matching.py",
}


def give(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in this folder, as a terminal would give it, without any setting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MTL_BENCH_")}
    command = [sys.executable, "-m", "mtl_bench", *words]
    environment = {**kept, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_writes_the_files_and_says_what_comes_next(tmp_path: Path) -> None:
    done = give(tmp_path, "init", "mine")
    assert (done.returncode, done.stderr) == (0, "")
    assert {Path(line).relative_to("mine").as_posix() for line in done.stdout.splitlines()[:-1]} == FILES
    assert written(tmp_path / "mine") == FILES
    assert done.stdout.splitlines()[-1] == f"now: cd mine && mtl-bench run {EXAMPLE} --scale smoke"


@pytest.mark.parametrize("taken", sorted(FILES))
def test_a_file_that_is_there_is_one_sentence_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    (tmp_path / taken).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / taken).write_text("mine\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(workspace.StudyError, match="nothing is overwritten") as refused:
        start(Path())
    assert f": {taken} is there already; name a new folder" in str(refused.value)
    assert written(tmp_path) == {taken}
    assert (tmp_path / taken).read_text(encoding="utf-8") == "mine\n"


@pytest.mark.slow
def test_what_the_user_meets_is_a_sentence_and_status_2(tmp_path: Path) -> None:
    give(tmp_path, "init")
    done = give(tmp_path, "init")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "are there already" in done.stderr


def test_its_workflow_checks_its_study_with_inputs_that_the_action_has() -> None:
    workflow = yaml.safe_load((ROOT / "mtl_bench/starter/accuracy.yml").read_text(encoding="utf-8"))
    [given] = [step["with"] for step in workflow["jobs"]["check"]["steps"] if "with" in step]
    assert given == {
        "study": EXAMPLE,
        "studies": "benchmarks",
        "baseline": "results",
        "only": "method=mean matching",
    }


def test_what_is_kept_out_of_commits_is_what_runs_leave_behind(tmp_path: Path) -> None:
    start(tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    left = ["data/a.zip", "results/store/ab/x", "results/moved_digits.smoke.csv", "reports/moved_digits.smoke.md"]
    kept = ["results/moved_digits.laptop.csv", "reports/moved_digits.laptop.md", "benchmarks/moved_digits.py"]
    asked = subprocess.run(
        ["git", "check-ignore", *left, *kept], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert asked.stdout.split() == left


@pytest.mark.slow
def test_the_example_is_listed_and_runs_in_its_folder(tmp_path: Path) -> None:
    give(tmp_path, "init", "mine")
    mine = tmp_path / "mine"
    assert give(mine, "list").stdout.endswith(
        f"\n\nyour own, in benchmarks:\n{EXAMPLE}  Does mean matching read digits that have moved?\n"
    )
    done = give(mine, "run", EXAMPLE, "--scale", "smoke", "--device", "cpu")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"reports/{EXAMPLE}.smoke.html"
    assert {f"results/{EXAMPLE}.smoke.csv", f"reports/{EXAMPLE}.smoke.html"} <= written(mine)
    assert (mine / "results" / "store").is_dir()
