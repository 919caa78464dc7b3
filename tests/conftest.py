"""How many tests run at once, and in which order; the commands on a study of trials that take no time."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jaxtyping
import pytest

import tests.shapes  # noqa: F401  # what pyproject.toml names must be there when packages are imported
from mtl_bench import home, workspace
from mtl_bench.__main__ import main
from tests.results.measured import maker, quick  # noqa: F401
from tests.studies import FAKE, Desk, Outcome

MEMORY = 1.5 * 2**30  # bytes, of a process that imports PyTorch and of the commands that it starts
SHIPPED = home.shipped_studies
PROCESSES = 8  # more take longer to start than they save, and the machine's cores may not all be ours


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """A process per core, as many as the memory carries: what `--numprocesses auto` means here."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(cores, PROCESSES, int(memory / MEMORY)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where files are dealt to several processes, the slowest come first, so that none is left alone with one.

    A slow test takes about two seconds; one that takes longer says how many, as in `slow(30)`.
    """
    if hasattr(config, "workerinput"):
        seconds = Counter[Path]()
        for item in items:
            if mark := item.get_closest_marker("slow"):
                seconds[item.path] += mark.args[0] if mark.args else 2
        items.sort(key=lambda item: -seconds[item.path])


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures are not checked, as outside of tests: the code itself must refuse what they would."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture
def desk(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """With no other study than its own: to plan the shipped ones takes seconds. Commands it starts have them too."""
    desk = Desk(tmp_path)
    shipped = tmp_path_factory.mktemp("shipped")
    monkeypatch.setattr(home, "shipped_studies", lambda: shipped)
    (tmp_path / "benchmarks" / "fake.py").write_text(FAKE, encoding="utf-8")
    for name, value in desk.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ALSO", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return desk


@pytest.fixture
def shipped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk has the studies that come with mtl-bench, too."""
    monkeypatch.setattr(home, "shipped_studies", SHIPPED)


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
