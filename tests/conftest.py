"""The commands on a study of trials that take no time, for every test that gives commands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mtl_bench import workspace
from mtl_bench.__main__ import main
from tests.results.measured import maker, quick  # noqa: F401
from tests.studies import FAKE, Desk, Outcome


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(tmp_path)
    (tmp_path / "benchmarks" / "fake.py").write_text(FAKE, encoding="utf-8")
    for name, value in desk.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ALSO", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return desk


@pytest.fixture
def mtl_bench(desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Gives a command in this process, on the CPU where it computes."""

    def give(*words: str) -> Outcome:
        computing = words[0] in ("run", "check")
        monkeypatch.setattr(sys, "argv", ["mtl-bench", *words, *(["--device", "cpu"] if computing else [])])
        workspace.unload()  # a study's file may have been changed
        capfd.readouterr()
        status: object = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        out, err = capfd.readouterr()
        return Outcome(status if isinstance(status, int) else 1, out, err)

    return give
