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

from mtl_bench import home
from mtl_bench.study import PILOT_SEEDS, REPLICATE, Cell, Scale, ScaleError, Study

NAME = re.compile(r"[a-z0-9][a-z0-9_]*")  # a leading underscore is for what studies share
LOADED = "mtl_bench.loaded"
MOST_CELLS = 200_000  # of a plan, which is kept in memory


class StudyError(Exception):
    """A study is not there or its file is wrong; the message is one sentence with the remedy."""


@dataclass(frozen=True)
class Places:
    """The folders; MTL_BENCH_STUDIES, _RESULTS, _REPORTS, _STORE and _DATA name others."""

    shipped: Path  # the studies that come with mtl-bench
    own: Path | None  # one's own studies
    results: Path
    reports: Path
    store: Path
    data: Path

    @property
    def studies(self) -> tuple[Path, ...]:
        """Shipped studies come first, so that what they import of each other is theirs."""
        return (self.shipped, self.own) if self.own else (self.shipped,)


def places() -> Places:
    return Places(
        shipped=home.shipped_studies(),
        own=home.own_studies(),
        results=home.folder_of("results"),
        reports=home.folder_of("reports"),
        store=home.folder_of("store", "results/store"),
        data=home.folder_of("data"),
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
    """All studies, alphabetically. Raises StudyError where MTL_BENCH_STUDIES names no folder."""
    return sorted({name for folder in places().studies for name in names_in(folder)})


def names_in(folder: Path) -> list[str]:
    """The studies of a folder, alphabetically: `<name>.py` or `<name>/__init__.py`. Raises StudyError without it."""
    if folder == places().own and not folder.is_dir():
        raise StudyError(
            f"there are no studies in {folder}: correct MTL_BENCH_STUDIES, or start a folder with `mtl-bench init`"
        )
    found = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    return sorted(name for name in found if NAME.fullmatch(name))


def study_file(name: str) -> Path:
    """The file that holds a study's STUDY: `<name>.py`, or `<name>/__init__.py` where the study is a folder.

    Raises StudyError when there are two.
    """
    ways = (f"{name}.py", f"{name}/__init__.py")
    found = [folder / way for folder in places().studies for way in ways if (folder / way).exists()]
    if len(found) > 1:
        folders = " and ".join(dict.fromkeys(str(near(path.parents[path.name == "__init__.py"])) for path in found))
        raise StudyError(f"the study {name} is twice in {folders}; rename or remove {near(found[-1])}")
    return found[0]


def headline(name: str) -> str:
    """The first line of a study's docstring, read without importing it."""
    try:
        text = ast.get_docstring(ast.parse(study_file(name).read_text(encoding="utf-8"))) or ""
    except SyntaxError as error:
        return f"(line {error.lineno} is not Python)"
    return text.partition("\n")[0]


def load(word: str) -> tuple[str, Study]:
    """The study of that name, hyphens for underscores allowed. Raises StudyError.

    It is imported as `mtl_bench.loaded.<name>`, whatever its folder is called; see there. What lies beside the folder
    of one's own studies can be imported too, after all that is installed.
    """
    name, known = word.replace("-", "_"), study_names()
    if name not in known:
        raise StudyError(f'there is no study "{word}"{nearest(name, known)} (`mtl-bench list` shows all)')
    path, folders = study_file(name), places()
    if folders.own and str(folders.own.parent) not in sys.path:
        sys.path.append(str(folders.own.parent))
    importlib.invalidate_caches()
    try:
        package = importlib.import_module(LOADED)
        if package.__path__ != list(map(str, folders.studies)):  # other folders than at the last time in this process
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
    folders = places().studies
    in_study = [frame for frame in frames if any(map(Path(frame.filename).is_relative_to, folders))]
    frame = (in_study or frames)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno})"
