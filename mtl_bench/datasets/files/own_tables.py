"""A user's table of features, read from .npz, .csv, .parquet or .mat: columns, numbers and labels as they stand there.

What is no such table is refused in one sentence that names the file and the remedy.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_bench.datasets.correspondence import did_you_mean, listed
from mtl_bench.datasets.files.placed import DataError, one_line
from mtl_bench.inputs.rows import Array

if TYPE_CHECKING:
    from pandas import DataFrame

FEATURES = (
    "X",
    "x",
    "features",
    "fts",
    "feas",
    "fea",
    "data",
)  # names of the array of features, the first that is there
LABELS = ("y", "Y", "labels", "label", "gnd")
WHOLE, NUMBER = re.compile(r"[-+]?\d+(\.0*)?"), re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
MISSING = ("", "nan", "NaN", "NA", "N/A", "null")  # in a column of numbers


@dataclass(frozen=True, eq=False)
class OwnTable:
    """float32 (n, d), the names of the columns where they have some, and the labels as words."""

    features: Array
    columns: tuple[str, ...]
    labels: tuple[str, ...] | None


def own_table(path: Path, label: str, labelled: bool) -> OwnTable:
    """The table in a file; raises DataError. Labels are looked at when `labelled` only, and are never features."""
    if path.suffix.lower() not in READERS:
        known = ", ".join(READERS)
        raise DataError(f"{path} ends in {path.suffix or 'nothing'}; give a table that ends in {known}")
    if not path.is_file():
        raise DataError(f"{path} is {'a folder' if path.is_dir() else 'not there'}; give a table")
    try:
        features, columns, labels = READERS[path.suffix.lower()](path, label, labelled)
    except DataError:
        raise
    except NotImplementedError as error:  # SciPy's, of MATLAB 7.3
        raise DataError(f"{path} is of MATLAB 7.3; save it by save(…, '-v7')") from error
    except Exception as error:  # the libraries raise dozens of kinds
        reason = one_line(error) or type(error).__name__
        raise DataError(f"{path} is no whole {path.suffix} table ({reason}); save it anew") from error
    features = _numbers(path, features, columns)
    if labels is not None and len(labels) != len(features):
        turn = "; turn the features, as by .T" if features.shape[1] == len(labels) else "; give one label per row"
        raise DataError(f"{path} has {len(labels):,} labels for {len(features):,} rows{turn}")
    return OwnTable(features, columns, None if labels is None else label_words(path, labels))


def _numbers(path: Path, features: Array, columns: Sequence[str]) -> Array:
    """float32 (n, d); raises DataError for what is not finite."""
    if features.ndim != 2 or 0 in features.shape:
        raise DataError(f"{path} has features of the shape {features.shape}; give rows (n, d) of one number or more")
    if features.dtype.kind not in "biuf":
        raise DataError(f"{path} has features of {features.dtype}; give numbers")
    with np.errstate(over="ignore"):
        numbers = features.astype(np.float32)
    if not np.isfinite(numbers).all():
        row, column = (int(place) for place in np.argwhere(~np.isfinite(numbers))[0])
        value = features[row, column]
        what = "a missing number (NaN)" if np.isnan(value) else f"{value:.3g}, which is too large,"
        where = f"column {columns[column]}" if columns else f"column {column}"
        raise DataError(f"{path} has {what} in row {row} (the first is 0), {where}; fill it or leave the row out")
    return numbers


def label_words(path: Path, labels: Sequence[Any]) -> tuple[str, ...]:
    """Labels as words; whole numbers without a point, whatever type they are stored in."""
    from pandas import isna

    words = ["" if isna(label) else _word(label) for label in labels]
    if "" in words:
        raise DataError(
            f"{path} has no label in row {words.index('')} (the first is 0); fill it, leave the row out, or give the "
            "file as a table without labels"
        )
    if all(WHOLE.fullmatch(word) for word in words):
        return tuple(str(int(word.partition(".")[0])) for word in words)
    if all(NUMBER.fullmatch(word) for word in words):
        strange = next(word for word in words if not WHOLE.fullmatch(word))
        raise DataError(f"{path} has the label {strange}, which is no class; give whole numbers or words")
    return tuple(words)


def _word(label: Any) -> str:
    return (label.decode() if isinstance(label, bytes) else str(label)).strip()


def _frame(path: Path, table: DataFrame, label: str, labelled: bool) -> tuple[Array, tuple[str, ...], list[Any] | None]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    names = [str(name) for name in table.columns]
    if labelled and label not in names:
        raise DataError(
            f"{path} has no column {label!r} for the labels{did_you_mean(label, names)}; name the column of labels "
            f"(it has {listed(names)}), or give it as a table without labels"
        )
    if table.empty:
        raise DataError(f"{path} has no rows below the columns' names; give a table with one or more")
    features = table.drop(columns=[label], errors="ignore")
    if unnamed := [str(name) for name in features.columns if str(name).startswith(("Unnamed: ", "__index_level"))]:
        raise DataError(
            f"{path} has a column without a name ({unnamed[0]}), as row numbers have; "
            "write the table without them, as by index=False"
        )
    wrong = [str(n) for n, kind in features.dtypes.items() if not (is_numeric_dtype(kind) or is_bool_dtype(kind))]
    if wrong:
        raise DataError(
            f"{path} has columns that are no numbers ({listed(wrong)}); leave them out or make them numbers, and name "
            "a column of texts by --text"
        )
    numbers = features.to_numpy(np.float64, na_value=np.nan)
    return numbers, tuple(map(str, features.columns)), table[label].tolist() if labelled else None


def _csv(path: Path, label: str, labelled: bool) -> tuple[Array, tuple[str, ...], list[Any] | None]:
    from pandas import read_csv

    names = [str(name) for name in read_csv(path, nrows=0, index_col=False).columns]
    if len(names) == 1 and (mark := next((mark for mark in ";\t|" if mark in names[0]), "")):
        raise DataError(f"{path} has columns separated by {mark!r}; save it with commas")
    if all(NUMBER.fullmatch(name) for name in names) and names != [str(i) for i in range(len(names))]:
        raise DataError(f"{path} begins with numbers ({listed(names)}); write the columns' names into a first line")
    missing = {name: list(MISSING) for name in names if name != label}  # "NA" may be a class
    words = {label: str} if label in names else {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # pandas drops what stands right of the last name
        table = read_csv(path, dtype=words, keep_default_na=False, na_values=missing, index_col=False, low_memory=False)
    return _frame(path, table, label, labelled)


def _parquet(path: Path, label: str, labelled: bool) -> tuple[Array, tuple[str, ...], list[Any] | None]:
    from pyarrow import parquet

    return _frame(path, parquet.read_table(path).to_pandas(ignore_metadata=True), label, labelled)


def _npz(path: Path, label: str, labelled: bool) -> tuple[Array, tuple[str, ...], list[Any] | None]:
    with np.load(path, allow_pickle=False) as content:
        return _arrays(path, content, label, labelled)


def _mat(path: Path, label: str, labelled: bool) -> tuple[Array, tuple[str, ...], list[Any] | None]:
    from scipy.io import loadmat

    return _arrays(path, loadmat(path), label, labelled)


def _arrays(
    path: Path, content: Mapping[str, Any], label: str, labelled: bool
) -> tuple[Array, tuple[str, ...], list[Any] | None]:
    names = [name for name in content if not name.startswith("__")]
    key = next((name for name in FEATURES if name in names and name != label), "")
    if not key:
        raise DataError(f"{path} has no array of features (it has {listed(names)}); name it X")
    features = content[key]
    features = np.asarray(features.toarray() if hasattr(features, "toarray") else features)
    if not labelled:
        return features, (), None
    given = next((name for name in (label, *LABELS) if name in names), "")
    if not given:
        raise DataError(f"{path} has no array {label!r} of labels (it has {listed(names)}); name it y")
    labels = np.asarray(content[given])
    if max(labels.shape, default=0) != labels.size:
        raise DataError(f"{path} has labels of the shape {labels.shape}; give one label per row")
    plain = [np.ravel(one)[0] if isinstance(one, np.ndarray) else one for one in labels.reshape(-1).tolist()]
    return features, (), plain


Reader = Callable[[Path, str, bool], tuple[Array, tuple[str, ...], list[Any] | None]]
READERS: Mapping[str, Reader] = {".npz": _npz, ".csv": _csv, ".parquet": _parquet, ".mat": _mat}
