"""The GitHub Action: its scripts run here as a runner would run them, with a fake `gh` and a fake `python`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from mtl_bench import workspace
from tests.studies import FAKE, ROOT, Desk

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
SCRIPTS = {step["name"]: step for step in STEPS if "run" in step}
INPUT = re.compile(r"inputs\.([\w-]+)")
# GitHub's own command line for `shell: bash`.
BASH = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail")


def test_every_input_is_used_and_every_used_one_is_there() -> None:
    used = set(INPUT.findall(json.dumps(ACTION["runs"])))
    assert used == set(ACTION["inputs"])
    assert all(value["description"] for value in [*ACTION["inputs"].values(), *ACTION["outputs"].values()])
    assert set(ACTION["outputs"]) == {"status", "junit", "summary"}
    assert {output["value"] for output in ACTION["outputs"].values()} == {
        f"${{{{ steps.check.outputs.{name} }}}}" for name in ACTION["outputs"]
    }


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_valid_and_no_expression_is_put_into_its_text(name: str) -> None:
    step = SCRIPTS[name]
    assert step["shell"] == "bash"
    assert "${{" not in step["run"]
    subprocess.run(["bash", "-n", "-c", step["run"]], check=True)
    for variable in step["env"]:
        assert variable in step["run"] or variable in ("GH_TOKEN", "OMP_NUM_THREADS"), f"{variable} is not used"


def test_workflows_give_the_action_inputs_that_it_has() -> None:
    files = [ROOT / "mtl_bench/starter/accuracy.yml", *(ROOT / ".github/workflows").glob("*.yml")]
    texts = [path.read_text(encoding="utf-8") for path in files]
    jobs = [job for text in texts for job in yaml.safe_load(text)["jobs"].values()]
    steps = [step for job in jobs for step in job["steps"]]
    ours = [step for step in steps if step.get("uses") == "./" or "mtl_bench@" in step.get("uses", "")]
    assert len(ours) == 2
    for step in ours:
        assert "study" in step["with"]
        assert set(step["with"]) <= set(ACTION["inputs"])


@pytest.mark.parametrize("page", ["README.md", "mtl_bench/starter/accuracy.yml"])
def test_the_first_example_checks_a_study_of_the_users_own(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = yaml.safe_load((re.findall(r"```yaml[^\n]*\n(.*?)```", text, re.DOTALL) or [text])[0])
    steps = found if isinstance(found, list) else found["jobs"]["check"]["steps"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    (ours,) = [step for step in steps if "mtl_bench@" in step["uses"]]
    assert ours["uses"] == f"OWNER/mtl_bench@v{version}", "a version, not a branch that moves"
    assert set(ours["with"]) <= set(ACTION["inputs"])
    assert {"studies", "baseline", "only"} <= set(ours["with"])
    assert ours["with"]["study"] not in workspace.study_names()
    named, value = ours["with"]["only"].split("=")
    study = (ROOT / f"mtl_bench/starter/benchmarks/{ours['with']['study']}.py").read_text(encoding="utf-8")
    assert f'"{value}": MeanMatching()' in study and named == "method"


def test_data_and_store_are_cached_where_the_check_has_them() -> None:
    restore, save = (step for step in STEPS if "actions/cache" in step.get("uses", ""))
    assert restore["with"]["path"] == save["with"]["path"] == "${{ runner.temp }}/mtl-bench"
    for name in ("STORE", "DATA"):
        assert re.search(
            rf'export MTL_BENCH_{name}=.*"?\$\{{?.*RUNNER_TEMP/mtl-bench/{name.lower()}', SCRIPTS["Check"]["run"]
        )
    assert restore["with"]["key"].removesuffix("${{ github.sha }}") == restore["with"]["restore-keys"].strip()
    order = [step.get("name") or step["uses"].partition("@")[0] for step in STEPS]
    assert order.index("actions/cache/restore") < order.index("Check") < order.index("actions/cache/save")


def test_every_action_is_pinned_by_its_commit_with_the_tag_beside_it() -> None:
    """A tag can be moved to other code; a digest cannot. `./` is this repository."""
    files = [ROOT / "action.yml", *(ROOT / ".github/workflows").glob("*.yml")]
    lines = [line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    used = [line for line in lines if re.match(r"(- )?uses:", line) and not line.endswith("uses: ./")]
    assert len(used) >= 5
    pinned = re.compile(r"(- )?uses: [\w-]+/[\w-]+(/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in used if not pinned.fullmatch(line)] == []
    by_tag: dict[str, set[str]] = defaultdict(set)
    for line in used:
        name, _, pin = line.partition("uses: ")[2].partition("@")
        by_tag["/".join(name.split("/")[:2])].add(pin)
    assert all(len(pins) == 1 for pins in by_tag.values()), "one action, one version"


class Runner:
    """A folder with what a GitHub runner gives to a script."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.bin, self.temporary = desk, desk.folder / "bin", desk.folder / "runner"
        self.bin.mkdir()
        self.temporary.mkdir()
        self.program("mtl-bench", f'exec "{sys.executable}" -m mtl_bench "$@"')

    def program(self, name: str, script: str) -> None:
        (self.bin / name).write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def give(self, step: str, **variables: str) -> subprocess.CompletedProcess[str]:
        missing = set(SCRIPTS[step]["env"]) - variables.keys() - {"OMP_NUM_THREADS"}
        assert not missing, f"the test gives {step} no {missing}"
        environment: Mapping[str, str] = {
            **self.desk.environment(),
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_OUTPUT": str(self.temporary / "output"),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary"),
            "CUDA_VISIBLE_DEVICES": "",
            **variables,
        }
        script = self.temporary / "script.sh"
        script.write_text(SCRIPTS[step]["run"], encoding="utf-8")
        return subprocess.run(
            [*BASH, str(script)], cwd=self.desk.folder, env=environment, capture_output=True, text=True, timeout=300
        )

    def check(self, **changes: str) -> subprocess.CompletedProcess[str]:
        usual = {
            "STUDY": "fake",
            "SCALE": "laptop",
            "ARGUMENTS": "--slots 2",
            "STUDIES": "",
            "BASELINE": "",
            "ONLY": "",
        }
        return self.give("Check", **{**usual, **changes})

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.temporary / "output").read_text(encoding="utf-8").splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    @property
    def summary(self) -> str:
        return (self.temporary / "summary").read_text(encoding="utf-8")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    desk = Desk(tmp_path)
    (tmp_path / "benchmarks" / "fake.py").write_text(FAKE, encoding="utf-8")
    return Runner(desk)


