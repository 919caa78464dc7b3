"""The frame of a page: a study's planned cells, their rows and the published numbers, joined once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtl_bench.core.trial import key, uses_of_target
from mtl_bench.results.counterparts import Counterparts
from mtl_bench.results.measured import Index, Measured, grouped, has, index
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import REPLICATE, Cell, Labels, Published, Scale, Study


@dataclass(frozen=True)
class Frame:
    """A study's planned cells ⋈ rows ⋈ published numbers, in the plan's order: all that pages and verdicts read."""

    study: Study
    results: Results  # the rows of planned cells: those of judged seeds or, where there are none, of all
    cells: tuple[Cell, ...]  # planned at the scale's own seeds
    more: tuple[Cell, ...] = ()  # what the plan says of further seeds that the rows have
    absent: tuple[Cell, ...] = ()  # of `cells`, those without a row
    unplanned: int = 0  # rows that are left out: the plan has no such cell, or computes it by other parameters
    sizing: bool = False  # the rows are of runs that sized the study: they are shown and never judged

    @classmethod
    def of(cls, study: Study, results: Results, cells: Sequence[Cell] | None = None) -> Frame:
        """The frame; `cells`: the plan where it is known already.

        Raises ScaleError where the study has no such scale, ResultsError where a seed is no whole number.
        """
        own = tuple(study.cells(study.scale(scale_of(results))) if cells is None else cells)
        more = tuple(_of_further_seeds(study, results, own))
        wanted, rows = _of_cells(results, [*own, *more]), _of_rows(results)
        known = set(wanted)
        left_out = np.array([row not in known for row in rows], dtype=bool)
        planned = replace(results, rows=results.rows[~left_out])
        judged = without_sizing(study, planned)
        sizing = not len(judged.rows) and bool(len(planned.rows))
        there = {row[:2] for row in rows if row in known}
        absent = tuple(cell for cell, identity in zip(own, wanted, strict=False) if identity[:2] not in there)
        return cls(study, planned if sizing else judged, own, more, absent, int(left_out.sum()), sizing)

    @property
    def scale(self) -> str:
        return scale_of(self.results)

    @cached_property
    def metrics(self) -> list[str]:
        """The metrics that are numbers; what only names a file is none."""
        files = {cell.metric for cell in self._planned if cell.artifact}
        return sorted(set(self.results.rows["metric"]) - files)

    @cached_property
    def judged(self) -> dict[str, Results]:
        """The judged rows of each device class: seeds are never paired across classes."""
        return {} if self.sizing else self.by_device

    @cached_property
    def no_rows(self) -> Results:
        return replace(self.results, rows=self.results.rows.iloc[:0])

    @cached_property
    def by_device(self) -> dict[str, Results]:
        """The rows of each device class."""
        rows = self.results.rows
        return {d: replace(self.results, rows=rows[rows["device"] == d]) for d in sorted(set(rows["device"]))}

    def measured(self, metric: str = "accuracy", where: Labels | None = None) -> list[Measured]:
        """The cells without their seed, label by label in the order of the plan."""
        return [cell for cell in self._by_labels(metric).values() if has(cell.labels, where or {})]

    def relative(self, cell: Measured, labels: Labels | None) -> Measured | None:
        """The cell that differs from this one by `labels` alone: its baseline or its ceiling."""
        if labels is None:
            return None
        wanted = {**cell.labels, **{name: str(value) for name, value in labels.items()}}
        return self._by_labels(cell.metric).get(frozenset(wanted.items()))

    def counterpart(self, cell: Measured) -> Published | None:
        """The published number that this cell is compared with, or else one that is mere context."""
        return self.published.of(cell.labels, cell.metric)

    def published_gain(self, number: Published) -> float | None:
        """What the same table of the same paper gains over its own baseline."""
        return self.published.gain(number, self.study.baseline)

    def pooled(self, cell: Measured) -> bool:
        """Whether the cell is a mean over others."""
        return _identity(cell.labels, cell.metric) in self._pooled

    @cached_property
    def _pooled(self) -> set[Any]:
        return {_identity(cell.labels, cell.metric) for cell in self._planned if cell.pooled}

    def uses(self, cell: Measured) -> str:
        """What of the target the cell's trial uses, "nothing" or "not said" included; "" where it has no target."""
        return self._uses.get(_identity(cell.labels, cell.metric), "")

    @cached_property
    def _uses(self) -> dict[tuple[frozenset[tuple[str, str]], str], str]:
        found = {}
        for cell in self._planned:
            if (identity := _identity(cell.labels, cell.metric)) not in found:
                found[identity] = _said(cell)
        return found

    @cached_property
    def published(self) -> Counterparts:
        return Counterparts(self.study.published)

    def holding(self, artifact: str, where: Labels | None = None) -> list[Measured]:
        """The cells that a file of this name is kept for."""
        metrics = dict.fromkeys(cell.metric for cell in self._planned if cell.artifact == artifact)
        return [cell for metric in metrics for cell in self.measured(metric, where)]

    def kept(self, artifact: str, where: Labels | None = None) -> list[tuple[dict[str, str], Path]]:
        """The kept files of this name with their cell's labels, in the order of the plan, each file once."""
        devices = dict(zip(self.results.rows["key"], self.results.rows["device"], strict=True))
        found: dict[Path, dict[str, str]] = {}
        for cell in self._planned:
            name = key(cell.trial)
            if cell.artifact == artifact and has(cell.labels, where or {}) and name in devices:
                path = self.results.kept(name, artifact)
                if path not in found and path.exists():
                    found[path] = {**{n: str(v) for n, v in cell.labels.items()}, "device": devices[name]}
        return [(labels, path) for path, labels in found.items()]

    @property
    def _planned(self) -> tuple[Cell, ...]:
        return self.cells + self.more

    def _by_labels(self, metric: str) -> Index:
        if metric not in self._indexes:
            ranks, names = self._ranks, [*self.results.labels, "device"]
            cells = grouped(self.results, metric)
            cells.sort(key=lambda cell: [ranks.get((name, cell.labels.get(name, "")), len(ranks)) for name in names])
            self._indexes[metric] = index(cells)
        return self._indexes[metric]

    @cached_property
    def _indexes(self) -> dict[str, Index]:
        return {}

    @cached_property
    def _ranks(self) -> dict[tuple[str, str], int]:
        """Where each value of a label first stands in the plan."""
        ranks: dict[tuple[str, str], int] = {}
        for cell in self._planned:
            for name, value in cell.labels.items():
                ranks.setdefault((name, str(value)), len(ranks))
        return ranks


