"""`mtl-bench why`: every trial behind a number, and what differs between two."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections.abc import Callable, Mapping

import pytest

from tests.chains import CHAIN
from tests.studies import Desk, Outcome

Give = Callable[..., Outcome]
ONE = ("why", "chain", "method=odd", "rule=last", "seed=200")
NAME = "chain.laptop"


@pytest.fixture
def chain(desk: Desk, mtl_bench: Give) -> Desk:
    """A desk on which the study of chains was run."""
    (desk.folder / "benchmarks" / "chain.py").write_text(CHAIN, encoding="utf-8")
    assert mtl_bench("run", "chain", "--slots", "1").status == 0
    return desk


def row(desk: Desk, method: str = "odd", metric: str = "accuracy", seed: str = "200") -> dict[str, str]:
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
    assert (done.status, done.err) == (0, "")
    assert "\x1b" not in done.out
    return [line.strip() for line in done.out.splitlines()]


@pytest.mark.slow
def test_a_number_comes_with_every_trial_behind_it(chain: Desk, mtl_bench: Give) -> None:
    told = lines(mtl_bench(*ONE))
    assert told[:3] == [
        "chain at laptop scale",
        "method=odd rule=last seed=200 metric=accuracy device=cpu",
        "accuracy  64  (from results/chain.laptop.csv)",
    ]
    key = row(chain)["key"]
    record = json.loads(next((chain.folder / "store").glob(f"*/{key}/record.json")).read_text(encoding="utf-8"))
    heads = [line for line in told if re.fullmatch(r"[\w.]+: \w+-[0-9a-f]{16}", line)]
    assert [head.partition(":")[0] for head in heads] == ["Measure", "Measure.selection", "Measure.selection.of"]
    assert heads[0] == f"Measure: {key}"
    assert told.count(f"code {record['code']} (today's code), commit {record['commit']}") == 3  # all of one module
    for parameter in ("method = Odd", "method.weight = 1.0", "recipe.steps = 10", 'rule = "last"'):
        assert told.count(parameter) == 1, parameter
    assert "data circles train inputs 0123456789abcdef" in told
    assert "data circles train labels fedcba9876543210" in told
    assert any(line.startswith(f"environment {record['environment']}: ") and "torch " in line for line in told)
    assert not any("not in the store" in line for line in told)


@pytest.mark.slow
def test_older_code_is_said_to_be_older(chain: Desk, mtl_bench: Give) -> None:
    today = row(chain)["code"]
    change_rows(chain, lambda one: {**one, "code": "0" * 12})
    chain.change_records("Measure-*", lambda record: {"code": "0" * 12})
    told = "\n".join(lines(mtl_bench(*ONE)))
    assert f"code {'0' * 12} (today's is {today})" in told
    assert told.count(f"code {today} (today's code)") == 2


@pytest.mark.slow
def test_a_fresh_clone_says_what_it_knows_from_the_results_alone(chain: Desk, mtl_bench: Give) -> None:
    (chain.folder / "store").rename(chain.folder / "gone")
    told = lines(mtl_bench(*ONE))
    assert "not in the store here; this is what results/chain.laptop.csv says" in told
    assert told.count("not in the store here") == 2  # the trials that it needs
    assert f"on cpu, finished {row(chain)['finished']}, environment {row(chain)['environment']}" in told
    assert "method.weight = 1.0" in told
    change_rows(chain, lambda one: {**one, "key": "Measure-0000000000000000"} if one["seed"] == "200" else one)
    told = lines(mtl_bench(*ONE))
    assert told[-1].endswith("so only results/chain.laptop.csv knows it")


@pytest.mark.slow
def test_a_number_that_was_planned_once_is_explained_from_the_store(chain: Desk, mtl_bench: Give) -> None:
    mtl_bench("run", "chain", "--seeds", "3")
    told = lines(mtl_bench(*ONE[:-1], "seed=202"))
    assert told.count("seed = 202") == 1
    assert told.count("method.weight = 1.0") == 1
    assert sum("(today's is unknown)" in line for line in told) == 3


@pytest.mark.slow
def test_another_run_in_the_store_is_not_taken_for_the_rows(chain: Desk, mtl_bench: Give) -> None:
    chain.change_records(row(chain)["key"], lambda record: {"finished": "2001-01-01T00:00:00+00:00", "commit": "wrong"})
    done = mtl_bench(*ONE)
    assert "the store holds another run, finished 2001-01-01T00:00:00+00:00" in done.out
    assert "wrong" not in done.out


@pytest.mark.slow
def test_what_is_not_computed_yet_is_said_so(chain: Desk, mtl_bench: Give) -> None:
    told = lines(mtl_bench(*ONE, "--scale", "paper"))
    assert "accuracy  not computed yet" in told
    assert "recipe.steps = 1000" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("method=odd",), "4 cells of chain fit; say which by rule: best source accuracy, last; seed: 200, 201"),
        (
            ("metod=odd",),
            'chain has no label "metod"; did you mean "method"? (it has method, rule, seed, metric, device)',
        ),
        (("method=Odd",), 'chain has no method "Odd"; did you mean "odd"? (it has even, heavy, odd)'),
        (("odd",), 'odd: write a label and its value, for example "method=source only"'),
        (("metric=loss", "rule=best source accuracy"), "chain has no cell with all of metric=loss"),
        ((*ONE[2:], "--versus", "rule=lst"), 'chain has no rule "lst"; did you mean "last"?'),
        ((*ONE[2:], "metric=loss", "--versus", "rule=best source accuracy"), "chain has no cell with all of"),
        ((*ONE[2:], "--versus", "committed"), "the last commit has no row of this cell in chain.laptop.csv"),
    ],
)
def test_a_mistake_is_one_sentence(chain: Desk, mtl_bench: Give, words: tuple[str], sentence: str) -> None:
    done = mtl_bench("why", "chain", *words)
    assert done.status == 2
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.slow
def test_accuracy_is_meant_unless_another_metric_is_named(chain: Desk, mtl_bench: Give) -> None:
    assert "loss  0.25  (from" in mtl_bench(*ONE, "metric=loss").out


@pytest.mark.slow
def test_of_two_numbers_only_the_paths_that_differ_are_told(chain: Desk, mtl_bench: Give) -> None:
    assert lines(mtl_bench(*ONE, "--versus", "method=heavy")) == [
        "chain at laptop scale",
        "method=odd → method=heavy",
        "accuracy  64 → 64",
        "parameters",
        "Measure.network.method.weight: 1.0 → 0.5",
        "Measure.selection.of.method.weight: 1.0 → 0.5",
    ]
    told = lines(mtl_bench(*ONE, "--versus", "method=even"))
    assert "Measure.network.method: Odd → Even" in told
    assert "Measure.network.method.weight: 1.0 → (absent)" in told


@pytest.mark.slow
def test_data_are_compared_by_digest(chain: Desk, mtl_bench: Give) -> None:
    told = lines(mtl_bench(*ONE, "--versus", "seed=201"))
    assert told[2:] == ["accuracy  64 → 65", "parameters", *told[4:6]]
    assert [line.partition(":")[0].rpartition(".")[2] for line in told[4:]] == ["seed", "seed"]
    chain.change_records(row(chain, seed="201")["key"], lambda record: {"data": {"circles train labels": "other"}})
    told = lines(mtl_bench(*ONE, "--versus", "seed=201"))
    assert told[told.index("data") + 1] == "circles train labels: fedcba9876543210 → other"


@pytest.mark.slow
def test_code_and_environment_are_compared_entry_by_entry(chain: Desk, mtl_bench: Give) -> None:
    (digest,) = {one["environment"] for one in chain.rows(NAME)}
    path = chain.folder / "results" / f"{NAME}.json"
    provenance = json.loads(path.read_text(encoding="utf-8"))
    torch = provenance["environments"][digest]["torch"]
    provenance["environments"]["0" * 8] = {**provenance["environments"][digest], "torch": "1.0"}
    path.write_text(json.dumps(provenance), encoding="utf-8")
    key, older = row(chain, "heavy")["key"], {"code": "0" * 12, "environment": "0" * 8}
    chain.change_records(key, lambda record: older)
    change_rows(chain, lambda one: {**one, **older} if one["key"] == key else one)
    told = lines(mtl_bench(*ONE, "--versus", "method=heavy"))
    assert told[told.index("code") + 1] == f"Measure: {row(chain)['code']} → {'0' * 12}"
    # The trials that it needs had the newer one.
    assert told[told.index("environment") + 1 :] == [f"torch: {torch} → 1.0 and {torch}"]


@pytest.mark.slow
def test_a_row_beside_the_committed_one(chain: Desk, mtl_bench: Give) -> None:
    commit(chain)
    assert lines(mtl_bench(*ONE, "--versus", "committed"))[1:] == [
        "the last commit → results/chain.laptop.csv",
        "accuracy  64 → 64",
        "nothing that is known here differs",
    ]
    change_rows(chain, lambda one: {**one, "code": "0" * 12, "value": "61.5"} if one["metric"] == "accuracy" else one)
    told = lines(mtl_bench(*ONE, "--versus", "committed"))
    assert "accuracy  64 → 61.5" in told
    assert any(line.startswith("Measure: ") and line.endswith(f" → {'0' * 12}") for line in told)


@pytest.mark.slow
def test_a_changed_plan_shows_beside_the_committed_row(chain: Desk, mtl_bench: Give) -> None:
    commit(chain)
    study = chain.folder / "benchmarks" / "chain.py"
    study.write_text(
        study.read_text(encoding="utf-8").replace('"odd": Odd()', '"odd": Odd(weight=2.0)'), encoding="utf-8"
    )
    mtl_bench("run", "chain")
    told = lines(mtl_bench(*ONE, "--versus", "committed"))
    assert "Measure.network.method.weight: 1.0 → 2.0" in told


@pytest.mark.slow
def test_explaining_changes_nothing(chain: Desk, mtl_bench: Give) -> None:
    commit(chain)
    before = {name: state for name, state in chain.files().items() if "/.git/" not in name}
    for words in ((), ("--versus", "seed=201"), ("--versus", "committed")):
        assert mtl_bench(*ONE, *words).status == 0
    assert {name: state for name, state in chain.files().items() if "/.git/" not in name} == before
