"""Studies load from a folder of any name, from one file or several, with trials of their own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mtl_bench import workspace
from mtl_bench.datasets.files.placed import data_root
from tests.studies import FAKE, ROOT, Desk, Outcome

Give = Callable[..., Outcome]
OWN = '''"""A study with a trial of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from mtl_bench.core.trial import Trial, Work
from mtl_bench.study import Cell, Study


@dataclass(frozen=True)
class Guess(Trial):
    seed: int

    def run(self, work: Work) -> Mapping[str, float]:
        return {"accuracy": 50.0 + self.seed % 7}


def plan(scale):
    for seed in scale.seeds:
        yield Cell({"method": "guess", "seed": seed}, Guess(seed))


STUDY = Study("Guessing", "How well can one guess?", "Nobody, 2016", plan, baseline={"method": "guess"}, ceiling=None)
'''


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["studies.v2", "json", "torch", "with space", "benchmarks"])
def test_a_folder_of_studies_may_have_any_name(
    desk: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    if folder != "benchmarks":
        (desk.folder / "benchmarks").rename(desk.folder / folder)
    (desk.folder / folder / "own.py").write_text(OWN, encoding="utf-8")
    monkeypatch.setenv("MTL_BENCH_STUDIES", str(desk.folder / folder))
    done = mtl_bench("run", "own", "--slots", "1", "--seeds", "2")
    assert (done.status, done.err) == (0, "")
    assert [row["value"] for row in desk.rows("own.laptop")] == ["54.0", "55.0"]
    import json

    import torch

    assert json.loads("{}") == {} and torch.zeros(1).item() == 0


def test_another_package_of_the_same_name_is_not_in_the_way(
    desk: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = desk.folder / "site" / "benchmarks"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    (other / "fake.py").touch()
    monkeypatch.syspath_prepend(str(desk.folder / "site"))
    assert mtl_bench("run", "fake", "--dry-run").status == 0


@pytest.mark.slow
def test_a_study_may_be_a_folder_with_a_trial_of_its_own(desk: Desk, mtl_bench: Give) -> None:
    folder = desk.folder / "benchmarks" / "large"
    folder.mkdir()
    head, _, tail = OWN.partition("@dataclass")
    trial, _, plan = tail.partition("def plan")
    imports = head.partition('"""\n\n')[2]
    (folder / "guess.py").write_text(f"{imports}\n@dataclass{trial}", encoding="utf-8")
    text = f'"""A study in two files."""\n\n{imports}\nfrom .guess import Guess\n\n\ndef plan{plan}'
    (folder / "__init__.py").write_text(text, encoding="utf-8")
    assert "large  A study in two files.\n" in mtl_bench("list").out
    done = mtl_bench("run", "large", "--slots", "1", "--seeds", "2")
    assert (done.status, done.err) == (0, "")
    assert [row["value"] for row in desk.rows("large.laptop")] == ["54.0", "55.0"]
    (folder / "guess.py").write_text(f"{imports}\n@dataclass{trial.replace('50.0', '60.0')}", encoding="utf-8")
    out, _ = desk.start("check", "large", "--slots", "1", "--device", "cpu").communicate(timeout=60)
    assert re.search(r"^0 of \d cells", out, re.MULTILINE), "a changed file of the study is changed code"


@pytest.mark.usefixtures("shipped")
def test_what_studies_share_is_no_study(desk: Desk) -> None:
    for name in ("__init__.py", "_shared.py", "Notes.py"):
        (desk.folder / "benchmarks" / name).touch()
    (desk.folder / "benchmarks" / "data").mkdir()
    assert workspace.names_in(desk.folder / "benchmarks") == ["fake"]
    assert workspace.study_names() == sorted(["fake", *workspace.names_in(ROOT / "benchmarks")])


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("how", ["./benchmarks", "MTL_BENCH_STUDIES"])
def test_own_studies_are_found_beside_those_that_come_with_it(
    desk: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "./benchmarks":
        monkeypatch.delenv("MTL_BENCH_STUDIES")
    text = FAKE.replace(
        "from mtl_bench.views.grid", "from .quickstart import METHODS as METHODS\nfrom mtl_bench.views.grid"
    )
    (desk.folder / "benchmarks" / "fake.py").write_text(text, encoding="utf-8")  # one may build on theirs
    assert "\nquickstart " in mtl_bench("list").out
    assert mtl_bench("list").out.endswith("\n\nyour own, in benchmarks:\nfake  " + workspace.headline("fake") + "\n")
    assert "fake at laptop scale: 0 of 10 cells" in mtl_bench("run", "fake", "--dry-run").out
    assert "quickstart at laptop scale: 0 of 15 cells" in mtl_bench("run", "quickstart", "--dry-run").out


@pytest.mark.usefixtures("shipped")
def test_a_name_that_comes_with_it_is_refused_in_one_sentence(desk: Desk, mtl_bench: Give) -> None:
    (desk.folder / "benchmarks" / "quickstart.py").write_text(FAKE, encoding="utf-8")
    for words in (("list",), ("run", "quickstart"), ("report", "quickstart")):
        done = mtl_bench(*words)
        assert (done.status, done.err.count("\n")) == (2, 1)
        assert f"the study quickstart is twice in {workspace.near(ROOT / 'benchmarks')} and benchmarks;" in done.err
        assert "rename or remove benchmarks/quickstart.py" in done.err
    assert mtl_bench("run", "fake", "--dry-run").status == 0


@pytest.mark.usefixtures("shipped")
def test_all_lies_beside_own_studies_else_in_the_checkout(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STUDIES", "RESULTS", "REPORTS", "STORE", "DATA"):
        monkeypatch.delenv(f"MTL_BENCH_{name}", raising=False)

    def roots() -> set[Path]:
        places = workspace.places()
        assert places.data == data_root()
        return {places.results.parent, places.reports.parent, places.store.parents[1], places.data.parent}

    assert roots() == {desk.folder}
    (desk.folder / "benchmarks").rename(desk.folder / "studies")
    assert roots() == {ROOT}
    monkeypatch.setenv("MTL_BENCH_STUDIES", str(desk.folder / "studies"))  # which names the studies alone
    assert roots() == {ROOT}
    monkeypatch.delenv("MTL_BENCH_STUDIES")
    monkeypatch.chdir(ROOT)
    assert roots() == {ROOT}
    assert workspace.places().own is None, "a checkout's own studies are those that come with it"


def test_a_folder_of_another_projects_benchmarks_holds_no_studies(
    desk: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MTL_BENCH_STUDIES")
    (desk.folder / "benchmarks" / "fake.py").write_text("class TimeSuite:\n    pass\n", encoding="utf-8")
    assert workspace.places().own is None
    assert "your own" not in mtl_bench("list").out
    (desk.folder / "benchmarks" / "large").mkdir()
    (desk.folder / "benchmarks" / "large" / "__init__.py").write_text("from .plan import STUDY", encoding="utf-8")
    assert workspace.places().own == desk.folder / "benchmarks"


@pytest.mark.slow
def test_what_lies_beside_the_folder_can_be_imported_after_all_else(desk: Desk, mtl_bench: Give) -> None:
    (desk.folder / "house_method.py").write_text("STEPS = 5\n", encoding="utf-8")
    (desk.folder / "typer.py").write_text("raise ImportError('shadowed')\n", encoding="utf-8")
    study = desk.folder / "benchmarks" / "fake.py"
    study.write_text(FAKE.replace("import os", "import os\nfrom house_method import STEPS"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mtl_bench", "run", "fake", "--dry-run"],
        cwd=desk.folder,
        env=desk.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_far_too_many_seeds_are_one_sentence_at_once(mtl_bench: Give) -> None:
    done = mtl_bench("run", "fake", "--seeds", "1000000", "--dry-run")
    assert done.status == 2
    assert "fake has about 2,000,000 cells with 1,000,000 seeds, more than the 200,000" in done.err
    assert "give fewer --seeds" in done.err


@pytest.mark.parametrize("words", [("--seeds", "-1"), ("--seeds", "0"), ("--slots", "0"), ("--slots", "-2")])
def test_sizes_below_one_are_refused(mtl_bench: Give, words: tuple[str, str]) -> None:
    assert mtl_bench("run", "fake", *words).status == 2


@pytest.mark.slow
def test_a_read_only_or_full_folder_is_named_with_its_remedy(
    desk: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(desk.folder / "reports")
    (desk.folder / "reports").write_text("a file where a folder should be", encoding="utf-8")
    done = mtl_bench("run", "fake", "--seeds", "1")
    assert (done.status, len(done.err.splitlines())) == (1, 1)
    assert f"the reports {desk.folder / 'reports'} can't be used" in done.err
    assert "set MTL_BENCH_REPORTS to another folder" in done.err


@pytest.mark.parametrize("name", ["reports", "results", "store", "data"])
def test_a_full_disk_names_the_folder_that_it_holds(
    desk: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from mtl_bench.execution import maintenance

    monkeypatch.setenv("MTL_BENCH_DATA", str(desk.folder / "data"))

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device", str(desk.folder / name / "page.html"))

    monkeypatch.setattr(maintenance, "status", full)
    done = mtl_bench("status")
    assert (done.status, len(done.err.splitlines())) == (1, 1)
    assert str(desk.folder / name) in done.err
    assert f"set MTL_BENCH_{name.upper()} to another disk" in done.err
