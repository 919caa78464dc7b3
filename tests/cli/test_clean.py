"""Cleaning the store of what nothing needs, what the disk is used for, usual scales, and estimates of cost."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mtl_bench import workspace
from mtl_bench.core.store import Store
from mtl_bench.core.trial import key
from mtl_bench.datasets.files.placed import data_root
from mtl_bench.execution import maintenance
from mtl_bench.execution.costs import Rates, own_seconds
from tests.chains import CHAIN, Even, Measure, Odd, Pick, Plan, Train
from tests.core.fakes import wait_for
from tests.studies import FAKE, Desk, Outcome

Give = Callable[..., Outcome]


@pytest.fixture
def chain(desk: Desk) -> Desk:
    """A desk with the study of chains beside the usual one."""
    (desk.folder / "benchmarks" / "chain.py").write_text(CHAIN, encoding="utf-8")
    return desk


@pytest.fixture
def answer(desk: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch) -> Give:
    """Gives `clean --unreferenced` and answers the question with the word, "" with nothing."""

    def give(word: str) -> Outcome:
        (desk.folder / "answer").write_text(f"{word}\n", encoding="utf-8")
        with (desk.folder / "answer").open(encoding="utf-8") as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            return mtl_bench("clean", "--unreferenced")

    return give


def stored(desk: Desk, seed: int | None = None) -> dict[str, str]:
    """The records in the store by key; with `seed`, of the trials that have it somewhere."""
    records = {
        path.parent.name: path.read_text(encoding="utf-8") for path in (desk.folder / "store").glob("*/*/record.json")
    }
    return {name: text for name, text in records.items() if seed is None or f'"seed": {seed}\n' in text}


def rewrite(desk: Desk, name: str, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    rows = [changed for one in desk.rows(name) if (changed := change(one)) is not None]
    with (desk.folder / "results" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.slow
def test_rows_of_more_seeds_than_planned_keep_all_that_they_need(chain: Desk, mtl_bench: Give, answer: Give) -> None:
    mtl_bench("run", "chain", "--seeds", "4")
    before = stored(chain)
    done = mtl_bench("clean", "--unreferenced")
    assert done.out == f"nothing to remove: all {len(before)} finished trials in store are needed\n"
    rewrite(chain, "chain.laptop", lambda row: None if row["seed"] == "203" else row)
    going = stored(chain, seed=203)
    assert len(going) == 15  # of three methods a training, two choices and two measurements
    done = mtl_bench("clean", "--unreferenced", "--dry-run")
    assert re.fullmatch(
        rf"15 of {len(before)} finished trials \(\d\.\d MiB\) in store that neither results nor studies need: "
        r"6 Measure, 6 Pick, 3 Train\n",
        done.out,
    )
    assert stored(chain) == before
    assert answer("n").status == 1
    assert stored(chain) == before
    done = answer("y")
    assert done.status == 0
    assert f"freed; {len(before) - 15} finished trials are left" in done.out
    assert stored(chain) == {name: text for name, text in before.items() if name not in going}
    assert stored(chain, seed=202)


@pytest.mark.slow
def test_what_is_planned_at_any_scale_stays_without_a_row(chain: Desk, mtl_bench: Give, answer: Give) -> None:
    mtl_bench("run", "chain", "--scale", "smoke")
    mtl_bench("run", "chain")
    before = stored(chain)
    for path in (chain.folder / "results").glob("*.csv"):
        path.unlink()
    assert "nothing to remove" in answer("y").out
    assert stored(chain) == before


@pytest.mark.slow
def test_the_rows_of_a_study_that_is_gone_keep_its_trials(chain: Desk, mtl_bench: Give, answer: Give) -> None:
    mtl_bench("run", "fake")
    mtl_bench("run", "chain")
    before = stored(chain)
    (chain.folder / "benchmarks" / "chain.py").unlink()
    assert "nothing to remove" in answer("y").out
    assert stored(chain) == before
    (chain.folder / "results" / "chain.laptop.csv").unlink()
    assert answer("y").status == 0
    assert {name.partition("-")[0] for name in stored(chain)} == {"Score"}
    assert len(stored(chain)) == 10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import no_such_library\n", "broken.py can't be loaded: ModuleNotFoundError"),
        (FAKE.replace("scale.seeds", "scale.pick(laptop=(1,))"), "broken can't be planned at smoke scale"),
    ],
)
def test_a_study_that_cannot_be_loaded_removes_nothing(
    desk: Desk, mtl_bench: Give, answer: Give, text: str, sentence: str
) -> None:
    mtl_bench("run", "fake")
    (desk.folder / "results" / "fake.laptop.csv").unlink()
    (desk.folder / "benchmarks" / "fake.py").unlink()
    (desk.folder / "benchmarks" / "broken.py").write_text(text, encoding="utf-8")
    before = stored(desk)
    done = answer("y")
    assert done.status == 2
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1
    assert stored(desk) == before


@pytest.mark.slow
def test_a_broken_record_of_a_row_removes_nothing(chain: Desk, mtl_bench: Give, answer: Give) -> None:
    mtl_bench("run", "chain", "--seeds", "3")
    (key_of_row,) = {row["key"] for row in chain.rows("chain.laptop") if row["seed"] == "202"} & {
        name
        for name in stored(chain, seed=202)
        if "best source" in stored(chain)[name] and '"weight": 0.5' in stored(chain)[name]
    }
    (record,) = (chain.folder / "store").glob(f"*/{key_of_row}/record.json")
    record.write_text("{", encoding="utf-8")
    before = stored(chain)
    done = answer("y")
    assert (done.status, len(done.err.splitlines())) == (1, 1)
    assert f"{key_of_row} and give the same command again" in done.err
    assert stored(chain) == before


@pytest.mark.slow
@pytest.mark.parametrize("mark", ["<<<<<<< ours\n{}", "{}=======\n"])
def test_results_that_cannot_be_read_remove_nothing(desk: Desk, mtl_bench: Give, answer: Give, mark: str) -> None:
    mtl_bench("run", "fake", "--seeds", "6")
    path = desk.folder / "results" / "fake.laptop.csv"
    path.write_text(mark.format(path.read_text(encoding="utf-8")), encoding="utf-8")
    before = stored(desk)
    done = answer("y")
    assert (done.status, len(done.err.splitlines())) == (1, 1)
    assert f"{path} holds the conflict of a merge" in done.err and "run `mtl-bench tidy`" in done.err
    assert stored(desk) == before


@pytest.mark.slow
@pytest.mark.parametrize("damage", [b"\xff\xfe", b"x" * 200_000, b"", b"<<<<<<< ours\n"])
def test_status_says_what_is_damaged_and_goes_on(desk: Desk, mtl_bench: Give, damage: bytes) -> None:
    mtl_bench("run", "fake", "--seeds", "1")
    results = desk.folder / "results"
    (results / "another.laptop.csv").write_bytes(damage + (results / "fake.laptop.csv").read_bytes() * bool(damage))
    done = mtl_bench("status")
    assert (done.status, done.err) == (0, "")
    [line] = [line for line in done.out.splitlines() if "another.laptop  " in line]
    assert str(results / "another.laptop.csv") in line and ("git checkout" in line or "mtl-bench tidy" in line)
    assert any("fake.laptop  2 rows" in line for line in done.out.splitlines())


@pytest.mark.slow
def test_nothing_is_removed_while_trials_run(desk: Desk, mtl_bench: Give, answer: Give) -> None:
    mtl_bench("run", "fake", "--seeds", "6")
    rewrite(desk, "fake.laptop", lambda row: None if row["seed"] == "205" else row)
    run = desk.start("run", "fake", "--device", "cpu", environment=desk.environment(ALSO="waiting"))
    wait_for(desk.folder / "log.started")
    done = answer("y")
    (desk.folder / "log.release").touch()
    run.communicate(timeout=60)
    assert done.status == 1
    assert "1 trials of store are being computed; stop them first" in done.err
    assert len(stored(desk, seed=205)) == 2
    assert answer("y").status == 0
    assert not stored(desk, seed=205)


@pytest.mark.slow
@pytest.mark.parametrize("words", [("--all", "--unreferenced"), ("--dry-run",), ("--all", "--dry-run")])
def test_options_that_do_not_go_together_are_refused(desk: Desk, mtl_bench: Give, words: tuple[str]) -> None:
    mtl_bench("run", "fake", "--seeds", "1")
    assert mtl_bench("clean", *words).status == 2
    assert len(stored(desk)) == 2


@pytest.mark.slow
def test_status_tells_what_the_disk_is_used_for(desk: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTL_BENCH_DATA", str(desk.folder / "elsewhere"))
    monkeypatch.setenv("MTL_BENCH_STORE", str(desk.folder / "results" / "store"))  # where it is by default
    mtl_bench("run", "fake", "--seeds", "1")
    for name, mebibytes in (("elsewhere/mnist", 3), ("results/store/ab/Adapt-ab00000000000000", 5), ("reports", 2)):
        (desk.folder / name).mkdir(parents=True, exist_ok=True)
        (desk.folder / name / "filling").write_bytes(os.urandom(mebibytes * 2**20))
    out = mtl_bench("status").out
    assert re.search(r"store\n  2 finished trials \(5\.\d MiB\) in results/store\n", out)
    assert re.search(r"\n  results +0\.\d MiB  results\n", out)
    assert re.search(r"\n  reports +2\.\d MiB  reports\n", out)
    assert re.search(r"\n  data +3\.\d MiB  elsewhere\n", out)


@pytest.mark.parametrize("elsewhere", ["", "some/where"])
def test_the_data_folder_is_the_one_that_data_sets_use(monkeypatch: pytest.MonkeyPatch, elsewhere: str) -> None:
    monkeypatch.setenv("MTL_BENCH_DATA", elsewhere)
    assert workspace.places().data == data_root()


def test_what_is_unfinished_is_measured_and_not_counted(tmp_path: Path) -> None:
    for name in ("Adapt-ab00000000000000", "Adapt-ab00000000000001.part"):
        (tmp_path / "ab" / name).mkdir(parents=True)
        (tmp_path / "ab" / name / "record.json").write_bytes(os.urandom(2**20))
    assert list(Store(tmp_path).keys()) == ["Adapt-ab00000000000000"]
    assert 2 <= maintenance.measured(tmp_path) / 2**20 < 2.2
    assert maintenance.measured(tmp_path / "nowhere") == 0


def test_status_needs_neither_torch_nor_pandas(desk: Desk) -> None:
    code = "import sys; from mtl_bench.__main__ import app; app(['status'], standalone_mode=False); " + (
        "print(sorted({'torch', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=desk.environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_a_study_without_laptop_scale_is_meant_at_paper_scale(desk: Desk, mtl_bench: Give) -> None:
    (desk.folder / "benchmarks" / "fake.py").write_text(FAKE.replace('"laptop": 5', '"paper": 3'), encoding="utf-8")
    assert "fake at paper scale: 0 of 6 cells done" in mtl_bench("run", "fake", "--dry-run").out
    assert mtl_bench("data", "fetch", "fake").status == 0
    assert mtl_bench("run", "fake").last == "reports/fake.paper.html"
    assert mtl_bench("report", "fake").last == "reports/fake.paper.html"
    assert mtl_bench("check", "fake").status == 0
    assert mtl_bench("why", "fake", "method=left", "seed=200").out.startswith("fake at paper scale\n")
    (desk.folder / "benchmarks" / "fake.py").write_text(FAKE.replace('"laptop": 5', '"smoke": 2'), encoding="utf-8")
    done = mtl_bench("run", "fake")
    assert "there is no laptop scale; it has smoke" in done.err


@pytest.mark.slow
def test_cost_at_a_scale_that_never_ran_is_estimated_from_another(
    chain: Desk, mtl_bench: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = ("run", "chain", "--scale", "paper", "--dry-run", "--slots", "2")
    assert mtl_bench(*paper).last == "30 trials to compute"
    mtl_bench("run", "chain")
    rewrite(chain, "chain.laptop", lambda row: {**row, "seconds": "103" if "best" in row["rule"] else "100"})
    (chain.folder / "store").rename(chain.folder / "gone")  # a fresh clone: what the committed results say
    before = chain.files()
    done = mtl_bench(*paper)
    # 8,000 images instead of 40: 200 times 100 s, for each of 3 methods and 2 seeds; half of the rest costs 3 s.
    assert "     4 × Train Odd, about 5.6 h each (estimated from laptop scale)\n" in done.out
    assert done.last == (
        "30 trials to compute; about 16.7 h in 2 slots, estimated from laptop scale by how long they train"
    )
    assert mtl_bench(*paper[:-1], "1").last.startswith("30 trials to compute; about 33.3 h in 1 slots")
    assert chain.files() == before
    study = chain.folder / "benchmarks" / "chain.py"
    plain = study.read_text(encoding="utf-8")
    study.write_text(plain.replace("plan=plan,", 'plan=plan, takes={"paper": "a week"},'), encoding="utf-8")
    assert mtl_bench(*paper).last.endswith("; by the study's own estimate a week")  # which knows larger networks
    study.write_text(plain, encoding="utf-8")
    monkeypatch.setenv("ALSO", "novel")  # a method that no other scale has, and data that nobody serves
    done = mtl_bench(*paper)
    assert done.status == 0
    assert re.search(r"1 × Train Novel, cost not known yet", done.out)
    assert done.last.endswith("by how long they train; without the 2 trials whose cost is not known yet")


@pytest.mark.slow
def test_other_devices_say_nothing_about_this_one(chain: Desk, mtl_bench: Give) -> None:
    mtl_bench("run", "chain")
    rewrite(chain, "chain.laptop", lambda row: {**row, "device": "cuda"})
    chain.change_records("*", lambda record: {"device": "cuda"})
    assert mtl_bench("run", "chain", "--scale", "paper", "--dry-run").last == "30 trials to compute"


@pytest.mark.slow
def test_what_is_stored_counts_before_what_rows_share_out(chain: Desk, mtl_bench: Give) -> None:
    mtl_bench("run", "chain")
    chain.change_records("Train-*", lambda record: {"seconds": 36.0})
    done = mtl_bench("run", "chain", "--scale", "paper", "--dry-run", "--slots", "1")
    assert re.search(r"Train Even, about 2\.0 h each \(estimated from laptop scale\)", done.out)
    assert "about 12.0 h in 1 slots" in done.last


def test_the_seconds_of_rows_are_shared_out_among_the_trials() -> None:
    """A row's seconds are those of all that it needs, so a training that five rows need must count once."""
    train = Train(Odd(), Plan(10, 4), 1)
    last, best = (Measure(Pick(train, rule), train) for rule in ("last", "best"))
    found = own_seconds([last, best, Train(Even(), Plan(10, 4), 1)], {key(last): 100.0, key(best): 103.0})
    assert found[key(train)] == 100.0
    assert found[key(best)] == 0.0
    assert sum(found.values()) == 103.0
    assert key(Train(Even(), Plan(10, 4), 1)) not in found


def test_rates_grow_with_steps_and_batch_size_and_tell_methods_apart() -> None:
    rates = Rates("laptop")
    rates.learn(Train(Odd(), Plan(10, 4), 1), 20.0)
    rates.learn(Train(Odd(), Plan(20, 4), 1), 40.0)
    rates.learn(Pick(Train(Odd(), Plan(10, 4), 1), "last"), 3.0)
    assert rates.of(Train(Odd(weight=0.5), Plan(40, 8), 2)) == 160.0
    assert rates.of(Pick(Train(Even(), Plan(999, 4), 1), "last")) == 3.0
    assert rates.of(Train(Even(), Plan(10, 4), 1)) is None
