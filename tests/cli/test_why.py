"""`mtl-bench why`: the whole ancestry of a number, and what differs between two."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.chains import CHAIN
from tests.studies import Desk, Outcome

Give = Callable[..., Outcome]
ONE = ("why", "chain", "method=odd", "rule=last", "seed=100")
NAME = "chain.laptop"


@pytest.fixture
def chain(desk: Desk, mtl_bench: Give) -> Desk:
    """A desk on which the study of chains was run."""
    (desk.folder / "benchmarks" / "chain.py").write_text(CHAIN, encoding="utf-8")
    assert mtl_bench("run", "chain", "--slots", "1").status == 0
    return desk


def row(desk: Desk, method: str = "odd", metric: str = "accuracy", seed: str = "100") -> dict[str, str]:
    wanted = {"method": method, "rule": "last", "seed": seed, "metric": metric}
    (found,) = (one for one in desk.rows(NAME) if wanted.items() <= one.items())
    return found


def change_rows(desk: Desk, change: Callable[[dict[str, str]], Mapping[str, str] | None]) -> None:
    """Change the rows of the results, or leave some out."""
    rows = [changed for one in desk.rows(NAME) if (changed := change(one)) is not None]
    with (desk.folder / "results" / f"{NAME}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def commit(desk: Desk) -> None:
    for words in (
        ("init", "-q"),
        ("add", "results"),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "results"),
    ):
        subprocess.run(["git", *words], cwd=desk.folder, check=True)


def lines(done: Outcome) -> list[str]:
    """What stands in the lines, without the tree's guides."""
    assert (done.status, done.err) == (0, "")
    assert "\x1b" not in done.out
    assert max(map(len, done.out.splitlines())) <= 100
    return [line.strip("│├└─ ") for line in done.out.splitlines()]


def test_a_number_comes_with_its_whole_ancestry(chain: Desk, mtl_bench: Give) -> None:
    told = lines(mtl_bench(*ONE))
    assert told[0] == "chain at laptop scale"
    assert "method=odd rule=last seed=100" in told
    assert "accuracy  62  (from results/chain.laptop.csv)" in told
    key = row(chain)["key"]
    record = json.loads(next((chain.folder / "store").glob(f"*/{key}/record.json")).read_text(encoding="utf-8"))
    assert key in told
    assert any(f"finished {record['finished']}, commit {record['commit'][:12]}" in line for line in told)
    assert told.count(f"code {record['code']} (today's code)") == 3  # all classes are of one module
    trains = [line for line in told if ": Train-" in line]
    assert [line.partition(":")[0] for line in trains] == ["of", "network"]
    assert trains[1] == trains[0].replace("of: ", "network: ") + " (as above)"
    assert told.count("method = Odd(shape='round', weight=1.0)") == 1
    assert "recipe = Plan(steps=10, batch_size=4)" in told
    assert "rule = 'last'" in told
    assert "read circles images 0123456789abcdef" in told
    assert "read circles labels fedcba9876543210" in told
    assert any("torch " in line for line in told[told.index(f"environment {record['environment']}") :])
    assert f"results/chain.laptop/{key}.curve.csv" in told
    assert "accuracy  ▁▂█  40.5 → 60.25" in told
    assert not any(line.startswith("note ") for line in told)
    assert f"store/{key[-16:-14]}/{key}" in told
    assert not any("not in the store" in line for line in told)


def test_older_code_is_said_to_be_older(chain: Desk, mtl_bench: Give) -> None:
    today = row(chain)["code"]
    change_rows(chain, lambda one: {**one, "code": "older"})
    chain.change_records("Measure-*", lambda record: {"code": "older"})
    told = lines(mtl_bench(*ONE))
    assert f"code older (today's is {today})" in told
    assert told.count(f"code {today} (today's code)") == 2


def test_a_fresh_clone_says_what_it_knows_from_the_results_alone(chain: Desk, mtl_bench: Give) -> None:
    (chain.folder / "store").rename(chain.folder / "gone")
    told = lines(mtl_bench(*ONE))
    assert "not in the store here; from results/chain.laptop.csv:" in told
    assert told.count("not in the store here") == 2  # the trials that it needs
    assert f"on cpu, finished {row(chain)['finished']}, environment {row(chain)['environment']}" in told
    assert "method = Odd(shape='round', weight=1.0)" in told
    assert "accuracy  ▁▂█  40.5 → 60.25" in told
    change_rows(chain, lambda one: {**one, "key": "Measure-0000000000000000"} if one["seed"] == "100" else one)
    told = lines(mtl_bench(*ONE))
    assert "not in the store here and planned no more, so only results/chain.laptop.csv knows it" in " ".join(told)


