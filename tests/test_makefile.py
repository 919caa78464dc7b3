"""The Makefile: each target does its own set-up, once, and what is missing is one sentence.

A stand-in for Python takes the place of the real one, writes down what it is asked and fails where it is told to.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAND_IN = """#!/bin/sh
echo "$*" >> "$LOG"
if [ -n "$FAIL" ]; then case "$*" in *"$FAIL"*) echo "broken on purpose" >&2; exit 1;; esac; fi
case "$*" in
    "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; cp "$0" "$3/bin/lint-imports"; touch "$3/pyvenv.cfg";;
esac
"""
PYTEST = "-m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder"

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@dataclass(frozen=True)
class Checkout:
    """A checkout with the Makefile, two studies, one of them a folder, and a stand-in for Python."""

    folder: Path

    def make(self, *words: str, fail: str = "") -> subprocess.CompletedProcess[str]:
        """Run make there; the stand-in fails on commands that contain `fail`."""
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        for name in ("PYTHON", "SCALE", "ARGS", "TORCH", "VENV"):
            keep.pop(name, None)
        environment = {
            **keep,
            "PATH": f"{self.folder / 'programs'}:{os.environ['PATH']}",
            "LOG": str(self.folder / "log"),
            "FAIL": fail,
        }
        (self.folder / "log").write_text("", encoding="utf-8")
        return subprocess.run(
            ["make", *words], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60
        )

    @property
    def asked(self) -> list[str]:
        """What Python was asked, without the questions about itself."""
        return [
            line
            for line in (self.folder / "log").read_text(encoding="utf-8").splitlines()
            if not line.startswith("-c ")
        ]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    for file in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    (tmp_path / "benchmarks").mkdir()
    for study in ("first", "second_one"):
        (tmp_path / "benchmarks" / f"{study}.py").touch()
    for folder in ("large", "notes"):  # a study of several files, and a folder that is none
        (tmp_path / "benchmarks" / folder).mkdir()
    (tmp_path / "benchmarks" / "large" / "__init__.py").touch()
    (tmp_path / "benchmarks" / "_shared.py").touch()  # no study either
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "python3").write_text(STAND_IN, encoding="utf-8")
    (tmp_path / "programs" / "python3").chmod(0o755)
    return Checkout(tmp_path)


def test_help_is_what_make_does_alone(checkout: Checkout) -> None:
    done = checkout.make()
    for target in (
        "bench",
        "bench-%",
        "report-%",
        "test",
        "check",
        "smoke",
        "speed",
        "site",
        "status",
        "coverage",
        "lock",
        "help",
    ):
        assert f"make {target} " in done.stdout
    assert not (checkout.folder / ".venv").exists()


def test_bench_installs_once_and_says_first_what_it_takes(checkout: Checkout) -> None:
    done = checkout.make("bench")
    assert done.returncode == 0, done.stderr
    assert checkout.asked == [
        "-m venv .venv",
        "-m pip --version",
        "-m pip install --editable .[studies]",
        "-m mtl_bench run quickstart --here",
    ]
    assert done.stdout.index("about ") < done.stdout.index("pip install")
    assert " GB" in done.stdout
    checkout.make("bench")
    assert checkout.asked == ["-m mtl_bench run quickstart --here"]


def test_a_changed_pyproject_installs_again(checkout: Checkout) -> None:
    checkout.make("bench")
    later = (checkout.folder / ".venv" / ".installed").stat().st_mtime + 5
    os.utime(checkout.folder / "pyproject.toml", (later, later))
    checkout.make("bench")
    assert checkout.asked[:2] == ["-m pip --version", "-m pip install --editable .[studies]"]


@pytest.mark.parametrize("broken", ["pip install", "-m venv"])
def test_an_interrupted_installation_is_taken_up_again(checkout: Checkout, broken: str) -> None:
    assert checkout.make("bench", fail=broken).returncode != 0
    assert not [line for line in checkout.asked if "mtl_bench" in line]
    assert checkout.make("bench").returncode == 0
    assert "-m pip install --editable .[studies]" in checkout.asked


def test_a_venv_without_pip_gets_it(checkout: Checkout) -> None:
    """Its making was interrupted between the link to Python and pip."""
    checkout.make("bench", fail="pip --version")
    assert checkout.asked[1:3] == ["-m pip --version", "-m ensurepip --upgrade"]


def test_a_venv_whose_python_is_gone_is_made_again(checkout: Checkout) -> None:
    checkout.make("bench")
    python = checkout.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/such/python")
    assert checkout.make("bench").returncode == 0
    assert checkout.asked[0] == "-m venv .venv"
    assert "-m pip install --editable .[studies]" in checkout.asked


@pytest.mark.parametrize(
    ("words", "fail", "sentence"),
    [
        (
            ("bench",),
            "import venv, ensurepip",
            "python3 has no venv module: install it (Debian and Ubuntu: apt install python3-venv)",
        ),
        (
            ("bench", "PYTHON=python3"),
            "version_info",
            "python3 is too old: mtl-bench needs Python 3.11.4 or newer; name one: make PYTHON=python3.12",
        ),
        (
            ("bench", "PYTHON=no-such-python"),
            "",
            "There is no no-such-python here: install Python 3.11.4 or newer, or name one: make PYTHON=python3.12",
        ),
    ],
)
def test_what_is_missing_is_one_sentence(checkout: Checkout, words: tuple[str], fail: str, sentence: str) -> None:
    done = checkout.make(*words, fail=fail)
    assert done.returncode != 0
    told = [line for line in done.stderr.splitlines() if not line.startswith("make: ") and "on purpose" not in line]
    assert told == [sentence]
    assert not (checkout.folder / ".venv").exists()


def test_torch_for_cpus_comes_from_its_own_index(checkout: Checkout) -> None:
    done = checkout.make("bench", "TORCH=cpu")
    (torch,) = [line for line in checkout.asked if "torch" in line]
    assert "--index-url https://download.pytorch.org/whl/cpu torch torchvision" in torch
    assert checkout.asked.index(torch) < checkout.asked.index("-m pip install --editable .[studies]")
    assert "about 2 GB" in done.stdout


def test_an_index_that_cannot_be_reached_is_one_sentence_and_no_obstacle(checkout: Checkout) -> None:
    done = checkout.make("bench", "TORCH=cpu", fail="download.pytorch.org")
    assert done.returncode == 0
    assert "PyTorch's CPU index can't be reached: taking the usual PyTorch" in done.stdout
    assert "-m pip install --editable .[studies]" in checkout.asked
    assert done.stderr == ""


def test_studies_are_named_by_pattern(checkout: Checkout) -> None:
    checkout.make("bench-what-transfers", "SCALE=paper", "ARGS=--seeds 2 --slots 1")
    assert checkout.asked[-1] == "-m mtl_bench run what_transfers --scale paper --seeds 2 --slots 1"
    checkout.make("report-what-transfers")
    assert checkout.asked == ["-m mtl_bench report what_transfers"]
    checkout.make("status")
    assert checkout.asked == ["-m mtl_bench status"]


def test_a_scale_is_passed_on_only_when_it_is_named(checkout: Checkout) -> None:
    """The study decides what is usual: some have no laptop scale."""
    checkout.make("bench")
    for target, words in {
        "bench": "run quickstart --here",
        "bench-first": "run first",
        "report-first": "report first",
    }.items():
        checkout.make(target)
        assert checkout.asked == [f"-m mtl_bench {words}"]
        checkout.make(target, "SCALE=smoke")
        assert checkout.asked == [f"-m mtl_bench {words} --scale smoke"]


def test_smoke_runs_every_study_and_stops_at_a_failure(checkout: Checkout) -> None:
    assert checkout.make("smoke").returncode == 0
    studies = ("first", "large", "second_one")
    assert checkout.asked[-3:] == [f"-m mtl_bench run {study} --scale smoke" for study in studies]
    assert checkout.make("smoke", fail="run first").returncode != 0
    assert checkout.asked == ["-m mtl_bench run first --scale smoke"]


def test_test_runs_all_tests_and_check_the_fast_ones(checkout: Checkout) -> None:
    checkout.make("test")
    assert checkout.asked[-2:] == ["-m pip install --editable .[test]", PYTEST]
    checkout.make("check")
    fast = f"{PYTEST} -m not slow"
    assert checkout.asked == ["-m ruff format --check .", "-m ruff check .", "-m mypy", "", fast]
    assert checkout.make("check", fail="-m mypy").returncode != 0
    assert fast not in checkout.asked
    checkout.make("test", "ARGS=tests/core -x")
    assert checkout.asked == [f"{PYTEST} tests/core -x"]


def test_coverage_runs_all_tests_and_the_lock_keeps_its_versions_unless_told(checkout: Checkout) -> None:
    checkout.make("coverage", "ARGS=tests/core")
    assert checkout.asked[-1] == f"{PYTEST} --cov --cov-report=term --cov-report=html tests/core"
    checkout.make("lock")
    assert checkout.asked[0] == "-m pip install --quiet uv"
    [compiled] = [line for line in checkout.asked if line.startswith("-m uv pip compile ")]
    assert "--universal" in compiled and compiled.endswith("--output-file requirements.lock pyproject.toml")
    assert "--upgrade" not in compiled
    checkout.make("lock", "ARGS=--upgrade")
    assert " --upgrade " in checkout.asked[-1]


def test_speed_installs_what_it_compares_with_once(checkout: Checkout) -> None:
    checkout.make("speed")
    assert checkout.asked[-2:] == ["-m pip install --editable .[test,peers]", "-m speed"]
    checkout.make("speed", "ARGS=coral --rounds 3")
    assert checkout.asked == ["-m speed coral --rounds 3"]


def test_another_venv_can_be_named(checkout: Checkout) -> None:
    checkout.make("test", "VENV=elsewhere")
    assert checkout.asked[0] == "-m venv elsewhere"
    assert not (checkout.folder / ".venv").exists()
