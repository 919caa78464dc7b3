"""Which studies there are, and where they, their results and their pages lie. Needs neither torch nor pandas."""

from __future__ import annotations

import ast
import difflib
import importlib
import os
import re
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from mtl_bench.study import PILOT_SEEDS, REPLICATE, Cell, Scale, ScaleError, Study

NAME = re.compile(r"[a-z0-9][a-z0-9_]*")  # a leading underscore is for what studies share
LOADED = "mtl_bench.loaded"
MOST_CELLS = 200_000  # of a plan, which is kept in memory


class StudyError(Exception):
    """A study is not there or its file is wrong; the message is one sentence with the remedy."""


@dataclass(frozen=True)
class Places:
    """The folders of a checkout; MTL_BENCH_STUDIES, _RESULTS, _REPORTS, _STORE and _DATA name others."""

    studies: Path
    results: Path
    reports: Path
    store: Path
    data: Path


def places() -> Places:
    root = Path(__file__).resolve().parents[1]

    def place(name: str, usual: Path) -> Path:
        return Path(os.environ.get(f"MTL_BENCH_{name}") or usual).absolute()

    results = place("RESULTS", root / "results")
    return Places(
        studies=place("STUDIES", root / "benchmarks"),
        results=results,
        reports=place("REPORTS", root / "reports"),
        store=place("STORE", root / "results" / "store"),
        data=place("DATA", root / "data"),  # as mtl_bench.datasets.files.placed finds it, which needs numpy
    )


def near(path: Path) -> Path:
    """The path as seen from here, where that is shorter."""
    return min(path, Path(os.path.relpath(path)), key=lambda one: len(str(one)))


def nearest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean …?" for a misspelt word, "" when nothing is near."""
    by_lower = {one.lower(): one for one in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f'; did you mean "{by_lower[near[0]]}"?' if near else ""


def study_names() -> list[str]:
    """The studies, alphabetically: `<name>.py` or `<name>/__init__.py`. Raises StudyError without a folder of them."""
    folder = places().studies
    if not folder.is_dir():
        raise StudyError(
            f"there are no studies in {folder}; work from a checkout (git clone, then pip install -e .) or set "
            "MTL_BENCH_STUDIES to a folder of studies"
        )
    found = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    return sorted(name for name in found if NAME.fullmatch(name))


def study_file(name: str) -> Path:
    """The file that holds a study's STUDY: `<name>.py`, or `<name>/__init__.py` where the study is a folder.

    Raises StudyError when there are both.
    """
    file, package = places().studies / f"{name}.py", places().studies / name / "__init__.py"
    if file.exists() and package.exists():
        raise StudyError(f"the study {name} is twice in {file.parent}: as {file.name} and as {name}/; remove one")
    return package if package.exists() else file


def headline(name: str) -> str:
    """The first line of a study's docstring, read without importing it."""
    try:
        text = ast.get_docstring(ast.parse(study_file(name).read_text(encoding="utf-8"))) or ""
    except SyntaxError as error:
        return f"(line {error.lineno} is not Python)"
    return text.partition("\n")[0]


def load(word: str) -> tuple[str, Study]:
    """The study of that name, hyphens for underscores allowed. Raises StudyError.

    It is imported as `mtl_bench.loaded.<name>`, whatever its folder is called; see there. What lies beside that folder
    can be imported too, after all that is installed.
    """
    name, known = word.replace("-", "_"), study_names()
    if name not in known:
        raise StudyError(f'there is no study "{word}"{nearest(name, known)} (`mtl-bench list` shows all)')
    path, beside = study_file(name), str(places().studies.parent)
    if beside not in sys.path:
        sys.path.append(beside)
    importlib.invalidate_caches()
    try:
        package = importlib.import_module(LOADED)
        if package.__path__ != [str(places().studies)]:  # another folder than at the last time in this process
            unload()
            package = importlib.import_module(LOADED)
        module = importlib.import_module(f"{LOADED}.{name}")
    except Exception as error:
        raise StudyError(f"{path} can't be loaded: {_where(error)}") from error
    study = getattr(module, "STUDY", None)
    if not isinstance(study, Study):
        raise StudyError(f"{path} has no STUDY; it must end with STUDY = Study(...)")
    return name, study


def unload() -> None:
    """Forget what was loaded, so that it is read anew."""
    for name in [name for name in sys.modules if name == LOADED or name.startswith(f"{LOADED}.")]:
        del sys.modules[name]


def usual_scale(study: Study) -> str:
    """The scale that is meant where none is named: laptop, or paper where there is no laptop scale."""
    return "paper" if "paper" in study.seeds and "laptop" not in study.seeds else "laptop"


def scale_of(
    name: str, study: Study, word: str | None = None, seeds: int | None = None, first: int | None = None
) -> Scale:
    """The study's scale of that name, without one the usual. Raises StudyError with the nearest name."""
    word = word or usual_scale(study)
    try:
        return study.scale(word, seeds, first)
    except ScaleError as error:
        raise StudyError(f"{name}: {error}{nearest(word, study.seeds)}") from error


def pilot_cells(name: str, study: Study, word: str | None) -> list[Cell]:
    """The cells of a pilot at a scale, for the seeds 0, 1, 2; without seeds there is no spread to learn.

    Raises StudyError where there are none, and at smoke scale.
    """
    scale = scale_of(name, study, word, PILOT_SEEDS, first=0)
    if scale.name == "smoke":
        raise StudyError(f"{name}: nothing is judged at smoke scale, which needs no pilot; name another --scale")
    cells = [cell for cell in cells_of(name, study, scale) if REPLICATE in cell.labels]
    if not cells:
        raise StudyError(f"{name} has no cells with a seed at {scale.name} scale: there is nothing that a pilot sizes")
    return cells


def cells_of(name: str, study: Study, scale: Scale) -> list[Cell]:
    """The planned cells. Raises StudyError when the plan is wrong or, with so many seeds, far too long."""
    try:
        if len(scale.seeds) > max(study.seeds.values()):
            ahead = len(scale.seeds) * len(study.cells(replace(scale, seeds=scale.seeds[:1])))
            if ahead > MOST_CELLS:
                raise StudyError(
                    f"{name} has about {ahead:,} cells with {len(scale.seeds):,} seeds, more than the {MOST_CELLS:,} "
                    "that a plan may have; give fewer --seeds"
                )
        return study.cells(scale)
    except StudyError:
        raise
    except Exception as error:
        raise StudyError(f"{name} can't be planned at {scale.name} scale: {_where(error)}") from error


def _where(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    in_study = [frame for frame in frames if Path(frame.filename).is_relative_to(places().studies)]
    frame = (in_study or frames)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno})"
