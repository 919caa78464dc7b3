"""Which kept files a view draws: by the value of a label and by seed, each once."""

from __future__ import annotations

from pathlib import Path

from mtl_bench.results.frame import Frame
from mtl_bench.results.table import ResultsError
from mtl_bench.study import Labels


def files_by(label: str, frame: Frame, file: str, where: Labels, view: str) -> dict[str, dict[str, Path]]:
    """The files that are there by the label's value, in the order of the plan, and by seed, the lowest first.

    They are those of the cells that name the file or, where none does, of all whose trial kept it; cells may share one.
    Raises ResultsError for two files of one value and seed.
    """
    cells = frame.holding(file, where) or [cell for name in frame.metrics for cell in frame.measured(name, where)]
    found: dict[str, dict[str, Path]] = {}
    for cell in cells:
        value = cell.labels.get(label, "")
        for seed, key in zip(cell.values, cell.keys, strict=True):
            path = frame.results.kept(key, file)
            if path.exists() and found.setdefault(value, {}).setdefault(seed, path) != path:
                of = f"{label} “{value}” and seed {seed or 'none'}"
                raise ResultsError(f"the view “{view}” has two files {file} of {of}; tell them apart in its `where`")
    return {value: dict(sorted(paths.items(), key=lambda one: int(one[0] or 0))) for value, paths in found.items()}


def first_files(label: str, frame: Frame, file: str, where: Labels, view: str) -> dict[str, Path]:
    """The same of the first seed alone."""
    return {value: next(iter(paths.values())) for value, paths in files_by(label, frame, file, where, view).items()}


def wrong(path: Path, form: str) -> ResultsError:
    """What is said of a file that a view can't draw: `form` is what such a file holds."""
    return ResultsError(f"{path} is of another form; {form}: correct what the trial keeps and run again")