def test_a_number_that_was_planned_once_is_explained_from_the_store(chain: Desk, mtl_bench: Give) -> None:
    mtl_bench("run", "chain", "--seeds", "3")
    told = lines(mtl_bench(*ONE[:-1], "seed=102"))
    assert told.count("seed = 102") == 1
    assert told.count(f"code {row(chain)['code']} (today's code)") == 3
    assert "method = Odd(shape='round', weight=1.0)" in told


def test_another_run_in_the_store_is_not_taken_for_the_rows(chain: Desk, mtl_bench: Give) -> None:
    change_records(
        chain, row(chain)["key"], lambda record: {"finished": "2001-01-01T00:00:00+00:00", "commit": "wrong"}
    )
    done = mtl_bench(*ONE)
    assert "the store holds another run of it, finished 2001-01-01T00:00:00+00:00" in done.out
    assert "wrong" not in done.out


def test_what_was_computed_again_since_is_said_so(chain: Desk, mtl_bench: Give) -> None:
    assert "computed again since" not in mtl_bench(*ONE).out
    chain.change_records("Pick-*", lambda record: {"finished": "2999-01-01T00:00:00+00:00"})
    assert "computed again since, so perhaps not what gave this number: Pick-" in mtl_bench(*ONE).out


def test_what_is_not_computed_yet_is_said_so(chain: Desk, mtl_bench: Give) -> None:
    told = lines(mtl_bench(*ONE, "--scale", "paper"))
    assert "accuracy  not computed yet" in told
    assert "recipe = Plan(steps=1000, batch_size=8)" in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("method=odd",), "4 cells of chain fit; say which by rule: best source accuracy, last; seed: 100, 101"),
        (
            ("metod=odd",),
            'chain has no label "metod"; did you mean "method"? (it has method, rule, seed, metric, device)',
        ),
        (("method=Odd",), 'chain has no method "Odd"; did you mean "odd"? (it has even, heavy, odd)'),
        (("odd",), 'odd: write a label and its value, for example "method=source only"'),
        (("metric=loss", "rule=best source accuracy"), "with metric=loss, rule is last"),
        ((*ONE[2:], "--versus", "rule=lst"), 'chain has no rule "lst"; did you mean "last"?'),
        (
            (*ONE[2:], "metric=loss", "--versus", "rule=best source accuracy"),
            "the nearest differs in metric too: add --versus metric=accuracy",
        ),
        ((*ONE[2:], "--versus", "committed"), "results/chain.laptop.csv is in no commit"),
        ((*ONE[2:], "--versus", "committed", "--versus", "seed=101"), "--versus committed stands alone"),
    ],
)
def test_a_mistake_is_one_sentence(chain: Desk, mtl_bench: Give, words: tuple[str], sentence: str) -> None:
    done = mtl_bench("why", "chain", *words)
    assert done.status == 1
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1


def test_accuracy_is_meant_unless_another_metric_is_named(chain: Desk, mtl_bench: Give) -> None:
    assert "loss  0.25  (from" in mtl_bench(*ONE, "metric=loss").out


def test_of_two_numbers_only_what_differs_is_told(chain: Desk, mtl_bench: Give) -> None:
    told = lines(mtl_bench(*ONE, "--versus", "method=heavy"))
    assert told[0] == "chain at laptop scale: rule=last seed=100 metric=accuracy device=cpu"
    assert told[1:3] == ["method=odd → method=heavy", "accuracy  62 → 62  (+0)"]
    assert told[4:8] == [
        "parameters",
        "Measure.selection.of.method.weight: 1.0 → 0.5",
        "Measure.network.method.weight: 1.0 → 0.5",
        *told[7:8],
    ]
    assert [line for line in told[7:] if not line.startswith("seconds, ")] == []
    told = lines(mtl_bench(*ONE, "--versus", "method=even"))
    assert "Measure.network.method: Odd(shape='round', weight=1.0) → Even()" in told


