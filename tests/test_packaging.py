"""What users install: the package with all its files and nothing else; libraries that few need are extras."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from tests.studies import ROOT, Desk

OF_EXTRAS = ("h5py", "ot")  # modules


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution, built without network."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def files_of(folder: str) -> set[str]:
    """Every file there, by its path from the root, without what Python leaves."""
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in paths}


@pytest.mark.slow
def test_the_wheel_holds_the_whole_package_and_nothing_else(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == files_of("mtl_bench")
    assert {"mtl_bench/__main__.py", "mtl_bench/py.typed"} <= names
    assert any(not name.endswith((".py", ".typed")) for name in names), "its templates and tables of numbers"


@pytest.mark.slow
def test_the_source_distribution_is_enough_to_test_and_to_measure(built: Path) -> None:
    [source] = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for folder in ("mtl_bench", "benchmarks", "speed", "tests", "docs"):
        assert files_of(folder) <= names
    assert {"Makefile", "mkdocs.yml", "pyproject.toml", "README.md", "LICENSE", "action.yml", ".ci/run"} <= names
    # What the machine holds beside the checkout stays there.
    assert not [name for name in names if name.startswith(("results/store", "data/")) and name != "data/README.md"]


def metadata(built: Path) -> Message:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


@pytest.mark.slow
def test_extras_are_told_to_pip(built: Path) -> None:
    told = metadata(built)
    assert {"h5", "ot", "peers", "site", "studies", "test"} == set(told.get_all("Provides-Extra", []))
    needed = [line for line in told.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert len(needed) > 15
    assert not [line for line in needed if line.lower().startswith(("h5py", "pot", "pytest", "ruff"))]


@pytest.mark.slow
def test_the_quickstart_needs_no_extra(tmp_path: Path) -> None:
    """Nor do its workers: first on their path stands, for each library of an extra, one that can't be imported."""
    for module in OF_EXTRAS:
        (tmp_path / f"{module}.py").write_text(f"raise ImportError('{module} is absent')\n", encoding="utf-8")
    desk = Desk(tmp_path)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = desk.environment(MTL_BENCH_STUDIES=str(ROOT / "benchmarks"), PYTHONPATH=path)
    command = desk.start("run", "quickstart", "--scale", "smoke", "--device", "cpu", environment=environment)
    out, err = command.communicate(timeout=600)
    assert (command.returncode, err) == (0, ""), out
    assert {"DANN", "source only", "train on target"} == {row["method"] for row in desk.rows("quickstart.smoke")}
