"""The cells of a study as measured: mean ± sd over n, in the order of its plan, beside what was published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import DOMAINS, REPLICATE, Cell, Labels, Published, ScaleError, Study

FIRST_JUDGED_SEED = 100  # runs with lower seeds served to size the study
MEANINGFUL_GAP = 5.0  # points between baseline and ceiling from which a share of it means something


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
    def mean(self) -> float:
        return float(np.mean(list(self.values.values())))

    @property
    def sd(self) -> float:
        """Not a number for a single value."""
        return float(np.std(list(self.values.values()), ddof=1)) if self.n > 1 else float("nan")

    def minus(self, other: Measured) -> list[float]:
        """The differences over the seeds that both have."""
        return [value - other.values[seed] for seed, value in self.values.items() if seed in other.values]


def scale_of(results: Results) -> str:
    return results.name.rpartition(".")[2]


def without_sizing(results: Results) -> Results:
    """The results of the judged seeds; at smoke scale, all."""
    if scale_of(results) == "smoke" or REPLICATE not in results.rows:
        return results
    seeds = pd.to_numeric(results.rows[REPLICATE], errors="coerce")
    return replace(results, rows=results.rows[~(seeds < FIRST_JUDGED_SEED)])


def by_device(results: Results) -> dict[str, Results]:
    """The results of each device class: seeds are never paired across classes."""
    devices = sorted(set(results.rows["device"]))
    return {device: replace(results, rows=results.rows[results.rows["device"] == device]) for device in devices}


def grouped(results: Results, metric: str, where: Labels | None = None) -> list[Measured]:
    """The cells with this metric and these labels, sorted by their labels."""
    rows = results.select(where or {}, metric)
    names = [name for name in results.labels if name != REPLICATE] + ["device"]
    numbers, keys = rows["value"].to_numpy(float), rows["key"].to_numpy()
    seeds = rows[REPLICATE].astype(str).to_numpy() if REPLICATE in rows else None
    groups: dict[Any, Any] = dict(rows.groupby(names, sort=False).indices) if len(rows) else {}
    found = []
    for combination in sorted(groups, key=lambda labels: [(isinstance(label, str), label) for label in labels]):
        places = groups[combination]
        own = seeds[places] if seeds is not None else map(str, range(len(places)))
        values = dict(zip(own, numbers[places].tolist(), strict=True))
        labels = {name: str(value) for name, value in zip(names, combination, strict=True) if value != ""}
        found.append(Measured(labels, metric, values, tuple(keys[places])))
    return found


def measured(study: Study, results: Results, metric: str, where: Labels | None = None) -> list[Measured]:
    """The same in the order of the study's plan, label by label."""
    ranks = _ranks(study, results)
    names = [*results.labels, "device"]
    cells = grouped(results, metric, where)
    return sorted(cells, key=lambda cell: [ranks.get((name, cell.labels.get(name, "")), len(ranks)) for name in names])


def planned(study: Study, results: Results) -> list[Cell]:
    """The planned cells at the results' scale."""
    try:
        scale = study.scale(scale_of(results))
    except ScaleError:
        return []
    return list(study.plan(scale))


def _ranks(study: Study, results: Results) -> dict[tuple[str, str], int]:
    """Where each value of a label first stands in the plan."""
    ranks: dict[tuple[str, str], int] = {}
    for cell in planned(study, results):
        for name, value in cell.labels.items():
            ranks.setdefault((name, str(value)), len(ranks))
    return ranks


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


def relative(cell: Measured, labels: Labels | None, cells: Index) -> Measured | None:
    """The cell that differs from this one by `labels` alone: its baseline or its ceiling."""
    if labels is None:
        return None
    wanted = {**cell.labels, **{name: str(value) for name, value in labels.items()}}
    return cells.get(frozenset(wanted.items()))


def counterpart(study: Study, cell: Measured) -> Published | None:
    """The published number that this cell is compared with; one that is mere context only where there is no other."""
    matching = [
        number
        for number in study.published
        if number.metric == cell.metric
        and all(cell.labels.get(name) == str(value) for name, value in number.labels.items())
    ]
    return min(matching, key=lambda number: bool(number.context), default=None)


def published_gain(study: Study, number: Published) -> float | None:
    """What the same table of the same paper gains over its own baseline."""
    wanted = {**number.labels, **study.baseline}
    for other in study.published:
        same = (other.paper, other.source, other.metric) == (number.paper, number.source, number.metric)
        if same and other is not number and dict(other.labels) == wanted:
            return number.value - other.value
    return None


def means_over_common_seeds(*cells: Measured) -> list[float]:
    """The cells' means over the seeds that all of them have; not a number if there are none."""
    seeds = set(cells[0].values).intersection(*(cell.values for cell in cells))
    return [float(np.mean([cell.values[seed] for seed in seeds])) if seeds else float("nan") for cell in cells]


def share_of_gap(value: float, baseline: float, ceiling: float) -> float | None:
    """The percentage of the way from baseline to ceiling; None where the gap is unknown or too small to divide by."""
    if not ceiling - baseline >= MEANINGFUL_GAP:
        return None
    return 100 * (value - baseline) / (ceiling - baseline)
