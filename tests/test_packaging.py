"""What users install: the package with all its files and nothing else; libraries that few need are extras."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import NamedTuple

import pytest

from mtl_bench.core.store import code_of
from mtl_bench.core.trial import key
from mtl_bench.execution.selection import Selection
from mtl_bench.workspace import study_names
from tests.studies import ROOT, Desk

OF_EXTRAS = ("datasets", "h5py", "ot")  # modules


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
    studies = {file.replace("benchmarks/", "mtl_bench/studies/", 1) for file in files_of("benchmarks")}
    assert names == files_of("mtl_bench") | studies
    assert {"mtl_bench/__main__.py", "mtl_bench/py.typed", "mtl_bench/studies/quickstart.py"} <= names
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


class Installed(NamedTuple):
    """A virtual environment that has the wheel, and of all else what the running interpreter has."""

    folder: Path

    def give(self, *words: str, at: Path) -> subprocess.CompletedProcess[str]:
        """The command in a folder, without any setting and without the checkout on the path."""
        ours = ("MTL_BENCH_", "PYTHON", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        command = [str(self.folder / "bin" / "mtl-bench"), *words]
        return subprocess.run(command, cwd=at, env=kept, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    [wheel] = built.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
    done = subprocess.run([*pip, "--no-deps", "--no-index", "--quiet", str(wheel)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [site] = folder.glob("lib/python*/site-packages")
    # After the wheel's own, and without what a .pth there adds: an editable installation of the checkout.
    (site / "beside.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return Installed(folder)


@pytest.mark.slow
def test_a_wheel_works_in_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    """All lands where the command is called, and nothing among the installed packages."""
    before = {path for path in installed.folder.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__"}
    assert [line.split()[0] for line in installed.give("list", at=tmp_path).stdout.splitlines()] == study_names()
    done = installed.give("run", "quickstart", "--scale", "smoke", "--device", "cpu", at=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.splitlines()[-1] == "reports/quickstart.smoke.html"
    assert {path.name for path in tmp_path.iterdir()} == {"reports", "results"}
    assert (tmp_path / "reports" / "quickstart.smoke.html").is_file()
    after = {path for path in installed.folder.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__"}
    assert after == before
    rows = Desk(tmp_path).rows("quickstart.smoke")
    planned = Selection.of("quickstart", "smoke").planned
    assert {(row["key"], row["code"]) for row in rows} == {(key(cell.trial), code_of(cell.trial)) for cell in planned}


@pytest.mark.slow
def test_studies_that_build_on_each_other_are_planned_from_a_wheel_as_from_the_checkout(
    installed: Installed, tmp_path: Path
) -> None:
    """`across` imports three other studies, `office_caltech` published numbers; a plan's keys are those of today."""
    for name in ("across", "office_caltech"):
        done = installed.give("run", name, "--scale", "smoke", "--dry-run", "--device", "cpu", at=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert f"{name} at smoke scale: 0 of {len(Selection.of(name, 'smoke').planned)} cells done" in done.stdout


@pytest.mark.slow
def test_own_studies_start_and_run_from_a_wheel(installed: Installed, tmp_path: Path) -> None:
    assert installed.give("init", "mine", at=tmp_path).returncode == 0
    mine = tmp_path / "mine"
    listed = installed.give("list", at=mine).stdout
    assert "\nquickstart " in listed and "your own, in benchmarks:\nmoved_digits " in listed
    done = installed.give("run", "moved_digits", "--scale", "smoke", "--device", "cpu", at=mine)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert (mine / "reports" / "moved_digits.smoke.md").is_file()
    disk = installed.give("status", at=mine).stdout.partition("\ndisk\n")[2]
    assert [line.split()[-1] for line in disk.splitlines()] == ["results", "reports", "data"], "all of it lies here"


def metadata(built: Path) -> Message:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


@pytest.mark.slow
def test_extras_are_told_to_pip(built: Path) -> None:
    told = metadata(built)
    assert {"h5", "hub", "ot", "peers", "site", "studies", "test"} == set(told.get_all("Provides-Extra", []))
    needed = [line for line in told.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert len(needed) > 15
    assert not [line for line in needed if line.lower().startswith(("datasets", "h5py", "pot", "pytest", "ruff"))]


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
