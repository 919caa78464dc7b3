"""Cells as measured: mean ± sd over n, and what tells them apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import DOMAINS, REPLICATE, Labels

ONCE = ""  # the replicate of what has no seed
FEW = 3  # runs from which on a spread is drawn; marks of fewer are hollow
MEANINGFUL_GAP = 5.0  # points between baseline and ceiling from which a fraction of it means something


@dataclass(frozen=True)
class Measured:
    """A cell without its seed: the values over seeds. The device class counts as a label."""

    labels: Mapping[str, str]
    metric: str
    values: Mapping[str, float]  # by seed
    keys: tuple[str, ...]

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def few(self) -> bool:
        """Whether there are too few runs for a spread; what has no seed, a classifier, needs one."""
        return too_few(self.values)

    @cached_property
    def mean(self) -> float:
        return float(np.mean(list(self.values.values())))

    @cached_property
    def sd(self) -> float:
        """Not a number for a single value."""
        return float(np.std(list(self.values.values()), ddof=1)) if self.n > 1 else float("nan")

    def minus(self, other: Measured) -> list[float]:
        """The differences over the seeds that both have."""
        return [value - other.values[seed] for seed, value in self.values.items() if seed in other.values]


def grouped(results: Results, metric: str) -> list[Measured]:
    """The cells with this metric, sorted by their labels."""
    rows = results.rows[results.rows["metric"] == metric]
    names = [name for name in results.labels if name != REPLICATE] + ["device"]
    numbers, keys = rows["value"].to_numpy(float), rows["key"].to_numpy()
    seeds = rows[REPLICATE].astype(str).to_numpy() if REPLICATE in rows else None
    groups: dict[Any, Any] = dict(rows.groupby(names, sort=False).indices) if len(rows) else {}
    found = []
    for combination in sorted(groups, key=lambda labels: [(isinstance(label, str), label) for label in labels]):
        places = groups[combination]
        own = seeds[places] if seeds is not None else (ONCE,)
        values = dict(zip(own, numbers[places].tolist(), strict=True))
        labels = {name: str(value) for name, value in zip(names, combination, strict=True) if value != ""}
        found.append(Measured(labels, metric, values, tuple(keys[places])))
    return found


def too_few(replicates: Collection[str]) -> bool:
    """Whether so many replicates are too few for a spread: of what has a seed, fewer than three."""
    return len(replicates) < FEW and set(replicates) != {ONCE}


def has(labels: Mapping[str, str | int], where: Labels) -> bool:
    """Whether these are among a cell's labels."""
    return all(str(labels.get(name, "")) == str(value) for name, value in where.items())


def open_labels(cells: Iterable[Measured]) -> list[str]:
    """The labels that tell the cells apart."""
    seen: dict[str, set[str | None]] = {}
    cells = list(cells)
    for name in dict.fromkeys(name for cell in cells for name in cell.labels):
        seen[name] = {cell.labels.get(name) for cell in cells}
    return [name for name, values in seen.items() if len(values) > 1]


def closed_labels(cells: Iterable[Measured]) -> dict[str, str]:
    """The labels, with their value, that all the cells share; said once and not in every row."""
    cells = list(cells)
    opened = open_labels(cells)
    return {name: value for name, value in cells[0].labels.items() if name not in opened} if cells else {}


def values_of(cells: Sequence[Measured], label: str) -> list[str]:
    """The values that a label takes, in order."""
    return list(dict.fromkeys(cell.labels.get(label, "") for cell in cells))


def number_along(label: str, cell: Measured, view: str) -> float:
    """The number that this label is; raises ResultsError, which names the view that needs one."""
    text = cell.labels[label]
    try:
        return float(text)
    except ValueError as error:
        raise ResultsError(
            f"the view “{view}” needs numbers along {label}, and a cell has {text!r}; correct the study's plan"
        ) from error


def split(cells: Sequence[Measured], drawn: str) -> dict[str, list[Measured]]:
    """The cells by the labels that tell them apart beside the one that is drawn, under a title."""
    names = [name for name in open_labels(cells) if name != drawn]
    parts: dict[str, list[Measured]] = {}
    for cell in cells:
        domains = " → ".join(cell.labels[name] for name in DOMAINS if name in names and name in cell.labels)
        others = [cell.labels[name] for name in names if name not in DOMAINS and name in cell.labels]
        parts.setdefault(", ".join(filter(None, [domains, *others])), []).append(cell)
    return parts


Index = Mapping[frozenset[tuple[str, str]], Measured]


def index(cells: Iterable[Measured]) -> Index:
    """The cells by their labels."""
    return {frozenset(cell.labels.items()): cell for cell in cells}


def means_over_common_seeds(*cells: Measured) -> list[float]:
    """The cells' means over the seeds that all of them have; not a number if there are none."""
    seeds = set(cells[0].values).intersection(*(cell.values for cell in cells))
    return [float(np.mean([cell.values[seed] for seed in seeds])) if seeds else float("nan") for cell in cells]


def fraction_of_gap(value: float, baseline: float, ceiling: float) -> float | None:
    """The percentage of the way from baseline to ceiling; None where the gap is unknown or too small to divide by."""
    if not ceiling - baseline >= MEANINGFUL_GAP:
        return None
    return 100 * (value - baseline) / (ceiling - baseline)
