"""Who may import whom: the contracts in pyproject.toml hold, and each of them fails when it is broken."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = Path(sysconfig.get_path("scripts"), "lint-imports")

COMMAND_TO_CORE = "Arrows point down, from the command to the core"
TRIALS_TO_DATA = "Arrows point down, from trials to models, measures and data sets"
NOTEBOOK = "Learning works without the store: in a notebook"
CLOCK = "Nothing that is timed knows the clock"
NO_DATA = "Methods and training see no data set"
TRIALS = "Trials know neither studies nor results"
NO_LEARNING = "The core, studies, results and pages know nothing about learning"
PUBLISHED = "Published numbers need the study and the standard library only"
FEW_LIBRARIES = "The core needs the standard library, filelock and pebble only"
PROCESSES = "Only the core starts processes"
ARGUMENTS = "Only the command line reads arguments"
QUICK = "Help and status need neither PyTorch nor pandas"
BY_NAME = "Studies are loaded by name, never imported"
PLAIN = "A study is data: it knows no plumbing"

# The contract, a file, and an import that breaks it.
BREACHES = [
    (COMMAND_TO_CORE, "mtl_bench/core/trial.py", "import mtl_bench.results.table"),
    (COMMAND_TO_CORE, "mtl_bench/study.py", "import mtl_bench.statistics.verdict"),
    (COMMAND_TO_CORE, "mtl_bench/report/page.py", "import mtl_bench.execution.progress"),
    (COMMAND_TO_CORE, "mtl_bench/execution/costs.py", "import mtl_bench.cli.why"),
    (COMMAND_TO_CORE, "mtl_bench/disk.py", "import mtl_bench.core.store"),
    (COMMAND_TO_CORE, "mtl_bench/results/table.py", "import mtl_bench.views.style"),
    (COMMAND_TO_CORE, "mtl_bench/statistics/verdict.py", "import mtl_bench.views.style"),
    (COMMAND_TO_CORE, "mtl_bench/views/style.py", "import mtl_bench.report.page"),
    (COMMAND_TO_CORE, "mtl_bench/workspace.py", "import mtl_bench.results.table"),
    (COMMAND_TO_CORE, "mtl_bench/published/papers.py", "import mtl_bench.workspace"),
    (COMMAND_TO_CORE, "mtl_bench/study.py", "import mtl_bench.published"),
    (COMMAND_TO_CORE, "mtl_bench/claims.py", "import mtl_bench.study"),
    (CLOCK, "mtl_bench/methods/shallow/sa.py", "import speed.timing"),
    (CLOCK, "mtl_bench/report/page.py", "import speed.figure"),
    (TRIALS_TO_DATA, "mtl_bench/training/loop.py", "import mtl_bench.methods.deep.dann"),
    (TRIALS_TO_DATA, "mtl_bench/models/network.py", "import mtl_bench.training.learner"),
    (TRIALS_TO_DATA, "mtl_bench/measures/__init__.py", "import mtl_bench.models.network"),
    (TRIALS_TO_DATA, "mtl_bench/datasets/bundled.py", "import mtl_bench.models.network"),
    (NOTEBOOK, "mtl_bench/methods/deep/dann.py", "import mtl_bench.core.trial"),
    (NOTEBOOK, "mtl_bench/datasets/bundled.py", "import mtl_bench.study"),
    (NOTEBOOK, "mtl_bench/training/loop.py", "import mtl_bench.core.provenance"),
    (NO_DATA, "mtl_bench/methods/deep/dann.py", "import mtl_bench.datasets.bundled"),
    (NO_DATA, "mtl_bench/training/loop.py", "import mtl_bench.datasets.bundled"),
    (TRIALS, "mtl_bench/trials/adapt.py", "import mtl_bench.study"),
    (NO_LEARNING, "mtl_bench/core/runner.py", "import mtl_bench.trials.adapt"),
    (NO_LEARNING, "mtl_bench/views/style.py", "import torch"),
    (PUBLISHED, "mtl_bench/published/entries.py", "import pandas"),
    (PUBLISHED, "mtl_bench/published/papers.py", "import mtl_bench.core.trial"),
    (FEW_LIBRARIES, "mtl_bench/core/store.py", "import numpy"),
    (PROCESSES, "mtl_bench/trials/adapt.py", "import multiprocessing"),
    (PROCESSES, "mtl_bench/training/loop.py", "import pebble"),
    (ARGUMENTS, "mtl_bench/execution/execute.py", "import argparse"),
    (ARGUMENTS, "mtl_bench/report/page.py", "import typer"),
    (QUICK, "mtl_bench/workspace.py", "import pandas"),
    (QUICK, "mtl_bench/execution/maintenance.py", "import torch"),
    (BY_NAME, "mtl_bench/report/page.py", "import benchmarks.quickstart"),
    (PLAIN, "benchmarks/quickstart.py", "import mtl_bench.core.store"),
    (PLAIN, "benchmarks/quickstart.py", "import mtl_bench.training.loop"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run([LINT, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's code that a test may spoil."""
    folder = tmp_path_factory.mktemp("imports")
    for name in ("mtl_bench", "benchmarks", "speed"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    # Without it the copy's benchmarks would share a namespace with those of the checkout that is installed.
    (folder / "benchmarks" / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.slow
def test_the_contracts_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_a_breach_is_found(copy: Path, contract: str, file: str, line: str) -> None:
    path = copy / file
    sound = path.read_text(encoding="utf-8")
    path.write_text(
        f"{sound}\n\ndef late() -> None:\n    {line}\n", encoding="utf-8"
    )  # an import inside a function counts too
    try:
        done = lint(copy)
    finally:
        path.write_text(sound, encoding="utf-8")
    assert done.returncode != 0
    assert f"{contract} BROKEN" in done.stdout


def test_every_contract_has_a_breach() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert {contract["name"] for contract in settings["contracts"]} == {contract for contract, _, _ in BREACHES}


def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports, early or late."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=str() as module, level=0):
                found.add(module.partition(".")[0])
    return found


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def distributions(lines: list[str]) -> set[str]:
    """The names of the distributions that these requirements stand for, in lower case, extras of ours opened."""
    found: set[str] = set()
    for line in lines:
        if ours := re.match(r"mtl-bench\[(.+)\]", line):
            for extra in ours[1].split(","):
                found |= distributions(PROJECT["optional-dependencies"][extra])
        else:
            found.add(re.split(r"[<>=!~;\[ ]", line)[0].lower())
    return found


BASE = distributions(PROJECT["dependencies"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "extra"), [("mtl_bench", "studies"), ("benchmarks", "studies"), ("speed", "peers"), ("tests", "test")]
)
def test_every_library_that_is_imported_is_declared(folder: str, extra: str) -> None:
    declared = BASE | distributions([f"mtl-bench[{extra}]"])
    modules = set().union(*(imported(path) for path in (ROOT / folder).rglob("*.py")))
    by_module = importlib.metadata.packages_distributions()
    foreign = modules - sys.stdlib_module_names - {"mtl_bench", "benchmarks", "speed", "tests"}
    undeclared = {m for m in foreign if not declared & {d.lower() for d in by_module.get(m, [m])}}
    assert not undeclared


def at_import(tree: ast.AST) -> Iterator[str]:
    """The top-level modules that are imported as soon as the file is: not those inside functions."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                continue
            case ast.Import(names=names):
                yield from (name.name.partition(".")[0] for name in names)
            case ast.ImportFrom(module=str() as module, level=0):
                yield module.partition(".")[0]
            case _:
                yield from at_import(node)


@pytest.mark.slow
def test_a_library_of_an_extra_is_imported_where_it_is_used_only() -> None:
    """So that all else works without it."""
    optional = {name.replace("pot", "ot") for name in distributions(["mtl-bench[studies]"])}
    assert "ot" in optional
    files = [*(ROOT / "mtl_bench").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    early = {str(path): set(at_import(ast.parse(path.read_text(encoding="utf-8")))) & optional for path in files}
    assert not {path: modules for path, modules in early.items() if modules}
    assert set().union(*(imported(path) for path in files)) >= optional


GLOBAL_RANDOMNESS = {
    "manual_seed",
    "manual_seed_all",
    "set_rng_state",
    "set_rng_state_all",
    "seed",
    "use_deterministic_algorithms",
}


def breaches_of_single_entry(source: str, file: str) -> Iterator[str]:
    """Where randomness, arguments or a device enter at another place than theirs."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in GLOBAL_RANDOMNESS:
                if file != "mtl_bench/training/seeding.py":
                    yield f"{file}:{node.lineno} seeds: only training/seeding.py does"
            case ast.Call(func=ast.Attribute(attr="default_rng"), args=[]):
                yield f"{file}:{node.lineno} draws without a seed"
            case ast.Attribute(value=ast.Name(id="sys"), attr="argv"):
                if file != "mtl_bench/__main__.py":
                    yield f"{file}:{node.lineno} reads arguments: only __main__.py does"
            case ast.Call(func=ast.Attribute(attr="cuda")) | ast.Constant(value="cuda:0"):
                yield f"{file}:{node.lineno} names a device: a trial is given its device"


@pytest.mark.slow
def test_randomness_arguments_and_devices_enter_at_one_place() -> None:
    files = [*(ROOT / "mtl_bench").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    found = [
        one
        for f in files
        for one in breaches_of_single_entry(f.read_text(encoding="utf-8"), f.relative_to(ROOT).as_posix())
    ]
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        "torch.manual_seed(0)",
        "np.random.seed(0)",
        "np.random.default_rng()",
        "sys.argv[1]",
        "x.cuda()",
        'x.to("cuda:0")',
    ],
)
def test_another_entry_is_found(line: str) -> None:
    assert list(breaches_of_single_entry(line, "mtl_bench/methods/deep/dann.py"))


@pytest.mark.slow
def test_help_and_status_import_neither_torch_nor_pandas(tmp_path: Path) -> None:
    """Run for real, since import-linter does not follow what is imported late."""
    program = (
        "import sys; sys.argv = ['mtl-bench', {word!r}]\n"
        "from mtl_bench.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {{'torch', 'pandas', 'numpy', 'matplotlib', 'datasets', 'sklearn', 'scipy'}} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {**os.environ, "MTL_BENCH_STORE": str(tmp_path / "store"), "PYTHONPATH": str(ROOT)}
    for word in ("--help", "status", "list"):
        done = subprocess.run(
            [sys.executable, "-c", program.format(word=word)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout
