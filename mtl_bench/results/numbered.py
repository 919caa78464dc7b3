"""Rows found by their labels without reading them each time: the values of a column are numbered once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mtl_bench.study import Contrast, Labels, Term

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, np.dtype[np.intp]]


@dataclass
class Numbered:
    """What was found in `rows`, which must not change meanwhile: one page asks for the same contrasts many times."""

    rows: pd.DataFrame
    _columns: dict[str, tuple[dict[str, int], Numbers]] = field(default_factory=dict)
    _replicates: dict[tuple[Contrast, str], pd.Series[float]] = field(default_factory=dict)

    def select(self, labels: Labels, metric: str) -> pd.DataFrame:
        """The rows with these labels and this metric."""
        return self.rows[self._mask(labels, metric)]

    def replicates(self, contrast: Contrast, replicate: str) -> pd.Series[float]:
        """The contrast per replicate, for the replicates in which every term has all its cells."""
        if (contrast, replicate) not in self._replicates:
            terms = [self._term(term, replicate) for term in contrast.terms] if replicate in self.rows else []
            total = pd.concat(terms, axis=1).dropna().sum(axis=1) if terms else pd.Series(dtype=float)
            self._replicates[contrast, replicate] = total
        return self._replicates[contrast, replicate].copy()

    def _term(self, term: Term, replicate: str) -> pd.Series[float]:
        cells = self.select(dict(term.labels), term.metric).groupby(replicate)["value"]
        # A replicate that lacks one of the cells would average over others than its siblings do.
        return term.weight * cells.mean()[cells.count() == cells.count().max()]

    def _mask(self, labels: Labels, metric: str) -> Mask:
        mask = np.ones(len(self.rows), dtype=bool)
        for name, value in {**labels, "metric": metric}.items():
            if name not in self.rows:
                return np.zeros(len(self.rows), dtype=bool)
            known, numbers = self._column(name)
            mask &= numbers == known.get(str(value), -1)
        return mask

    def _column(self, name: str) -> tuple[dict[str, int], Numbers]:
        if name not in self._columns:
            numbers, values = pd.factorize(self.rows[name].astype(str).to_numpy(object))
            self._columns[name] = {str(value): i for i, value in enumerate(values)}, numbers
        return self._columns[name]
