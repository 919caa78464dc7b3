"""What pyproject.toml promises of the tests and linters: our warnings are errors, and a fresh clone stays green."""

from __future__ import annotations

import os
import re
import tomllib
import warnings

import pytest

from tests.conftest import pytest_xdist_auto_num_workers as processes
from tests.studies import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", ["mtl_bench", "mtl_bench.methods.shallow.ot", "benchmarks.digits", "speed.timing"])
def test_a_warning_at_a_line_of_ours_is_an_error(module: str) -> None:
    with pytest.raises(DeprecationWarning, match="of old"):
        warnings.warn_explicit("of old", DeprecationWarning, "file.py", 1, module=module)


def test_a_warning_at_a_line_of_a_library_is_none(recwarn: pytest.WarningsRecorder) -> None:
    for module in ("torch.nn", "speedups", "mtl_benchmark.study"):
        warnings.warn_explicit("of old", UserWarning, "file.py", 1, module=module)
    assert len(recwarn) == 3


def test_what_judges_the_code_is_bounded_from_above_and_libraries_are_not() -> None:
    """A new release must not make an untouched checkout red; the newest libraries are what users get."""
    project = SETTINGS["project"]
    lines = {re.split(r"[<>=\[]", line)[0]: line for line in project["optional-dependencies"]["test"]}
    judges = ("import-linter", "mypy", "pandas-stubs", "pytest", "pytest-xdist", "ruff")
    assert all(re.search(r",<\d", lines[name]) for name in judges)
    assert not [line for line in project["dependencies"] if "<" in line or "==" in line]


def test_tests_are_strict() -> None:
    options = SETTINGS["tool"]["pytest"]["ini_options"]
    assert options["xfail_strict"] is True
    assert {"--strict-markers", "--strict-config"} <= set(options["addopts"].split())
    assert "PLW1514" in SETTINGS["tool"]["ruff"]["lint"]["select"]
    assert SETTINGS["tool"]["ruff"]["extend-exclude"] == ["*.md"]


@pytest.mark.parametrize(("cores", "gib", "expected"), [(2, 24, 2), (64, 256, 8), (8, 4, 2), (4, 1, 1)])
def test_tests_run_in_a_process_per_core_as_many_as_the_memory_carries(
    cores: int, gib: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cores)), raising=False)
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": gib * 2**18, "SC_PAGE_SIZE": 2**12}.__getitem__)
    assert processes() == expected
