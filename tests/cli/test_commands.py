"""The commands, as a user gives them: what they say, what they leave, and with which status they end."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mtl_bench import workspace
from mtl_bench.core.store import Store
from mtl_bench.execution import maintenance
from mtl_bench.study import Scale
from tests.core.fakes import wait_for
from tests.core.test_kill import group_is_gone, wait_until
from tests.studies import FAKE, ROOT, Desk, Outcome

OLDER = "0" * 12  # the digest of other code


@pytest.mark.slow
def test_a_run_computes_judges_and_ends_with_the_page(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    done = mtl_bench("run", "fake")
    assert (done.status, done.err) == (0, "")
    assert "fake at laptop scale: 0 of 10 cells done" in done.out
    assert "holds  right beats left" in done.out
    *told, address = [re.sub(r"[+−]?\d+\.\d+", "N", line) for line in done.out.splitlines()]
    assert told[1:-1] == [
        "0 of 10 cells",
        "accuracy (%), mean ± standard deviation over seeds (target both, n 5):",
        "method  accuracy",
        "left    N ± N",
        "right   N ± N",
        "",
        "holds  right beats left: N points [N, N], n = 5, p < N",
    ]
    assert re.fullmatch(r"10 cells computed in \d+ s", told[-1])
    assert address == "reports/fake.laptop.html"
    assert "right beats left" in Path(done.last).read_text(encoding="utf-8")
    assert "right beats left" in Path("reports/fake.laptop.md").read_text(encoding="utf-8")
    assert len(desk.rows("fake.laptop")) == len(desk.log) == 10
    assert "mtl-bench run fake --device cpu" in Path("results/fake.laptop.json").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_part_of_a_study_is_not_said_to_have_made_the_rest(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    def made_by() -> str:
        found = re.search(r"Made by `(.*?)`", Path("reports/fake.laptop.md").read_text(encoding="utf-8"))
        assert found
        return found[1].replace(" --device cpu", "")

    part = "mtl-bench run fake --only method=left --recompute"
    mtl_bench(*shlex.split(part)[1:], "--seeds", "1")
    assert made_by() == f"{part} --seeds 1"
    mtl_bench("run", "fake")
    assert made_by() == "mtl-bench run fake"
    mtl_bench(*shlex.split(part)[1:])
    mtl_bench(*shlex.split(part)[1:])
    assert made_by() == f"mtl-bench run fake; {part}"
    for seed in range(200, 205):
        mtl_bench("run", "fake", "--only", f"seed={seed}", "--recompute")
    assert made_by() == "mtl-bench run fake --scale laptop", "of so many commands, the one that makes their rows too"
    mtl_bench("run", "fake", "--seeds", "6")
    assert made_by() == "mtl-bench run fake --seeds 6"


@pytest.mark.slow
def test_a_finished_study_computes_nothing_even_without_its_store(
    desk: Desk, mtl_bench: Callable[..., Outcome]
) -> None:
    mtl_bench("run", "fake")
    before = {name: content for name, (_, content) in desk.files().items() if "/store/" not in name}
    (desk.folder / "store").rename(desk.folder / "gone")
    done = mtl_bench("run", "fake")
    assert "10 of 10 cells done" in done.out
    assert len(desk.log) == 10
    assert {name: content for name, (_, content) in desk.files().items() if name in before} == before
    assert mtl_bench("report", "fake").last == "reports/fake.laptop.html"
    assert {name: content for name, (_, content) in desk.files().items() if name in before} == before


@pytest.mark.slow
def test_what_is_stored_is_taken_into_lost_results(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    mtl_bench("run", "fake")
    rows = desk.rows("fake.laptop")
    (desk.folder / "results" / "fake.laptop.csv").unlink()
    mtl_bench("run", "fake")
    assert desk.rows("fake.laptop") == rows
    assert len(desk.log) == 10


@pytest.mark.slow
def test_only_some_cells_and_some_seeds(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    assert mtl_bench("run", "fake", "--only", "method=left", "--seeds", "2").status == 0
    assert sorted(desk.log) == ["left-200", "left-201"]
    mtl_bench("run", "fake", "--only", "method=left", "--only", "seed=200", "--only", "seed=204", "--slots", "1")
    assert sorted(desk.log) == ["left-200", "left-201", "left-204"]


@pytest.mark.slow
def test_a_dry_run_says_what_would_run_and_changes_nothing(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    before = desk.files()
    done = mtl_bench("run", "fake", "--dry-run")
    assert re.search(r"5 × Score left, cost not known yet", done.out)
    assert done.last == "10 trials to compute"
    assert desk.files() == before
    mtl_bench("run", "fake", "--seeds", "2")
    before = desk.files()
    done = mtl_bench("run", "fake", "--dry-run", "--slots", "2")
    assert re.search(r"3 × Score right, about 0 s each", done.out)
    assert re.search(r"6 trials to compute; last time this took about 0 s in 2 slots", done.last)
    assert desk.files() == before
    (desk.folder / "store").rename(desk.folder / "gone")  # a fresh clone: what the committed results say
    assert "last time this took about" in mtl_bench("run", "fake", "--dry-run", "--recompute", "--seeds", "2").last


@pytest.mark.slow
def test_here_measures_what_only_the_repository_holds(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    mtl_bench("run", "fake")
    (desk.folder / "store").rename(desk.folder / "gone")  # a fresh clone: rows, and no store
    said = mtl_bench("run", "fake").out.splitlines()[-2]
    assert said == (
        "Nothing was computed: all 10 cells are in results/fake.laptop.csv already. To measure them on this machine: "
        "`mtl-bench run fake --here`, or `make bench-fake ARGS=--here`"
    )
    assert len(desk.log) == 10
    mtl_bench("run", "fake", *shlex.split(said.split("`")[1])[3:], "--only", "method=left")
    assert len(desk.log) == 15
    assert len(desk.rows("fake.laptop")) == 10
    mtl_bench("run", "fake", "--here")
    assert len(desk.log) == 20
    assert (
        "were computed here before. To compute them anew: `mtl-bench run fake --recompute`"
        in mtl_bench("run", "fake").out
    )
    mtl_bench("run", "fake", "--here")
    assert len(desk.log) == 20


@pytest.mark.slow
def test_an_optional_cell_without_its_data_is_left_out_and_said_so(
    desk: Desk, mtl_bench: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALSO", "optional")
    done = mtl_bench("run", "fake")
    assert done.status == 0
    assert "not available: nobody serves it any more" in done.out
    assert len(desk.rows("fake.laptop")) == 10
    monkeypatch.setenv("ALSO", "optional needed")
    done = mtl_bench("run", "fake", "--seeds", "6")
    assert (done.status, done.err) == (2, "nobody serves it any more\n")
    assert len(desk.log) == 10  # nothing was begun that could not be finished


@pytest.mark.slow
def test_recompute_computes_anew(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    mtl_bench("run", "fake")
    mtl_bench("run", "fake", "--recompute", "--only", "method=left", "--only", "seed=201")
    assert Counter(desk.log)["left-201"] == 2
    assert len(desk.log) == 11
    assert len(desk.rows("fake.laptop")) == 10


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("run", "fkae"), 'there is no study "fkae"; did you mean "fake"? (`mtl-bench list` shows all)'),
        (("run", "../fake"), 'there is no study "../fake"; did you mean "fake"? (`mtl-bench list` shows all)'),
        (("report", "zzz"), 'there is no study "zzz" (`mtl-bench list` shows all)'),
        (("run", "fake", "--scale", "lptop"), 'there is no lptop scale; it has smoke, laptop; did you mean "laptop"?'),
        (("run", "fake", "--scale", "paper"), "there is no paper scale; it has smoke, laptop"),
        (
            ("run", "fake", "--only", "metod=left"),
            'fake has no label "metod"; did you mean "method"? (it has method, target, seed)',
        ),
        (
            ("run", "fake", "--only", "method=Left"),
            'fake has no method "Left"; did you mean "left"? (it has left, right)',
        ),
        (("run", "fake", "--only", "left"), "--only left: write a label and its value, for example"),
        (("report", "fake"), "fake has no results at laptop scale yet; run `mtl-bench run fake --scale laptop` first"),
        (
            ("check", "fake"),
            "no baseline: run `mtl-bench run fake --scale laptop`, then commit results/fake.laptop.csv",
        ),
    ],
)
def test_a_mistake_is_one_sentence(mtl_bench: Callable[..., Outcome], words: tuple[str], sentence: str) -> None:
    done = mtl_bench(*words)
    assert done.status == 2
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1


def test_hyphens_are_underscores(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    (desk.folder / "benchmarks" / "two_words.py").write_text(FAKE, encoding="utf-8")
    assert mtl_bench("run", "two-words", "--dry-run").status == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def plan(:\n", "can't be loaded: line 1: "),
        (
            "import no_such_library\n",
            "can't be loaded: ModuleNotFoundError: No module named 'no_such_library' (wrong.py, line 1)",
        ),
        ('"""No study."""\n', "has no STUDY; it must end with STUDY = Study(...)"),
        (FAKE.replace('"seed": seed}, Score', '"seed": 1}, Score'), "two cells have the labels"),
        (
            FAKE.replace("for seed in scale.seeds", "for seed in scale.sedes"),
            "wrong can't be planned at laptop scale: AttributeError",
        ),
        (FAKE.replace("scale.seeds", "scale.pick(smoke=(1,))"), "there is no laptop scale; it has smoke"),
        (
            FAKE.replace("Score(method, seed, log)", 'Score(method, seed, log), metric="loss"'),
            "Score gives accuracy, but a cell asks for loss",
        ),
    ],
)
def test_a_wrong_study_file_is_one_sentence(
    desk: Desk, mtl_bench: Callable[..., Outcome], text: str, sentence: str
) -> None:
    (desk.folder / "benchmarks" / "wrong.py").write_text(text, encoding="utf-8")
    done = mtl_bench("run", "wrong")
    assert done.status == (1 if "a cell asks for" in sentence else 2)
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.slow
def test_a_study_may_be_a_folder(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    folder = desk.folder / "benchmarks" / "large"
    folder.mkdir()
    (folder / "plan.py").write_text(FAKE, encoding="utf-8")
    (folder / "__init__.py").write_text('"""In two files."""\n\nfrom .plan import STUDY as STUDY\n', encoding="utf-8")
    (desk.folder / "benchmarks" / "notes").mkdir()  # no study
    assert workspace.names_in(desk.folder / "benchmarks") == ["fake", "large"]
    assert workspace.headline("large") == "In two files."
    assert workspace.load("large")[1].title == workspace.load("fake")[1].title
    assert mtl_bench("run", "large", "--seeds", "1").status == 0
    assert len(desk.rows("large.laptop")) == len(workspace.load("fake")[1].cells(Scale("laptop", (200,))))
    (desk.folder / "benchmarks" / "large.py").write_text(FAKE, encoding="utf-8")
    done = mtl_bench("run", "large")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "the study large is twice in" in done.err


def test_an_unknown_word_of_a_paper_is_one_sentence_that_names_the_studys_line(
    desk: Desk, mtl_bench: Callable[..., Outcome]
) -> None:
    line = 'paper("ganin2016").gain("Table 2", "DAN", "Source only", {"source": "MNIST", "target": "MNIST-M"})'
    text = f"from mtl_bench.published import paper\n\nSIZE = {line}\n"
    (desk.folder / "benchmarks" / "wrong.py").write_text(text, encoding="utf-8")
    done = mtl_bench("run", "wrong")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert (
        "Table 2 of Ganin et al., JMLR 2016 has no row “DAN”; did you mean “DANN” or “SA”? (wrong.py, line 3)"
        in done.err
    )


def test_without_studies_the_remedy_is_named(
    mtl_bench: Callable[..., Outcome], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTL_BENCH_STUDIES", str(desk.folder / "nowhere"))
    for words in (("list",), ("run", "fake")):
        done = mtl_bench(*words)
        assert done.status == 2
        assert f"there are no studies in {desk.folder}/nowhere: correct MTL_BENCH_STUDIES, or start" in done.err
        assert len(done.err.splitlines()) == 1


@pytest.mark.slow
def test_failures_are_a_line_each_and_the_rest_is_kept(
    desk: Desk, mtl_bench: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALSO", "failing")
    done = mtl_bench("run", "fake")
    assert done.status == 1
    lines = done.err.splitlines()
    assert re.fullmatch(
        r"Fail-\w+: ValueError: this was meant to fail \(traceback: store/failed/Fail-\w+\.txt\)", lines[0]
    )
    assert "1 more trials need what failed" in lines[1]
    assert len(lines) == 2
    assert len(desk.rows("fake.laptop")) == 10
    assert Path("reports/fake.laptop.md").exists()
    assert "ValueError: this was meant to fail" in mtl_bench("status").out


@pytest.mark.slow
def test_broken_results_are_one_sentence_and_tidy_repairs_a_merge(
    desk: Desk, mtl_bench: Callable[..., Outcome]
) -> None:
    mtl_bench("run", "fake", "--seeds", "1")
    path = desk.folder / "results" / "fake.laptop.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    older = (
        rows[0]
        .replace(",50.0,", ",1.0,")
        .replace(",51.0,", ",1.0,")
        .replace(desk.rows("fake.laptop")[0]["finished"][:4], "2001")
    )
    assert older != rows[0]
    path.write_text("".join([header, older, *rows]), encoding="utf-8")
    done = mtl_bench("run", "fake", "--seeds", "1")
    assert done.status == 1
    assert "twice; run `mtl-bench tidy` to keep the newer row" in done.err
    assert "1 of 3 rows dropped" in mtl_bench("tidy").out
    assert path.read_text(encoding="utf-8") == "".join([header, *rows])
    path.write_text(f"<<<<<<< ours\n{header}", encoding="utf-8")
    done = mtl_bench("report", "fake")
    assert done.status == 1
    assert "run `mtl-bench tidy` to keep the rows of both sides" in done.err
    assert len(done.err.splitlines()) == 1


def test_an_unusable_store_is_one_sentence(
    mtl_bench: Callable[..., Outcome], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.folder / "file").touch()
    monkeypatch.setenv("MTL_BENCH_STORE", str(desk.folder / "file"))
    done = mtl_bench("run", "fake")
    assert done.status == 1
    assert str(desk.folder / "file") in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.usefixtures("shipped")
def test_list_names_the_studies(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    (desk.folder / "benchmarks" / "broken.py").write_text("def plan(:\n", encoding="utf-8")
    shipped, own = mtl_bench("list").out.split("\n\n")
    assert [line.split()[0] for line in shipped.splitlines()] == workspace.names_in(ROOT / "benchmarks")
    assert own.splitlines() == [
        "your own, in benchmarks:",
        "broken  (line 1 is not Python)",
        "fake    Left and right: a study of trials that take no time.",
    ]


@pytest.mark.parametrize(
    "how", ["SIGINT", *(pytest.param(how, marks=pytest.mark.slow) for how in ("SIGTERM", "SIGINT twice"))]
)
def test_a_stopped_run_keeps_what_it_has_and_says_how_to_go_on(desk: Desk, how: str) -> None:
    environment = desk.environment(ALSO="waiting")
    words = ("run", "fake", "--device", "cpu", "--slots", "2")
    run = desk.start(*words, environment=environment)
    wait_for(desk.folder / "log.started")
    wait_until(lambda: len(list((desk.folder / "store").glob("*/Score-*/record.json"))) == 10, "the other trials")
    status = desk.start("status").communicate()[0]
    assert re.search(r"running\n  Wait-\w+  50%  step 1/2", status)
    if how == "SIGTERM":
        run.terminate()
    else:
        os.killpg(run.pid, signal.SIGINT)  # a terminal sends it to the workers too
        if how == "SIGINT twice":
            time.sleep(0.05)
            os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (130, "")
    assert out.splitlines()[-1] == "Stopped. 10 of 11 cells are kept; give the same command again to go on."
    wait_until(lambda: group_is_gone(run.pid), "the end of all its processes")
    assert len(desk.rows("fake.laptop")) == 10
    assert "running\n  none" in desk.start("status").communicate()[0]
    (desk.folder / "log.release").touch()
    again = desk.start(*words, environment=environment)
    out, err = again.communicate(timeout=60)
    assert (again.returncode, err) == (0, "")
    assert "10 of 11 cells done" in out
    assert Counter(desk.log) == {**Counter(set(desk.log)), "w": 2}


@pytest.mark.slow
def test_a_stopped_measurement_counts_what_was_measured_here(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    environment = desk.environment(ALSO="waiting")
    words = ("run", "fake", "--device", "cpu", "--slots", "1", "--seeds", "1")
    (desk.folder / "log.release").touch()
    first = desk.start(*words, environment=environment)
    first.communicate(timeout=60)
    assert first.returncode == 0
    (desk.folder / "store").rename(desk.folder / "gone")  # a fresh clone: all rows are there
    for name in ("log.release", "log.started"):
        (desk.folder / name).unlink()
    run = desk.start(*words, "--here", environment=environment)
    wait_for(desk.folder / "log.started")
    run.terminate()
    out, _ = run.communicate(timeout=60)
    assert out.splitlines()[-1] == "Stopped. 2 of 3 cells are kept; give the same command again to go on."


@pytest.mark.slow
def test_a_second_run_says_that_it_waits_for_the_first(desk: Desk) -> None:
    environment = desk.environment(ALSO="waiting")
    words = ("run", "fake", "--device", "cpu", "--slots", "1", "--seeds", "1")
    first = desk.start(*words, environment=environment)
    wait_for(desk.folder / "log.started")
    second = desk.start(*words, environment=environment)
    assert second.stdout is not None
    told = [second.stdout.readline() for _ in range(3)]
    (desk.folder / "log.release").touch()
    rest, err = second.communicate(timeout=60)
    said = f"process {first.pid} computes 1 of these trials already; this command waits for it"
    assert [*told, *rest.splitlines(keepends=True)].count(f"{said}\n") == 1
    assert (second.returncode, err) == (0, "")
    assert first.communicate(timeout=60)[1] == ""
    assert Counter(desk.log)["w"] == 1


@pytest.mark.slow
def test_a_run_can_be_stopped_while_its_workers_start(desk: Desk) -> None:
    """Workers that are still starting do not die of Ctrl-C with tracebacks of their own."""
    run = desk.start("run", "fake", "--device", "cpu", environment=desk.environment(ALSO="waiting"))
    assert run.stdout is not None
    while not run.stdout.readline().startswith("0 of 11 cells\n"):
        pass
    for _ in range(3):
        os.killpg(run.pid, signal.SIGINT)
        time.sleep(0.05)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (130, "")
    assert "give the same command again to go on" in out
    wait_until(lambda: group_is_gone(run.pid), "the end of all its processes")


@pytest.mark.slow
def test_two_runs_fill_one_file_together(desk: Desk) -> None:
    environment = desk.environment(ALSO="waiting")
    first = desk.start("run", "fake", "--device", "cpu", environment=environment)
    wait_for(desk.folder / "log.started")
    second = desk.start("run", "fake", "--device", "cpu", "--seeds", "7", environment=environment)
    wait_until(lambda: len(desk.log) == 15, "the other trials of both")
    (desk.folder / "log.release").touch()
    for run in (first, second):
        assert run.communicate(timeout=60)[1] == ""
        assert run.returncode == 0
    assert len(desk.rows("fake.laptop")) == 15
    assert max(Counter(desk.log).values()) == 1


@pytest.mark.slow
def test_a_terminal_shows_each_running_trial(desk: Desk) -> None:
    leader, follower = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "mtl_bench", "run", "fake", "--device", "cpu", "--seeds", "1"],
        cwd=desk.folder,
        env=desk.environment(ALSO="waiting", TERM="xterm", COLUMNS="120", LINES="30"),
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    shown = b""

    def seen(words: bytes) -> bool:
        nonlocal shown
        shown += os.read(leader, 65536)
        return words in shown

    wait_until(lambda: seen(b"step 1/2"), "the progress of the waiting trial")
    assert b"Wait w" in shown
    assert b"of 3 cells" in shown
    (desk.folder / "log.release").touch()
    try:
        while True:
            seen(b"")
    except OSError:  # the terminal closes with the command
        pass
    os.close(leader)
    assert run.wait(timeout=60) == 0
    assert shown.rstrip().endswith(b"reports/fake.laptop.html")


@pytest.mark.slow
def test_clean_sweeps_what_stopped_runs_left_but_nothing_in_use(
    desk: Desk, mtl_bench: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = desk.environment(ALSO="waiting failing")
    run = desk.start("run", "fake", "--device", "cpu", "--seeds", "1", environment=environment)
    wait_for(desk.folder / "log.started")
    store = desk.folder / "store"
    left = store / "ab" / "Adapt-ab00000000000000.part"
    left.mkdir(parents=True)
    (left / "checkpoint.pt").write_bytes(bytes(3 * 2**20))
    foreign = store / "thesis.tex"
    foreign.write_text("not ours", encoding="utf-8")
    wait_until(lambda: any(store.glob("failed/*.txt")), "the failure")
    wait_until(lambda: {"left-200", "right-200"} <= set(desk.log), "the trials that succeed")
    wait_until(lambda: len(maintenance.running(Store(store))) == 1, "the failed trial to be let go")
    done = mtl_bench("clean")
    assert done.out == "3.0 MiB freed; trials in progress, left alone: 1\n"
    assert not left.exists()
    assert not (store / "failed").exists()
    assert len(list(store.glob("*/Wait-*.part"))) == 1
    refused = mtl_bench("clean", "--all")
    (desk.folder / "log.release").touch()
    run.communicate(timeout=60)
    assert refused.status == 1
    finished = len(list(store.glob("*/*/record.json")))
    assert finished == 3
    monkeypatch.setattr(sys, "stdin", open(os.devnull, encoding="utf-8"))  # noqa: SIM115, PTH123
    assert mtl_bench("clean", "--all").status != 0
    assert len(list(store.glob("*/*/record.json"))) == finished
    answer = desk.folder / "yes"
    answer.write_text("y\n", encoding="utf-8")
    with answer.open(encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert mtl_bench("clean", "--all").status == 0
    assert [path.name for path in store.iterdir()] == ["thesis.tex"]
    assert len(desk.rows("fake.laptop")) == 3


def spoil(desk: Desk, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """Change every row of the results, as if they had come from other code."""
    path = desk.folder / "results" / "fake.laptop.csv"
    rows = [change(dict(row)) for row in desk.rows("fake.laptop")]
    path.write_text("\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n", encoding="utf-8")


@pytest.mark.slow
def test_check_passes_on_what_did_not_change(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    mtl_bench("run", "fake")
    before = desk.files()
    done = mtl_bench("check", "fake")
    assert (done.status, done.err) == (0, "")
    assert "no regression" in done.out
    assert {name: state for name, state in desk.files().items() if "/results/" in name or "/reports/" in name} == {
        name: state for name, state in before.items() if "/results/" in name or "/reports/" in name
    }


@pytest.mark.slow
def test_check_finds_a_drop_and_confirms_it_with_new_seeds(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    mtl_bench("run", "fake")
    spoil(desk, lambda row: {**row, "value": str(float(row["value"]) + 20 * (row["method"] == "right")), "code": OLDER})
    done = mtl_bench("check", "fake", "--junit", "junit.xml", "--summary", "summary.md")
    assert done.status == 1
    assert {"right-200", "right-204"} <= set(desk.log)
    suite = ElementTree.parse("junit.xml").getroot()
    failed = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    assert any("method=right" in (name or "") for name in failed)
    assert not any("method=left" in (name or "") for name in failed)
    assert "regressed" in Path("summary.md").read_text(encoding="utf-8")
    assert len(desk.rows("fake.laptop")) == 10, "a check changed the results"


@pytest.mark.slow
def test_check_finds_that_equal_code_gives_other_numbers(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    mtl_bench("run", "fake")
    spoil(desk, lambda row: {**row, "value": str(float(row["value"]) + 0.001)})
    done = mtl_bench("check", "fake")
    assert done.status == 1
    assert "nondeterminism" in done.out


@pytest.mark.slow
def test_check_cannot_judge_one_seed(desk: Desk, mtl_bench: Callable[..., Outcome]) -> None:
    mtl_bench("run", "fake", "--seeds", "1")
    spoil(desk, lambda row: {**row, "value": "99.0", "code": OLDER})
    assert mtl_bench("check", "fake").status == 2


@pytest.mark.slow
def test_check_compares_with_the_commit_and_recomputes_what_older_code_left(
    desk: Desk, mtl_bench: Callable[..., Outcome]
) -> None:
    mtl_bench("run", "fake")
    for words in (
        ("init", "-q"),
        ("add", "results"),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "results"),
    ):
        subprocess.run(["git", *words], check=True)
    spoil(desk, lambda row: {**row, "value": "99.0", "code": OLDER})  # not committed
    desk.change_records(desk.rows("fake.laptop")[0]["key"], lambda record: {"code": OLDER})
    done = mtl_bench("check", "fake")
    assert done.status == 0, done.out
    assert len(desk.log) == 11
    assert mtl_bench("check", "fake", "--baseline", "results").status == 1


def test_help_says_what_each_command_is_for(mtl_bench: Callable[..., Outcome]) -> None:
    done = mtl_bench("--help")
    assert done.status == 0
    for command in ("run", "report", "check", "why", "status", "list", "tidy", "clean", "data"):
        assert re.search(rf"│ {command} +\w", done.out), command


@pytest.mark.slow
def test_the_command_works_from_any_folder(tmp_path: Path) -> None:
    """The project is found beside the package, wherever the command is given."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "mtl_bench", "list"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "quickstart" in done.stdout
