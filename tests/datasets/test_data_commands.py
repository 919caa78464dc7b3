"""`mtl-bench data …` as a user gives it."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from mtl_bench.cli.data import app
from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.transfer import Report
from mtl_bench.datasets.mnist import MNIST
from mtl_bench.datasets.usps import USPS
from mtl_bench.execution import data_catalogue
from mtl_bench.workspace import StudyError
from tests.datasets.faulty_server import Served, Server

ROOT = Path(__file__).parents[2]
CONTENT = b"some content"
CHECKED_AS_FOLDERS = {"chexpert"}  # only registered users get the archive: what is in it is counted


@dataclass(frozen=True)
class Little:
    """A data set of one file."""

    url: str = ""
    name: ClassVar[str] = "little"
    folder: ClassVar[str] = "little"
    variant: ClassVar[str] = "original"
    licence: ClassVar[str] = "do what you like"

    @property
    def files(self) -> tuple[File, ...]:
        return (File("a.bin", (f"{self.url}/a",), (f"sha256:{hashlib.sha256(CONTENT).hexdigest()}",), len(CONTENT)),)

    def fetch(self, report: Report = announce) -> None:
        for file in self.files:
            file.obtain(self.folder, report)


@pytest.fixture
def give(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Gives a command with the data set `little`, whose file the server has, and the real ones, which nobody has."""
    server.served["/a"] = Served(CONTENT)
    known = [Little(server.url), MNIST()]
    monkeypatch.setattr(data_catalogue, "data_sets", lambda: known)
    monkeypatch.setattr("mtl_bench.datasets.mnist.BASES", ())
    monkeypatch.setattr(MNIST, "files", (File("images.gz", (f"{server.url}/404",)),))

    def give(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), catch_exceptions=False)

    return give


def test_the_page_of_the_data_folder_is_up_to_date() -> None:
    committed = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert committed == data_catalogue.readme() + "\n", "write it: mtl-bench data list --markdown > data/README.md"


def test_every_data_set_says_what_a_user_must_know() -> None:
    known = data_catalogue.data_sets()
    assert len({d.name for d in known}) == len(known)
    assert {d.folder for d in known} >= {"mnist", "mnist_m", "bsds500", "usps", "svhn", "cifar10", "pacs", "caltech101"}
    for data_set in known:
        assert re.fullmatch("[a-z0-9_]+", data_set.folder)
        assert data_set.licence
        for file in (one for part in data_set.files for one in part.files()):
            known_otherwise = data_set.folder in CHECKED_AS_FOLDERS and file.page
            assert file.sources or file.hashes or known_otherwise, f"{file.name} can't be fetched or recognised"
            assert all(re.fullmatch("(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})", wanted) for wanted in file.hashes)
            assert all(re.match(r"https?://|/usr/share/", source) for source in file.sources)


def test_list_shows_what_is_available(give: Callable[..., Result]) -> None:
    before = give("list").stdout
    assert re.search(r"little +little:original +no +12 +do what you like", before)
    give("fetch", "little")
    assert re.search(r"little +little:original +yes", give("list").stdout)


def test_a_narrow_terminal_gets_a_line_a_field(give: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TTY_COMPATIBLE": "1", "COLUMNS": "40"}.items():
        monkeypatch.setenv(name, value)
    assert (
        "name: little\n  fetch as: little:original\n  available: no\n  bytes: 12\n  terms: do what you like\n"
    ) in give("list").stdout


def test_fetch_shows_terms_and_place(give: Callable[..., Result], root: Path) -> None:
    done = give("fetch", "LITTLE")
    assert done.exit_code == 0
    assert "little: terms: do what you like" in done.stdout
    assert f"little: available in {root}/little" in done.stdout
    assert "fetching little/a.bin (sha256, plain http), 12 bytes" in done.stderr


def test_one_failure_does_not_keep_the_others_back(give: Callable[..., Result], root: Path) -> None:
    done = give("fetch", "mnist", "little")
    assert done.exit_code == 1
    assert (root / "little" / "a.bin").read_bytes() == CONTENT
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("mnist: ")]
    assert "404" in sentence
    assert "MTL_BENCH_MIRROR" in sentence
    assert "Traceback" not in done.output


def test_a_misspelt_name_is_answered_with_the_nearest(give: Callable[..., Result]) -> None:
    with pytest.raises(StudyError, match='no data set or study "litle"; did you mean "little"'):
        give("fetch", "litle")
    with pytest.raises(StudyError, match='little has no variant "jpeg"; it has original'):
        give("fetch", "little:jpeg")


def test_names_mean_data_sets_and_their_variants() -> None:
    def names(word: str) -> list[str]:
        return [d.name for d in data_catalogue.chosen(word, None)]

    assert names("pacs") == ["pacs-photo", "pacs-art_painting", "pacs-cartoon", "pacs-sketch"]
    assert len(names("pacs:jpeg80")) == 4
    assert names("pacs-photo-jpeg80") == ["pacs-photo-jpeg80"]
    assert names("usps:h5") == names("usps-h5") == ["usps-h5"]
    assert names("mnist-m") == ["mnist-m-generated"]
    assert names("Fashion-MNIST") == ["fashion-mnist"]


STUDY = '''"""A study."""

from dataclasses import dataclass
from typing import Any

from mtl_bench.core.trial import Trial
from mtl_bench.datasets.mnist import MNIST
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.usps import USPS
from mtl_bench.study import Cell, Study


@dataclass(frozen=True)
class TrainOnTwo(Trial):
    sources: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ReadOne(Trial):
    of: TrainOnTwo = TrainOnTwo()


def plan(scale):
    data = scale.pick(smoke=(SyntheticImages(),), laptop=(MNIST(), USPS("h5")))
    for seed in scale.seeds:
        yield Cell({"seed": seed}, ReadOne(TrainOnTwo(data)))


STUDY = Study("A study", "Why?", "Nobody", plan)
'''


