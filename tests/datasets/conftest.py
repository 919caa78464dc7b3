"""A data folder of its own for every test, a faulty server, and a mirror where there is one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.datasets.faulty_server import Server, serving

MIRROR = os.environ.get("MTL_BENCH_MIRROR", "")


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty data folder; no mirror is set."""
    monkeypatch.setenv("MTL_BENCH_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("MTL_BENCH_MIRROR", raising=False)
    return tmp_path / "data"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture(scope="session")
def decoded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def mirror(root: Path, decoded_once: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder MTL_BENCH_MIRROR; what is made from it is kept for the session."""
    if not MIRROR or not Path(MIRROR).is_dir():
        pytest.skip("MTL_BENCH_MIRROR names no folder with real data")
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(Path(MIRROR).absolute()))
    monkeypatch.setenv("MTL_BENCH_DATA", str(decoded_once))
    return Path(MIRROR)
