"""The files that cells keep, read with one sentence for what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtl_bench.results.table import ResultsError


def read_csv(path: Path, view: str, numbers: Sequence[str], words: Sequence[str] = ()) -> pd.DataFrame:
    """The columns of a kept file. Raises ResultsError when it can't be read or lacks one of them."""
    try:
        frame = pd.read_csv(path)
    except Exception as error:  # of a damaged file whatever pandas' parser comes upon
        raise _damaged(path, " ".join(str(error).split())) from error
    for column in (*numbers, *words):
        if column not in frame:
            has = ", ".join(map(str, frame))
            raise ResultsError(f"the view “{view}” asks for {column}; {path} has {has}: correct the view or run again")
    for column in numbers:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise _damaged(path, f"its column {column} has what is no number")
    return frame[[*numbers, *words]]


def read_array(path: Path) -> np.ndarray[Any, Any]:
    """A kept array. Raises ResultsError when the file holds none."""
    try:
        with path.open("rb") as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:  # of a damaged file whatever numpy's parser comes upon
        raise _damaged(path, " ".join(str(error).split())) from error


def _damaged(path: Path, why: str) -> ResultsError:
    return ResultsError(
        f"{path} can't be read ({why}); restore it with `git checkout {path}` or remove it and run again"
    )