def _said(cell: Cell) -> str:
    try:
        uses = uses_of_target(cell.trial)
    except AttributeError:  # a method of one's own without `uses`: no reason to lose a page
        return "not said"
    return "" if uses is None else ", ".join(uses) or "nothing"


def _identity(labels: Labels, metric: str) -> tuple[frozenset[tuple[str, str]], str]:
    """Of a cell, planned or measured: neither the seed nor the device tells it apart."""
    return frozenset((n, str(v)) for n, v in labels.items() if n not in (REPLICATE, "device") and v != ""), metric


def scale_of(results: Results) -> str:
    """The scale in "<study>.<scale>" or, of a pilot, "<study>.<scale>.pilot"."""
    return results.name.split(".")[1]


def without_sizing(study: Study, results: Results) -> Results:
    """The results of the judged seeds; at smoke scale, all."""
    if scale_of(results) == "smoke" or REPLICATE not in results.rows:
        return results
    seeds = pd.to_numeric(results.rows[REPLICATE], errors="coerce")
    return replace(results, rows=results.rows[~(seeds < study.first_seed)])


def planned(study: Study, results: Results, cells: Sequence[Cell] | None = None) -> list[Cell]:
    """The plan at the results' scale, for its own seeds and for all others that the rows have.

    `cells`: the plan for its own seeds where it is known already. Raises ScaleError and ResultsError as `Frame.of`.
    """
    own = study.cells(study.scale(scale_of(results))) if cells is None else list(cells)
    return [*own, *_of_further_seeds(study, results, own)]


def _of_further_seeds(study: Study, results: Results, own: Sequence[Cell]) -> Iterator[Cell]:
    """Cells of a run with more seeds than usual, and of runs that sized the study, as the plan has them."""
    smoke = scale_of(results) == "smoke"
    there = _seeds(results)
    usual = {int(cell.labels[REPLICATE]) for cell in own if REPLICATE in cell.labels}
    if not usual:
        return
    further = there - usual
    sizing = set() if smoke else {seed for seed in further if seed < study.first_seed}
    # A plan may look at all of its seeds at once, so that a run with more of them has other trials.
    for seeds in (usual | (further - sizing) if further - sizing else set(), sizing):
        if seeds:
            name: Any = scale_of(results)
            yield from (c for c in study.cells(Scale(name, tuple(sorted(seeds)))) if REPLICATE in c.labels)


def _seeds(results: Results) -> set[int]:
    """The seeds of the rows. Raises ResultsError where one is no whole number."""
    found = set()
    for seed in set(results.rows[REPLICATE]) - {""} if REPLICATE in results.rows else ():
        if not isinstance(seed, int | np.integer):
            path = results.folder / f"{results.name}.csv"
            remedy = f"restore it with `git checkout {path}` or remove the row and run again"
            raise ResultsError(f"{path} has the seed {seed!r}, which is no whole number; {remedy}")
        found.add(int(seed))
    return found


def unplanned(results: Results, cells: Sequence[Cell]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """bool (rows,): rows that are none of these cells, by labels, metric and key; `planned` says which cells count."""
    known = set(_of_cells(results, cells))
    return np.array([row not in known for row in _of_rows(results)], dtype=bool)


Identity = tuple[tuple[str, ...], str, str]  # labels in the order of the results, metric, key


def _of_cells(results: Results, cells: Iterable[Cell]) -> list[Identity]:
    """The identity of each cell; one with a label that no row has is like no row."""
    names = results.labels
    columns, found = set(names), []
    for cell in cells:
        labels = {name: str(value) for name, value in cell.labels.items() if value != ""}
        there = columns.issuperset(labels)
        values = tuple(labels.get(name, "") for name in names) if there else ("",) * (len(names) + 1)
        found.append((values, cell.metric, key(cell.trial)))
    return found


def _of_rows(results: Results) -> list[Identity]:
    rows, names = results.rows, results.labels
    labels: Iterable[tuple[str, ...]] = zip(*(map(str, rows[name]) for name in names), strict=True)
    return list(zip(labels if names else [()] * len(rows), rows["metric"], rows["key"], strict=True))
