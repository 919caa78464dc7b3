"""Reading the small files that trials keep beside the rows: what is damaged is one sentence, never a number."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mtl_bench.disk import LFS_POINTER, DamagedError, json_object, read_text
from mtl_bench.results.schema import ResultsError, restore

KEPT_LIMIT = 200_000  # bytes of one kept file
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_array(path: Path) -> npt.NDArray[Any]:
    """The array of a .npy file. Raises ResultsError."""
    try:
        _check_array(path)
        return np.asarray(np.load(path, allow_pickle=False))
    except DamagedError as error:
        raise ResultsError(f"{error}; {restore(path)}") from error
    except Exception as error:  # numpy's reader raises whatever a damaged header leads it to
        raise ResultsError(f"{path} is no array; {restore(path)}") from error


def _check_array(path: Path) -> None:
    with path.open("rb") as file:
        head, size = file.read(len(LFS_POINTER)), path.stat().st_size
        if not head:
            raise DamagedError(f"{path} is empty")
        if head == LFS_POINTER:
            raise DamagedError(f"{path} is a pointer of Git LFS, not the file itself (`git lfs pull` gets it)")
        file.seek(0)
        shape, _, dtype = HEADERS[np.lib.format.read_magic(file)](file)
        if dtype.hasobject:
            raise DamagedError(f"{path} holds pickled objects, which are never loaded")
        if file.tell() + math.prod(shape) * dtype.itemsize != size:
            raise DamagedError(f"{path} is cut or padded")


def read_table(path: Path) -> pd.DataFrame:
    """The columns of a .csv file with a header. Raises ResultsError."""
    try:
        text = read_text(path)
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows = list(reader)
        if any(len(row) != len(rows[0]) for row in rows) or len(set(rows[0])) < len(rows[0]):
            raise DamagedError(f"{path} has lines of different length or a column twice")
        if not text.endswith("\n"):
            raise DamagedError(f"{path} is cut")
        return pd.read_csv(io.StringIO(text))
    except DamagedError as error:
        raise ResultsError(f"{error}; {restore(path)}") from error
    except (OSError, ValueError, csv.Error) as error:
        raise ResultsError(f"{path} is no table ({str(error).splitlines()[0]}); {restore(path)}") from error


def read_object(path: Path) -> dict[str, Any]:
    """The object of a .json file. Raises ResultsError."""
    try:
        return json_object(read_text(path), path)
    except DamagedError as error:
        raise ResultsError(f"{error}; {restore(path)}") from error
    except OSError as error:
        raise ResultsError(f"{path} can't be read ({error.strerror}); {restore(path)}") from error


def read_columns_of(path: Path, view: str, numbers: Sequence[str], words: Sequence[str] = ()) -> pd.DataFrame:
    """These columns of a .csv file that a view draws. Raises ResultsError when one is absent or holds no numbers."""
    frame = read_table(path)
    for column in (*numbers, *words):
        if column not in frame:
            has = ", ".join(map(str, frame))
            raise ResultsError(f"the view “{view}” asks for {column}; {path} has {has}: correct the view or run again")
    for column in numbers:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise ResultsError(f"{path} has what is no number in its column {column}; {restore(path)}")
    return frame[[*numbers, *words]]