def measure(runner: Runner) -> None:
    done = runner.desk.start("run", "fake", "--device", "cpu", "--slots", "2")
    out, err = done.communicate(timeout=300)
    assert done.returncode == 0, out + err


@pytest.mark.slow
def test_the_check_reports_and_the_last_step_fails(runner: Runner) -> None:
    measure(runner)
    good = runner.check(STUDIES="benchmarks", BASELINE="results")
    assert good.returncode == 0, good.stderr
    assert runner.outputs["status"] == "0"
    assert Path(runner.outputs["junit"]).exists()
    assert "no regression" in runner.summary
    path = runner.desk.folder / "results" / "fake.laptop.csv"
    held, other = runner.desk.rows("fake.laptop"), "0" * 12
    rows = [{**row, "value": str(float(row["value"]) + 20), "code": other} for row in held]
    path.write_text("\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n", encoding="utf-8")
    bad = runner.check()
    assert bad.returncode == 0, "the steps that report must still run"
    assert runner.outputs["status"] == "1"
    assert "regressed" in runner.summary
    assert "regressed" in Path(runner.outputs["summary"]).read_text(encoding="utf-8")
    said = {}
    for status in ("0", "1", "2"):
        done = runner.give("Result", STATUS=status)
        assert done.returncode == int(status)
        said[status] = done.stdout
    assert said["0"] == ""
    assert "accuracy did not hold, or a run failed" in said["1"] and "could not be checked" in said["2"]
    assert runner.give("Result", STATUS="").returncode == 1, "no status means that a step before failed"