def test_nothing_but_the_seed(chain: Desk, mtl_bench: Give) -> None:
    told = lines(mtl_bench(*ONE, "--versus", "seed=101"))
    assert "accuracy  62 → 63  (+1)" in told
    assert "nothing but the seed differs" in told
    chain.change_records(row(chain, seed="101")["key"], lambda record: {"data": {"circles labels": "other"}})
    told = lines(mtl_bench(*ONE, "--versus", "seed=101"))
    assert "nothing but the seed differs" not in told
    assert told[told.index("data") + 1] == "circles labels: fedcba9876543210 → other"


def test_code_and_environment_are_compared_entry_by_entry(chain: Desk, mtl_bench: Give) -> None:
    (digest,) = {one["environment"] for one in chain.rows(NAME)}
    path = chain.folder / "results" / f"{NAME}.json"
    provenance = json.loads(path.read_text(encoding="utf-8"))
    torch = provenance["environments"][digest]["torch"]
    provenance["environments"]["0lder"] = {**provenance["environments"][digest], "torch": "1.0"}
    path.write_text(json.dumps(provenance), encoding="utf-8")
    key, older = row(chain, "heavy")["key"], {"code": "older", "environment": "0lder"}
    chain.change_records(key, lambda record: older)
    change_rows(chain, lambda one: {**one, **older} if one["key"] == key else one)
    told = lines(mtl_bench(*ONE, "--versus", "method=heavy"))
    assert told[told.index("code") + 1] == f"Measure: {row(chain)['code']} → older"
    after = told[told.index("environments") + 1 :]
    assert after[0] == f"torch: {torch} → 1.0 and {torch}"  # the trials that it needs had the newer one
    assert not any(line.startswith(("python", "numpy")) for line in after)


def test_a_row_beside_the_committed_one(chain: Desk, mtl_bench: Give) -> None:
    commit(chain)
    assert lines(mtl_bench(*ONE, "--versus", "committed"))[1:] == [
        "accuracy  62",
        "equal to the committed row, bit for bit",
    ]
    mtl_bench("run", "chain", "--recompute", "--only", "method=odd")
    told = lines(mtl_bench(*ONE, "--versus", "committed"))
    assert "equal to the committed row, bit for bit" in told
    change_rows(chain, lambda one: {**one, "value": "61.5"} if one["metric"] == "accuracy" else one)
    told = lines(mtl_bench(*ONE, "--versus", "committed"))
    assert "accuracy  62 → 61.5  (-0.5)" in told
    assert "the same trial, code, data and environment, as far as is known here" in told
    change_rows(chain, lambda one: {**one, "code": "newer"})
    told = lines(mtl_bench(*ONE, "--versus", "committed"))
    assert any(line.startswith("Measure: ") and line.endswith(" → newer") for line in told)


def test_a_changed_plan_shows_beside_the_committed_row(chain: Desk, mtl_bench: Give) -> None:
    commit(chain)
    study = chain.folder / "benchmarks" / "chain.py"
    study.write_text(
        study.read_text(encoding="utf-8").replace('"odd": Odd()', '"odd": Odd(weight=2.0)'), encoding="utf-8"
    )
    mtl_bench("run", "chain")
    told = lines(mtl_bench(*ONE, "--versus", "committed"))
    assert "Measure.network.method.weight: 1.0 → 2.0" in told


def test_the_results_beside_the_page_are_read_only(chain: Desk, mtl_bench: Give) -> None:
    commit(chain)
    before = {name: state for name, state in chain.files().items() if "/.git/" not in name}
    for words in ((), ("--versus", "seed=101"), ("--versus", "committed")):
        assert mtl_bench(*ONE, *words).status == 0
    assert {name: state for name, state in chain.files().items() if "/.git/" not in name} == before


def test_a_long_curve_fits(tmp_path: Path) -> None:
    from mtl_bench.cli.explain import curve

    rows = "".join(f"{step},{step**2 if step != 25 else 'nan'},\n" for step in range(1000))
    (tmp_path / "curve.csv").write_text(f"step,loss,empty\n{rows}", encoding="utf-8")
    step, loss = curve(tmp_path / "curve.csv")
    assert step.endswith("█  0 → 999")
    assert len(step) < 60
    assert loss.endswith("0 → 998001")
    assert loss.split()[1].startswith("▁·▁")
