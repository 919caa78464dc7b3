"""What links a verdict to what it rests on, for the page in a browser: values by seed, intervals, rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mtl_bench.results.table import Results
from mtl_bench.statistics.verdict import Judgement
from mtl_bench.study import REPLICATE, Contrast
from mtl_bench.typeset import ABSENT, linked, number, signed
from mtl_bench.views.table import digits_of


def by_seed(judgement: Judgement, results: Results) -> list[pd.DataFrame]:
    """For each contrast of a claim a row per seed: each term, linked to its row of the results, and the contrast."""
    return [_evidence(contrast, results) for contrast in judgement.claim.contrasts]


def _evidence(contrast: Contrast, results: Results) -> pd.DataFrame:
    values = results.replicates(contrast)
    common = set.intersection(*(set(term.labels) for term in contrast.terms))
    rows: list[dict[str, str]] = [{REPLICATE: str(seed)} for seed in values.index]
    for term in contrast.terms:
        cells = results.select(dict(term.labels), term.metric)
        own = ", ".join(str(value) for name, value in term.labels if (name, value) not in common)
        sign, size = "− " if term.weight < 0 else "", "" if abs(term.weight) == 1 else f"{abs(term.weight):g} × "
        for row, seed in zip(rows, values.index, strict=True):
            mine = cells[cells[REPLICATE] == seed]
            text = number(float(mine["value"].mean()), digits_of(term.metric))
            url = f"#{anchor(mine.iloc[0])}" if len(mine) == 1 else None
            several = f" (mean of {len(mine)} cells)" if len(mine) > 1 else ""
            row[f"{sign}{size}{own or term.metric}"] = linked(text + several, url)
    for row, value in zip(rows, values, strict=True):
        row["contrast"] = signed(float(value))
    return pd.DataFrame(rows, dtype=object)


@dataclass(frozen=True)
class ForestRow:
    """A claim's interval on an axis that all claims of its unit share; places are percent of the axis."""

    low: float
    mean: float
    high: float
    zero: float
    published: float | None


def forest_plot(judgements: Sequence[Judgement]) -> list[ForestRow | None]:
    """A row per claim, None where nothing was measured."""
    drawn: list[ForestRow | None] = []
    for j in judgements:
        alike = [other for other in judgements if other.claim.unit == j.claim.unit and other.deciding]
        ends = [0.0, *(end for other in alike for end in _ends(other))]
        low, high = min(ends), max(ends)
        scale = 96 / (high - low) if high > low else 0.0

        def place(value: float, low: float = low, scale: float = scale) -> float:
            return round(2 + (value - low) * scale, 2)

        if j.deciding is None:
            drawn.append(None)
            continue
        left, right = j.deciding.interval() if j.deciding.n > 1 else (j.deciding.mean, j.deciding.mean)
        published = None if j.claim.published is None else place(j.claim.published)
        drawn.append(ForestRow(place(left), place(j.deciding.mean), place(right), place(0.0), published))
    return drawn


def _ends(judgement: Judgement) -> list[float]:
    estimate, published = judgement.deciding, judgement.claim.published
    assert estimate is not None
    interval = list(estimate.interval()) if estimate.n > 1 else [estimate.mean]
    return interval + ([] if published is None else [published])


@dataclass(frozen=True)
class ResultRow:
    """A row of the results on the page."""

    anchor: str
    key: str
    fields: dict[str, str]
    claims: str  # the numbers of the claims that used it: "1 4"


def anchor(row: Any) -> str:
    """The name of a row, a mapping, within its page: one trial may give several rows."""
    return f"{row['key']}.{row.get(REPLICATE, '')}.{row['metric']}"


MOST_ROWS = 2_000  # on a page; the results hold all


def rows_of(results: Results, judgements: Sequence[Judgement]) -> list[ResultRow]:
    """Every row of the results; of more than `MOST_ROWS`, those that the claims used."""
    rows = results.rows
    if len(rows) > MOST_ROWS:
        rows = rows[rows["key"].isin({key for j in judgements for key in j.keys})]
    columns = [*results.labels, "metric", "value", "device", "seconds", "finished", "code"]
    used: dict[str, list[str]] = {}
    for claim, j in enumerate(judgements, 1):
        for key in j.keys:
            used.setdefault(key, []).append(str(claim))
    found = []
    for row in rows.to_dict("records"):
        fields = {name: str(row[name]) if row[name] != "" else ABSENT for name in columns}
        fields |= {"value": number(float(row["value"]), 2), "seconds": number(float(row["seconds"]), 0)}
        found.append(ResultRow(anchor(row), str(row["key"]), fields, " ".join(used.get(str(row["key"]), ()))))
    return sorted(found, key=lambda row: [*row.fields.values()])[:MOST_ROWS]
