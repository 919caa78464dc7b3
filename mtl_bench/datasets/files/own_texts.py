"""A user's table of texts, read from .csv or .parquet: a column of texts and, where they are labelled, one of labels.

What is no such table is refused in one sentence that names the file and the remedy.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl_bench.datasets.correspondence import did_you_mean, listed
from mtl_bench.datasets.files.own_tables import label_words
from mtl_bench.datasets.files.placed import DataError, one_line

if TYPE_CHECKING:
    from pandas import DataFrame


FIRST = 50  # rows that tell whether a column has texts


@dataclass(frozen=True, eq=False)
class OwnTexts:
    """The texts in their order, and the labels as words."""

    texts: tuple[str, ...]
    labels: tuple[str, ...] | None


def columns_beside_texts(path: Path, column: str) -> tuple[str, ...]:
    """The columns of a file that is a table whose column of this name has texts, that one too; none of any other."""
    if path.suffix.lower() not in READERS or not path.is_file():
        return ()
    try:
        table = READERS[path.suffix.lower()](path, peek=True)
    except DataError:  # numbers have no quote that is left open
        names = _names(path)
        return names if column in names else ()
    except Exception:  # the libraries raise dozens of kinds; whoever reads the file for good says which
        return ()
    return tuple(map(str, table.columns)) if column in table and _are_texts(table[column].tolist()) else ()


def own_texts(path: Path, column: str, label: str, labelled: bool) -> OwnTexts:
    """The table in a file; raises DataError. Columns of other names are left alone."""
    if path.suffix.lower() not in READERS:
        raise DataError(f"{path} ends in {path.suffix or 'nothing'}; give texts as {' or '.join(READERS)}")
    if not path.is_file():
        raise DataError(f"{path} is {'a folder' if path.is_dir() else 'not there'}; give a table of texts")
    try:
        table = READERS[path.suffix.lower()](path, peek=False)
    except DataError:
        raise
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not in UTF-8 (byte {error.start:,}); save it in that encoding") from error
    except Exception as error:  # the libraries raise dozens of kinds
        reason = one_line(error) or type(error).__name__
        raise DataError(f"{path} is no whole {path.suffix} table ({reason}); save it anew") from error
    names = [str(name) for name in table.columns]
    for name, what in ((column, "the texts"), *([(label, "the labels")] if labelled else [])):
        if name not in names:
            raise DataError(
                f"{path} has no column {name!r} for {what}{did_you_mean(name, names)}; name it (it has {listed(names)})"
            )
    texts = table[column].tolist()
    if not texts:
        raise DataError(f"{path} has no rows below the columns' names; give a table with one or more")
    if not _are_texts(texts):
        raise DataError(f"{path} has numbers in its column {column!r}; name the column of texts")
    if empty := [row for row, text in enumerate(texts) if not isinstance(text, str) or not text.strip()]:
        raise DataError(f"{path} has no text in row {empty[0]} (the first is 0); fill it or leave the row out")
    return OwnTexts(tuple(texts), label_words(path, table[label].tolist()) if labelled else None)


def _are_texts(values: list[Any]) -> bool:
    """Whether they are words; what is missing may be."""
    found = [value for value in values if isinstance(value, str) and value.strip()]
    return len(found) > 0 and not all(_is_number(value) for value in found)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _names(path: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return tuple(next(csv.reader(lines)))


def _csv(path: Path, peek: bool) -> DataFrame:
    from pandas import read_csv
    from pandas.errors import ParserError, ParserWarning

    how: dict[str, Any] = {"nrows": FIRST, "on_bad_lines": "skip", "encoding_errors": "replace"} if peek else {}
    with warnings.catch_warnings():
        # Of a row that is too long pandas drops the rest: a text without quotes would be cut, its label a part of it.
        warnings.simplefilter("ignore" if peek else "error", ParserWarning)
        try:
            # Each cell as it stands there: "NA" may be a text, and "01" a class.
            found: DataFrame = read_csv(path, dtype=str, keep_default_na=False, index_col=False, **how)
            return found
        except (ParserError, ParserWarning) as error:
            raise DataError(
                f"{path} has rows that do not fit its columns ({one_line(error)}); put texts that have commas or line "
                "breaks in double quotes"
            ) from error


def _parquet(path: Path, peek: bool) -> DataFrame:
    from pyarrow import parquet

    table = parquet.read_table(path)
    found: DataFrame = (table.slice(0, FIRST) if peek else table).to_pandas(ignore_metadata=True)
    return found


READERS: Mapping[str, Any] = {".csv": _csv, ".parquet": _parquet}
