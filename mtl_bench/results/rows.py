"""Rows as a table of pandas: numbers as numbers, and labels as a study writes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mtl_bench.labels import MEASURED
from mtl_bench.results.schema import Columns

NUMBERS = ("value", "seconds")


def frame(columns: Columns) -> pd.DataFrame:
    """The table of columns that were checked."""
    labels = [name for name in columns if name not in MEASURED]
    rows = pd.DataFrame({name: np.array(columns[name], dtype=object) for name in [*labels, *MEASURED]})
    for name in NUMBERS:
        rows[name] = np.array(columns[name], dtype=float)
    for name in labels:
        known = {text: _plain(text) for text in set(columns[name])}  # each text once: a column has few
        rows[name] = np.array([known[text] for text in columns[name]], dtype=object)
    return rows


def with_plain_labels(rows: pd.DataFrame) -> pd.DataFrame:
    """Labels first, whole numbers as int, absent ones as "": a row reads back as it was written."""
    labels = [column for column in rows.columns if column not in MEASURED]
    rows = rows[[*labels, *MEASURED]].copy()
    for column in labels:
        texts = rows[column].astype(object).where(rows[column].notna(), "")
        kinds = [(type(text), text) for text in texts]  # 100 and 100.0 are equal and must not be one
        known = {kind: _plain(kind[1]) for kind in set(kinds)}
        rows[column] = np.array([known[kind] for kind in kinds], dtype=object)
    return rows


def _plain(label: Any) -> str | int:
    text = str(label).removesuffix(".0") if isinstance(label, float) else str(label)
    return int(text) if text.removeprefix("-").isdecimal() and str(int(text)) == text else text
