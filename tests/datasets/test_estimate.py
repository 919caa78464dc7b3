"""What fetching costs is told before it begins, and more than 2 GB need a word."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner, Result

from mtl_bench.__main__ import app
from mtl_bench.datasets.domainnet import DomainNet
from mtl_bench.datasets.domainnet_lists import ZIPS
from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.imagenet import ImageNet
from mtl_bench.datasets.mnist import MNIST
from mtl_bench.datasets.mnist_m import MNISTM
from mtl_bench.execution import data_catalogue, estimate, fetching
from mtl_bench.execution.estimate import FetchCost, agree
from mtl_bench.workspace import StudyError
from tests.datasets.command import ROOT
from tests.datasets.faulty_server import Served, Server
from tests.datasets.test_data_commands import CONTENT, Little


@dataclasses.dataclass(frozen=True)
class Huge(Little):
    """A data set that says it has 3 GB."""

    about: int = 3_000_000_000
    folder: ClassVar[str] = "huge"

    @property
    def files(self) -> tuple[File, ...]:
        return (dataclasses.replace(super().files[0], size=self.about, hashes=()),)

    def fetch(self, report: Any = None) -> None:
        super().files[0].obtain(self.folder)


def huge(url: str, about: int = 3_000_000_000) -> Any:
    return Huge(url, about)


def estimated(*wanted: Any) -> FetchCost:
    return estimate.estimate(wanted)


@pytest.fixture
def give(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    server.served["/a"] = Served(CONTENT)
    known = [Huge(server.url)]
    monkeypatch.setattr(data_catalogue, "data_sets", lambda: known)
    return lambda *arguments: CliRunner().invoke(app, ["data", "fetch", *arguments])


def test_what_is_large_is_told_and_not_fetched_without_a_word(
    give: Callable[..., Result], server: Server, root: Path
) -> None:
    done = give("huge")
    assert isinstance(done.exception, StudyError)
    assert str(done.exception) == (
        "nothing was fetched: more than 2 GB need your word; run `mtl-bench data fetch huge:original --yes`"
    )
    assert "to fetch: about 3 GB over the network (5 minutes at 10 MB a second), 3 GB of disk (" in done.stderr
    assert " are free), under 1 GB of memory" in done.stderr
    assert not server.requests
    assert give("huge", "--yes").exit_code == 0
    assert (root / "huge" / "a.bin").read_bytes() == CONTENT
    assert "to fetch" not in give("huge").stderr, "it is there"


@pytest.mark.parametrize(
    ("answer", "goes_on"), [("y\n", True), ("Yes\n", True), ("\n", False), ("no\n", False), ("", False)]
)
def test_a_person_at_a_terminal_is_asked(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, goes_on: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(answer))
    if goes_on:
        agree([huge("http://a")], yes=False)
    else:
        with pytest.raises(StudyError, match="nothing was fetched"):
            agree([huge("http://a")], yes=False)
    assert "Fetch it? [y/N]" in capsys.readouterr().err


def test_a_run_does_not_fetch_much_unasked_either(root: Path) -> None:
    with pytest.raises(StudyError, match="run `mtl-bench data fetch huge:original --yes`"):
        fetching.fetch([huge("http://a")])


def test_little_needs_no_word_and_no_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agree([huge("http://a", about=99_000_000)], yes=False)
    assert not capsys.readouterr().err
    agree([huge("http://a", about=1_999_000_000)], yes=False)
    assert "about 2 GB over the network" in capsys.readouterr().err


def test_what_computing_costs_is_told_beside_it_and_asked_for_only_then(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def hours() -> str:
        asked.append("once")
        return "3 trials to compute; about 2.0 h in 2 slots"

    agree([huge("http://a", about=1_000)], yes=False, hours=hours)
    assert not asked and not capsys.readouterr().err
    agree([huge("http://a", about=500_000_000)], yes=False, hours=hours)
    fetching_line, computing_line = capsys.readouterr().err.splitlines()
    assert fetching_line.startswith("to fetch: about 0.5 GB")
    assert computing_line == "then: 3 trials to compute; about 2.0 h in 2 slots"


@pytest.mark.slow
def test_a_study_that_never_ran_says_itself_what_it_takes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTL_BENCH_STUDIES", str(ROOT / "benchmarks"))
    for name in ("RESULTS", "STORE"):
        monkeypatch.setenv(f"MTL_BENCH_{name}", str(root / name))
    done = CliRunner().invoke(app, ["run", "domainnet", "--scale", "gpu", "--device", "cpu", "--dry-run"])
    assert "to fetch: about 18 GB over the network" in done.stderr
    assert re.search(r"trials to compute; by the study's own estimate .* hours on a card of 12 GB", done.stdout)
    assert not (root / "domainnet").exists()


def test_what_is_here_or_in_a_mirror_or_nowhere_is_not_fetched(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = huge("http://a")
    assert estimated(data, data) == FetchCost(data.about, data.about)
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / "mirror" / "huge").mkdir(parents=True)
    (tmp_path / "mirror" / "huge" / "a.bin").write_bytes(CONTENT)
    assert estimated(data) == FetchCost(0, data.about)
    data.files[0].place("huge").parent.mkdir(parents=True)
    data.files[0].place("huge").write_bytes(CONTENT)
    assert estimated(data) == FetchCost(0, 0)
    assert estimated(ImageNet()).network == 0, "it is placed by hand"
    assert estimated(ImageNet()).disk > 260_000_000_000


def test_a_data_set_counts_what_it_is_made_from_once(root: Path) -> None:
    made, alone = estimated(MNISTM()), estimated(MNIST())
    assert made.network > alone.network > 10_000_000
    assert estimated(MNISTM(), MNIST()) == made
    assert alone.disk == alone.network + 70_000 * 28 * 28


def test_domainnet_says_what_the_issue_asks_for(root: Path) -> None:
    """At most 1.5 GB for the laptop; all of it in 18.5 GB over the network and 45 GB of disk."""
    of = {v: [d for d in DomainNet.examples() if d.variant == v] for v in DomainNet.variants}
    assert 0.5e9 < estimated(*of["40-classes"]).network < 1.5e9
    assert 17e9 < estimated(*of["cleaned"]).network < 18.5e9
    assert estimated(*of["cleaned"]).disk < 45e9
    assert estimated(*of["cleaned"], *of["126-classes"]).network == estimated(*of["cleaned"]).network
    assert estimated(DomainNet("real", "40-classes")).network < 0.2e9 < ZIPS["real"].about


def test_the_sentence_tells_minutes_or_hours() -> None:
    assert "(30 minutes at 10 MB a second), 35 GB of disk (59 GB are free)" in FetchCost(
        17_553_000_000, 35 * 10**9
    ).sentence(59e9)
    assert "(27.8 hours" in FetchCost(10**12, 0).sentence(0)
    assert estimate.LARGE == 2_000_000_000
