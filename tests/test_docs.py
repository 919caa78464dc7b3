"""The worked examples of docs/adding.md are the files that a newcomer would add: they must run as printed.

So must the commands beside them, which check each.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md"))]
ADDING = (ROOT / "docs/adding.md").read_text(encoding="utf-8")
FILE = re.compile(r"```python file=(\S+)\n(.*?)```", re.DOTALL)
CHECK = re.compile(r"```sh check\n(.*?)```", re.DOTALL)
SECTIONS = {text.partition("\n")[0]: text for text in ADDING.split("\n## ")[1:]}
EXAMPLES = dict(FILE.findall(ADDING))
COMMANDS = [
    pytest.param(command, id=f"{section}: {command[:60]}")
    for section, text in SECTIONS.items()
    for block in CHECK.findall(text)
    for command in block.strip().splitlines()
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with every example of the page in its place."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("mtl_bench", "benchmarks", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for file, text in EXAMPLES.items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in a project, its copy of the package before all others, on the CPU."""
    shims = folder / "bin"
    shims.mkdir(exist_ok=True)
    for name, words in {"python": "", "mtl-bench": "-m mtl_bench"}.items():
        (shims / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n', encoding="utf-8")
        (shims / name).chmod(0o755)
    places = {f"MTL_BENCH_{name.upper()}": str(folder / name) for name in ("store", "results", "reports")}
    environment = {
        **os.environ,
        **places,
        "PATH": f"{shims}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "CUDA_VISIBLE_DEVICES": "",
    }
    environment.pop("MTL_BENCH_STUDIES", None)
    return subprocess.run(
        ["bash", "-e", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )


@pytest.mark.parametrize("section", SECTIONS)
def test_each_addition_is_a_new_file_with_a_command_that_checks_it(section: str) -> None:
    """One file each, in one room, and with it, where its properties are its own, a file of tests."""
    files = [file for file, _ in FILE.findall(SECTIONS[section])]
    assert files
    assert not [file for file in files if (ROOT / file).exists()], "an example must be a new file"
    assert len({str(Path(file).parent) for file in files if not file.startswith("tests/")}) == 1
    assert CHECK.findall(SECTIONS[section])


def test_every_kind_of_addition_has_its_example() -> None:
    folders = {str(Path(file).parent) for file in EXAMPLES}
    rooms = {"methods/deep", "datasets", "measures", "models", "trials", "views"}
    assert {f"mtl_bench/{room}" for room in rooms} | {"benchmarks"} <= folders


def test_examples_are_formatted_and_linted_like_the_project(project: Path) -> None:
    for words in ("format --check --diff", "check"):
        done = run(project, f"python -m ruff {words} --no-cache {' '.join(EXAMPLES)}")
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_examples_are_typed_like_the_project(project: Path) -> None:
    done = run(project, f"python -m mypy {' '.join(EXAMPLES)}")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_checks_the_example(command: str, project: Path) -> None:
    done = run(project, command)
    assert done.returncode == 0, done.stdout + done.stderr
    if " pytest " in command:
        passed = re.search(r"(\d+) passed", done.stdout)
        assert passed and int(passed[1]) >= 2, done.stdout


@pytest.mark.slow
def test_the_study_writes_its_page(project: Path) -> None:
    page = project / "reports" / "entropy.smoke.md"
    if not page.exists():  # the command of the page makes it
        done = run(project, "mtl-bench run entropy --scale smoke")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Entropy minimisation between two digit sets" in page.read_text(encoding="utf-8")


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


@pytest.mark.parametrize("page", PAGES)
def test_no_page_holds_what_a_merge_left(page: str) -> None:
    assert not re.findall(r"^(?:<{7}|={7}|>{7})(?: |$)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