@pytest.mark.slow
def test_what_could_not_be_checked_is_said_in_the_summary(runner: Runner) -> None:
    assert runner.check(STUDY="fkae").returncode == 0
    assert runner.outputs["status"] == "2", "a typo is no regression"
    assert "junit" not in runner.outputs
    assert 'did you mean "fake"?' in runner.summary


@pytest.mark.slow
def test_only_names_cells_a_line_each(runner: Runner) -> None:
    measure(runner)
    assert runner.check(ONLY="method=left\n\nseed=200\nseed=201\n").returncode == 0
    assert runner.outputs["status"] == "0"
    assert "--only leaves 1 cell out" in runner.summary
    assert runner.check(ONLY="method=lfet").returncode == 0
    assert runner.outputs["status"] == "2", "a typo is no regression"
    assert 'did you mean "left"?' in runner.summary


@pytest.mark.slow
def test_inputs_are_words_never_commands(runner: Runner) -> None:
    evil = '"; touch broken; $(touch broken) `touch broken`'
    runner.check(STUDY=evil, ARGUMENTS="$(touch broken) ; touch broken", ONLY="$(touch broken)\n`touch broken`")
    runner.program("python", 'printf "%s\\n" "$@" >> words')
    runner.give(
        "Install", ACTION="/the action", INSTALL="-e .\n; touch broken $(touch broken)", TORCH_INDEX="https://x"
    )
    assert not (runner.desk.folder / "broken").exists()
    words = (runner.desk.folder / "words").read_text(encoding="utf-8").splitlines()
    assert words[:7] == ["-m", "pip", "install", "--index-url", "https://x", "torch", "torchvision"]
    assert words[7:12] == ["-m", "pip", "install", "--editable", "/the action[studies]"]
    assert ";" in words[12:]


def comment(runner: Runner) -> subprocess.CompletedProcess[str]:
    summary = runner.temporary / "summary.md"
    summary.write_text("### fake: no regression\n", encoding="utf-8")
    variables = {"REPOSITORY": "someone/something", "NUMBER": "7", "SUMMARY": str(summary)}
    marker = "<!-- mtl-bench check fake laptop -->"
    return runner.give("Comment", GH_TOKEN="token", MARKER=marker, **variables)


KEEP = 'printf "%s\\n" "$*" >> calls; for word; do case $word in body=@*) cp "${word#body=@}" body;; esac; done'


def test_the_first_comment_is_written_and_later_ones_replace_it(runner: Runner) -> None:
    calls, body = runner.desk.folder / "calls", runner.desk.folder / "body"
    runner.program("gh", KEEP)
    done = comment(runner)
    assert (done.returncode, done.stdout) == (0, "")
    assert (
        calls.read_text(encoding="utf-8")
        .splitlines()[-1]
        .startswith("api --method POST repos/someone/something/issues/7/comments --field body=@")
    )
    assert body.read_text(encoding="utf-8") == "<!-- mtl-bench check fake laptop -->\n### fake: no regression\n"
    runner.program("gh", f'{KEEP}\ncase $* in *--paginate*) printf "41\\n42\\n";; esac')
    assert comment(runner).returncode == 0
    assert (
        calls.read_text(encoding="utf-8")
        .splitlines()[-1]
        .startswith("api --method PATCH repos/someone/something/issues/comments/41 --field body=@")
    )


@pytest.mark.parametrize("refused", ["true", '[[ "$*" != *--paginate* ]]'])
def test_a_token_that_may_not_write_is_no_failure(runner: Runner, refused: str) -> None:
    runner.program("gh", f'if {refused}; then echo "HTTP 403: Resource not accessible by integration" >&2; exit 1; fi')
    done = comment(runner)
    assert done.returncode == 0
    assert "::notice::no comment was written" in done.stdout
