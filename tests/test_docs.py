"""The worked examples of docs/adding.md are the files that a newcomer would add: they must run as printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))]
EXAMPLE = re.compile(r"```python file=(\S+)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with every example of docs/adding.md in its place."""
    copy = tmp_path_factory.mktemp("project")
    for folder in ("mtl_bench", "benchmarks", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    examples = EXAMPLE.findall((ROOT / "docs/adding.md").read_text(encoding="utf-8"))
    assert len(examples) >= 3
    for file, text in examples:
        assert not (copy / file).exists(), f"{file} exists already: the example must be a new file"
        (copy / file).write_text(text, encoding="utf-8")
    return copy


def _python(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = {f"MTL_BENCH_{name}": str(project / name.lower()) for name in ("STORE", "RESULTS", "REPORTS")}
    environment = {**os.environ, **paths, "PYTHONPATH": str(project)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True, timeout=300
    )


def test_the_study_runs_and_writes_its_page(project: Path) -> None:
    done = _python(project, "-m", "mtl_bench", "run", "entropy", "--scale", "smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (project / "reports" / "entropy.smoke.md").read_text(encoding="utf-8")
    assert "Entropy minimisation between two digit sets" in page


def test_the_contract_tests_find_the_method_and_the_data_set(project: Path) -> None:
    chosen = "EntropyMinimisation or SmallDigits or KMNIST"
    files = ("tests/test_contracts.py", "tests/test_data_contracts.py")
    done = _python(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, "-k", chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) >= 15


@pytest.mark.parametrize("page", PAGES)
def test_links_and_named_files_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    absent = [link for link in links if not ((ROOT / page).parent / link).exists()]
    assert not absent


def test_every_promise_is_held_by_a_test_that_there_is() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/promises.md").read_text(encoding="utf-8"))
    assert len(named) >= 30
    for file, test in named:
        assert not test or f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"
        assert (ROOT / file).exists()