def test_a_study_means_all_that_its_scale_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_studies").mkdir()
    (tmp_path / "my_studies" / "two_digits.py").write_text(STUDY, encoding="utf-8")
    monkeypatch.setenv("MTL_BENCH_STUDIES", str(tmp_path / "my_studies"))
    monkeypatch.syspath_prepend(tmp_path)
    both: list[Any] = [MNIST(), USPS("h5")]
    assert data_catalogue.chosen("two-digits", "laptop") == both
    assert data_catalogue.chosen("two_digits", None) == both
    assert data_catalogue.chosen("two_digits", "smoke") == []
    with pytest.raises(StudyError, match='no study "mnist"'):
        data_catalogue.chosen("mnist", "laptop")


def test_verify_finds_what_was_damaged(give: Callable[..., Result], root: Path) -> None:
    give("fetch", "little")
    array = stored("little", "images", (4, 4), lambda: [np.eye(4, dtype=np.uint8)])
    assert give("verify").exit_code == 0
    assert give("verify").stdout.splitlines()[-1] == f"2 checked, 0 damaged in {root}"
    path: Any = array.array.filename  # type: ignore[attr-defined]  # a memory map has one
    content = bytearray(Path(path).read_bytes())
    content[-1] ^= 1  # a bit that flipped
    Path(path).write_bytes(content)
    (root / "little" / "a.bin").write_bytes(b"some c0ntent")
    done = give("verify")
    assert done.exit_code == 1
    assert f"DAMAGED  {path}" in done.stdout
    assert f"DAMAGED  {root}/little/a.bin" in done.stdout
    assert "remove it, it will be made or fetched again" in done.stderr


def test_verify_checks_what_was_put_by_hand(give: Callable[..., Result], root: Path) -> None:
    (root / "little").mkdir(parents=True)
    (root / "little" / "a.bin").write_bytes(b"another file")
    done = give("verify")
    assert done.exit_code == 1
    assert f"{root}/little/a.bin has another sha256" in done.stderr


@pytest.mark.parametrize(
    "damage", ["empty", "zeros", "folder", "link", "no folder", "file for folder", "garbage array", "folder for array"]
)
def test_a_damaged_data_folder_is_no_traceback(give: Callable[..., Result], root: Path, damage: str) -> None:
    give("fetch", "little")
    array = stored("little", "images", (4, 4), lambda: [np.eye(4, dtype=np.uint8)]).array
    path, record = root / "little" / "a.bin", root / "little" / "a.bin.checksum"
    npy = Path(array.filename)  # type: ignore[attr-defined]  # a memory map has one
    if damage in ("empty", "zeros"):
        record.write_bytes(b"" if damage == "empty" else bytes(10_000_000))
        path.write_bytes(bytes(len(CONTENT)))
    elif damage in ("folder", "folder for array"):
        for one in (path, record) if damage == "folder" else (npy,):
            one.unlink()
            one.mkdir()
    elif damage == "link":
        path.unlink()
        path.symlink_to(root / "nowhere")
    elif damage == "garbage array":
        npy.write_bytes(b"garbage")
        npy.with_name(npy.name + ".checksum").write_bytes(b"\xff\x00")
    else:
        shutil.rmtree(root)
        if damage == "file for folder":
            root.write_bytes(b"")
    for command in (["list"], ["verify"], ["doctor"], ["fetch", "little"]):
        done = give(*command)  # which raises what is not caught
        assert done.exit_code in (0, 1)
        assert "Traceback" not in done.output
        if command == ["verify"] and damage not in ("link", "no folder", "file for folder"):
            assert done.exit_code == 1 and (str(path) in done.stderr or str(npy) in done.stderr)
        if command == ["fetch", "little"] and damage in ("empty", "zeros", "folder", "file for folder"):
            assert done.exit_code == 1
            (sentence,) = [line for line in done.stderr.splitlines() if str(root) in line]
            assert "remove" in sentence


def test_a_study_that_is_not_there_is_looked_for_in_the_list_of_studies() -> None:
    with pytest.raises(StudyError, match=r'there is no study "mnist".*\(`mtl-bench list` shows all\)'):
        data_catalogue.chosen("mnist", "paper")
    with pytest.raises(StudyError, match=r'no data set or study "zzz" \(`mtl-bench data list` shows all\)'):
        data_catalogue.chosen("zzz", None)


def test_the_doctor_asks_every_source_and_the_mirror(
    give: Callable[..., Result], server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path))
    done = give("doctor")
    assert done.exit_code == 0
    found = [re.split("  +", line.strip()) for line in done.stdout.splitlines()[1:]]
    assert ["little/a.bin", f"{tmp_path}/little/a.bin", "sha256", "is not there"] in found
    assert ["little/a.bin", f"{server.url}/a", "sha256, plain http", "answers, 12 bytes"] in found
    assert ["mnist/images.gz", f"{server.url}/404", "unpinned, plain http", "answers 404 Not Found"] in found
    assert not list(tmp_path.glob("data/**/*.bin"))


def test_the_commands_are_imported_cheaply() -> None:
    modules = "('numpy', 'torch', 'httpx2')"
    code = f"import sys, mtl_bench.cli.data; print([m for m in {modules} if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert printed.stdout.strip() == "[]"
