"""The spot check: what is drawn, what is left out aloud, and what counts as equal."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mtl_bench.execution.spot import Committed, draw
from mtl_bench.results.table import Results
from mtl_bench.study import Cell
from tests.chains import CHAIN, Even, Measure, Odd, Pick, Plan, Train
from tests.core.fakes import Score
from tests.studies import FAKE, Desk, Outcome

Give = Callable[..., Outcome]


def commit(desk: Desk) -> None:
    for words in (("init", "-q"), ("add", "-A", "results")):
        subprocess.run(["git", *words], cwd=desk.folder, check=True)
    person = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *person, "commit", "-qm", "results"], cwd=desk.folder, check=True)


@pytest.fixture
def committed(desk: Desk, mtl_bench: Give) -> Desk:
    """A desk with the committed results of two studies."""
    (desk.folder / "benchmarks" / "chain.py").write_text(CHAIN, encoding="utf-8")
    assert mtl_bench("run", "fake").status == 0
    assert mtl_bench("run", "chain").status == 0
    commit(desk)
    return desk


def change(desk: Desk, name: str, old: str, new: str) -> None:
    path = desk.folder / "results" / name
    text = path.read_text(encoding="utf-8")
    assert re.search(old, text)
    path.write_text(re.sub(old, new, text), encoding="utf-8")
    commit(desk)


@pytest.mark.slow
def test_unchanged_code_is_equal_bit_for_bit_and_leaves_nothing(committed: Desk, mtl_bench: Give) -> None:
    before = {name: state for name, state in committed.files().items() if not name.endswith("/log")}
    done = mtl_bench("check", "--spot", "4")
    assert (done.status, done.err) == (0, "")
    assert done.last == "4 drawn: 4 equal bit for bit, 0 within the tolerance, 0 different, 0 not checkable"
    judged = [line for line in done.out.splitlines() if line.startswith("equal ")]
    assert Counter(line.split()[1] for line in judged).keys() == {"fake.laptop", "chain.laptop"}
    assert all(re.search(r"method=\w+ .*seed=20\d (accuracy|loss)  \d", line) for line in judged)
    assert "drawn with --seed 0" in done.out
    assert {name: state for name, state in committed.files().items() if not name.endswith("/log")} == before
    assert mtl_bench("check", "--spot", "4").out.splitlines()[-5:] == done.out.splitlines()[-5:]
    one = mtl_bench("check", "fake", "--spot", "30", "--seed", "7")
    assert one.last.startswith("10 drawn: 10 equal")


@pytest.mark.slow
def test_other_numbers_in_the_same_environment_differ(committed: Desk, mtl_bench: Give) -> None:
    change(committed, "fake.laptop.csv", r",6(\d)\.0,", r",6\1.000001,")
    done = mtl_bench("check", "fake", "--spot", "10")
    assert done.status == 1
    assert "where the bits must be equal" in done.out
    assert done.last == "10 drawn: 5 equal bit for bit, 0 within the tolerance, 5 different, 0 not checkable"


@pytest.mark.slow
@pytest.mark.parametrize(("apart", "status", "word"), [(0.9, 0, "within "), (1.1, 1, "differs ")])
def test_elsewhere_a_tolerance_decides(committed: Desk, mtl_bench: Give, apart: float, status: int, word: str) -> None:
    change(committed, "fake.laptop.csv", r",60\.0,", f",{60 + apart},")
    change(committed, "fake.laptop.json", r'"processor": "[^"]*"', '"processor": "abacus"')
    done = mtl_bench("check", "fake", "--spot", "10")
    assert done.status == status
    (line,) = [line for line in done.out.splitlines() if "± 1 allowed: the row is from processor abacus" in line]
    assert line.startswith(word)


@pytest.mark.slow
def test_what_left_the_plan_and_absent_data_are_said_aloud(
    committed: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(committed, "fake.laptop.csv", r",Score-\w{15}", ",Score-000000000000000")
    done = mtl_bench("check", "fake", "--spot", "3")
    assert done.status == 2
    assert "not checkable: fake.laptop, 10 of 10 rows are no planned cell with today's key" in done.out
    change(committed, "chain.laptop.csv", r",cpu,", ",cuda,")
    done = mtl_bench("check", "chain", "--spot", "3")
    assert done.status == 2
    assert "18 rows are of another device class" in done.out
    (committed.folder / "benchmarks" / "chain.py").unlink()
    assert 'there is no study "chain"' in mtl_bench("check", "--spot", "3").out


@pytest.mark.slow
def test_cells_without_their_data_are_skipped_aloud(desk: Desk, mtl_bench: Give) -> None:
    study = FAKE.replace("Score(method, seed, log)", "Peek(ABSENT, seed)").replace(
        "from tests.core.fakes", "from tests.execution.absent import ABSENT, Peek\nfrom tests.core.fakes"
    )
    (desk.folder / "benchmarks" / "fake.py").write_text(study, encoding="utf-8")
    assert mtl_bench("run", "fake", "--seeds", "2").status == 0
    commit(desk)
    done = mtl_bench("check", "fake", "--spot", "3")
    assert done.status == 2
    assert "skipped: 4 cells need absent, which is not here (`mtl-bench data fetch absent:only`" in done.out


@pytest.mark.slow
def test_a_failing_cell_is_told(committed: Desk, mtl_bench: Give) -> None:
    study = committed.folder / "benchmarks" / "fake.py"
    study.write_text(
        study.read_text(encoding="utf-8").replace("log = os.environ", 'log = "/nowhere/log"  # os.environ'),
        encoding="utf-8",
    )
    done = mtl_bench("check", "fake", "--spot", "2")
    assert done.status == 1
    assert len(re.findall(r"^differs .*could not be computed: FileNotFoundError", done.out, re.MULTILINE)) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "name a study, or give --spot N to draw from all"),
        (("fake", "--seed", "1"), "--seed goes with --spot N or --minutes"),
        (("--spot", "0"), "should be greater than or equal to 1"),
        (("--spot", "1", "--baseline", "results"), "--spot goes without"),
        (("fake", "--spot", "1", "--scale", "paper"), "there are no results of fake at paper scale"),
        (("fake", "--baseline", "/nowhere"), "--baseline /nowhere: there is no such folder"),
        (("fake", "--baseline", "."), "--baseline .: it holds no fake.laptop.csv"),
    ],
)
def test_a_mistake_is_told_with_status_2(mtl_bench: Give, words: tuple[str], sentence: str) -> None:
    done = mtl_bench("check", *words)
    assert done.status == 2
    assert sentence in re.sub(r"[\s│]+", " ", done.err)


def known() -> list[Committed]:
    """Cells of three kinds that took 10 to 100 s."""
    results = Results(Path(), "fake.laptop")
    trials = [Score("left", 1), Train(Odd(), Plan(10, 4), 1), Train(Even(), Plan(10, 4), 1)]
    return [
        Committed(
            results,
            {"method": str(i), "seed": seed, "seconds": 10.0 * (seed + 1), "value": 1.0},
            Cell({"method": str(i), "seed": seed}, trial),
        )
        for i, trial in enumerate(trials)
        for seed in range(10)
    ]


def test_the_draw_takes_the_kinds_in_turn_and_keeps_to_the_time() -> None:
    drawn = draw(known(), 7, 1000, 1, seed=3)
    assert sorted(Counter(one.kind for one in drawn).values()) == [2, 2, 3]
    assert [one.row for one in draw(known(), 7, 1000, 1, seed=3)] == [one.row for one in drawn]
    assert [one.row for one in draw(known(), 7, 1000, 1, seed=4)] != [one.row for one in drawn]
    assert len(draw(known(), 1000, 1e6, 1, seed=0)) == 30
    for seconds, slots in ((45, 1), (45, 2), (9, 8)):
        some = draw(known(), 30, seconds, slots, seed=0)
        assert sum(one.row["seconds"] for one in some) <= seconds * slots
        assert all(one.row["seconds"] <= seconds for one in some)
        assert bool(some) == (seconds >= 10)


def test_a_trained_network_is_held_to_the_spread_over_seeds() -> None:
    network = Train(Odd(), Plan(10, 4), 1)
    rows = pd.DataFrame(
        [{"method": m, "seed": s, "metric": "accuracy", "value": v, "device": d} for m, s, v, d in (
            ("a", 1, 50.0, "cpu"), ("a", 2, 52.0, "cpu"), ("a", 3, 54.0, "cpu"), ("a", 4, 99.0, "cuda"),
            ("b", 1, 10.0, "cpu"), ("b", 2, 20.0, "cpu"),
        )]
    )  # fmt: skip
    results = Results(Path(), "fake.laptop", rows)

    def tolerance(place: int, trial: Train | Score | Measure) -> float | None:
        row = {str(name): value for name, value in rows.iloc[place].items()}
        return Committed(results, row, Cell({"method": row["method"], "seed": row["seed"]}, trial)).tolerance()

    assert tolerance(0, Measure(Pick(network, "last"), network)) == pytest.approx(8.0)  # four times the sd of 2
    assert tolerance(4, network) is None, "two seeds tell no spread"
    assert tolerance(0, Score("left", 1)) == 1.0, "what is not trained differs by rounding alone"
