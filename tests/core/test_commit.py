"""The commit in a record is this project's, or there is none."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from pathlib import Path

import pytest

from mtl_bench.core import provenance
from mtl_bench.core.provenance import commit_of


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", "-C", folder, *identity, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def project(root: Path) -> Path:
    """The files of a project, unpacked in `root`."""
    for name in ("mtl_bench/core/provenance.py", "benchmarks/a.py", "README.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("A = 1\n", encoding="utf-8")
    return root


def repository(root: Path) -> str:
    """Commit all of `root`; returns the commit."""
    git(root, "init")
    git(root, "add", ".")
    git(root, "commit", "--allow-empty", "-m", "all")
    return git(root, "rev-parse", "--short=12", "HEAD")


def test_the_commit_of_a_checkout_and_whether_its_code_differs(tmp_path: Path) -> None:
    head = repository(project(tmp_path))
    assert commit_of(tmp_path) == head
    (tmp_path / "README.md").write_text("words\n", encoding="utf-8")
    assert commit_of(tmp_path) == head
    (tmp_path / "benchmarks" / "a.py").write_text("A = 2\n", encoding="utf-8")
    assert commit_of(tmp_path) == f"{head}+dirty"


@pytest.mark.parametrize("place", ["thesis/code", "env/lib/python3.11/site-packages"])
def test_the_commit_of_another_repository_is_none(tmp_path: Path, place: str) -> None:
    root = project(tmp_path / place)
    repository(tmp_path)
    assert commit_of(root) == ""


def test_unpacked_at_the_root_of_another_repository_it_has_none(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    repository(tmp_path)
    assert commit_of(project(tmp_path)) == ""


def test_what_a_hook_sets_does_not_lead_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, other = project(tmp_path / "ours"), tmp_path / "other"
    other.mkdir()
    head, _ = repository(root), repository(other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(root))
    assert commit_of(root) == head
    assert commit_of(project(tmp_path / "unpacked")) == ""


def test_without_git_or_with_one_that_hangs_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = project(tmp_path / "ours")
    repository(root)
    monkeypatch.setattr(provenance, "PATIENCE", 0.5)
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    assert commit_of(root) == ""
    hanging = tools / "git"
    hanging.write_text("#!/bin/sh\nexec /bin/sleep 60\n", encoding="utf-8")
    hanging.chmod(hanging.stat().st_mode | stat.S_IXUSR)
    start = time.monotonic()
    assert commit_of(root) == ""
    assert time.monotonic() - start < 30
    assert os.environ["PATH"] == str(tools)
