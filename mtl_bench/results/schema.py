"""The columns of a results file and what may stand in them: checked on reading and on writing.

Needs no pandas, so that commands that only look at results start fast.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from mtl_bench import labels
from mtl_bench.disk import DamagedError, read_text
from mtl_bench.labels import MEASURED

DEVICES = ("cpu", "cuda", "mps")
PERCENT = re.compile(r"(.*[ _])?accuracy(, .*)?|source_validation")  # metrics between 0 and 100
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*-[0-9a-f]{16}")
CODE = re.compile(r"[0-9a-f]{12}")
ENVIRONMENT = re.compile(r"[0-9a-f]{8}")

Columns = dict[str, list[str]]  # a list per column, all as long as the file has rows


class ResultsError(Exception):
    """The results can't be read or written; the message is one sentence with the remedy."""


def restore(path: Path) -> str:
    """The remedy for a damaged file of results."""
    return f"restore it with `git checkout {path}` or remove it and run again"


def read_columns(path: Path) -> Columns:
    """The columns of a results file. Raises ResultsError with file, line and remedy; FileNotFoundError."""
    try:
        return columns_of(read_text(path), path)
    except DamagedError as error:
        marks = "conflict of a merge" in str(error)
        remedy = "run `mtl-bench tidy` to keep the rows of both sides" if marks else restore(path)
        raise ResultsError(f"{error}; {remedy}") from error
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ResultsError(f"{path} can't be read ({error.strerror}); make it readable") from error


def columns_of(text: str, path: Path) -> Columns:
    """The columns in the text of a results file. Raises DamagedError, which names the line in `path`."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines, rows = [], []
    try:
        header = next(reader, [])
        _check_header(header, path)
        for row in reader:
            if row:
                lines.append(reader.line_num)
                rows.append(row)
                if len(row) != len(header):
                    raise csv.Error(f"{len(row)} fields instead of {len(header)}")
    except csv.Error as error:
        raise DamagedError(f"{path}, line {reader.line_num}: {error}") from error
    columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True)) if rows else {h: [] for h in header}
    _check(columns, lambda row: f"{path}, line {lines[row]}")
    return columns


def _check_header(header: list[str], path: Path) -> None:
    for name in header:
        if header.count(name) > 1:
            raise DamagedError(f"{path} has the column {name!r} twice")
        if name not in MEASURED and not labels.NAME.fullmatch(name):
            raise DamagedError(f"{path} has a column {name[:40]!r}, which is no name of a label")
    if absent := [name for name in MEASURED if name not in header]:
        raise DamagedError(f"{path} has no column {absent[0]}")


def _check(columns: Columns, place: Callable[[int], str]) -> None:
    """Every field; each different text of a column once, since 100,000 rows have few."""

    def refuse(name: str, wrong: Iterable[str], wanted: str) -> None:
        if found := set(wrong):
            row = next(i for i, text in enumerate(columns[name]) if text in found)
            raise DamagedError(f"{place(row)}: {name} is {columns[name][row][:60]!r}, not {wanted}")

    for name in columns:
        texts = set(columns[name])
        match name:
            case "metric":
                refuse(name, (t for t in texts if not t or not labels.is_plain(t)), "the name of a metric")
            case "value":
                refuse(name, (t for t in texts if not _finite(t)), "a finite number")
            case "seconds":
                refuse(name, (t for t in texts if not _finite(t) or float(t) < 0), "a time")
            case "device":
                refuse(name, texts.difference(DEVICES), f"one of {', '.join(DEVICES)}")
            case "finished":
                refuse(name, (t for t in texts if not _dated(t)), "a date and time")
            case "key":
                refuse(name, (t for t in texts if not KEY.fullmatch(t)), "the key of a trial")
            case "code":
                refuse(name, (t for t in texts if not CODE.fullmatch(t)), "12 hexadecimal digits")
            case "environment":
                refuse(name, (t for t in texts if not ENVIRONMENT.fullmatch(t)), "8 hexadecimal digits")
            case _:
                refuse(name, (t for t in texts if not labels.is_plain(t)), "a label")
    outside = {value for value in set(columns["value"]) if not 0 <= float(value) <= 100}
    for row, (metric, value) in enumerate(zip(columns["metric"], columns["value"], strict=True)):
        if value in outside and PERCENT.fullmatch(metric):
            raise DamagedError(f"{place(row)}: {metric} is {value}, not between 0 and 100")


def _finite(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


def _dated(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
