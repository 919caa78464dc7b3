"""The parts of a page that are tables or lists: verdicts, gates, numbers, and where the results come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mtl_bench.report.cells import by_device, closed_labels, grouped, planned
from mtl_bench.report.estimate import DOMAINS, REPLICATE, Estimate
from mtl_bench.report.published import NumberVerdict
from mtl_bench.report.tables import cited, digits_of, paper_of
from mtl_bench.report.typeset import ABSENT, bounds, count, linked, mean_sd, number, plus, signed, span
from mtl_bench.report.verdict import Judgement, gate_results
from mtl_bench.results import Results
from mtl_bench.study import Cell, Claim, Margin, Study


def verdict_table(judgements: Sequence[Judgement]) -> pd.DataFrame:
    """A row per claim."""
    return pd.DataFrame(
        [
            {
                "claim": j.claim.text,
                "verdict": j.words,
                "measured [95 % interval]": span(j.deciding, j.claim.unit) if j.deciding else ABSENT,
                "published": ABSENT if j.claim.published is None else f"{signed(j.claim.published)} {j.claim.unit}",
            }
            for j in judgements
        ]
    )


def formula(margin: Margin) -> str:
    """accuracy (method: DANN) − accuracy (method: source only)."""
    text = ""
    for term in margin.terms:
        weight = "" if abs(term.weight) == 1 else f"{abs(term.weight):g} × "
        labels = ", ".join(f"{name}: {value}" for name, value in term.labels)
        text += f" {'−' if term.weight < 0 else '+'} {weight}{term.metric} ({labels})"
    return text.removeprefix(" + ").strip()


def measured_text(estimate: Estimate, unit: str) -> str:
    """+7.9 ± 1.1 points over 5 seeds, 95 % interval [5.1, 10.7]."""
    mean = plus(estimate.mean, mean_sd(estimate.mean, estimate.sd))
    interval = f", 95 % interval {bounds(estimate)}" if estimate.n > 1 else ""
    return f"{mean} {unit} over {count(estimate.n, 'seed')}{interval}"


def published_text(claim: Claim) -> str:
    """The published size of a claim and where it stands."""
    if claim.published is None:
        return claim.source
    return f"{signed(claim.published)} {claim.unit} ({claim.source})"


def gate_table(study: Study, results: Results) -> pd.DataFrame:
    """A row per gate and device class."""
    return pd.DataFrame(
        [
            {
                "gate": result.gate.text,
                "device": device,
                "measured": number(result.mean),
                "n": str(result.n),
                "at least": f"{result.gate.at_least:g}",
                "result": "passed" if result.passed else "not passed",
            }
            for device, part in by_device(results).items()
            for result in gate_results(study, part)
        ]
    )


def number_table(study: Study, verdicts: Sequence[NumberVerdict]) -> pd.DataFrame | None:
    """A row per published number; None where none is judged."""
    rows = [
        {
            **{name: str(value) for name, value in verdict.published.labels.items()},
            "gain": signed(verdict.gain),
            "published gain": signed(verdict.published_gain),
            "band": number(verdict.band),
            "n": str(verdict.n),
            "verdict": verdict.verdict + (f": {verdict.note}" if verdict.note else ""),
            "published in": linked(cited(verdict.published), paper_of(study, verdict.published)),
        }
        for verdict in verdicts
    ]
    return pd.DataFrame(rows, dtype=object).fillna(ABSENT) if rows else None


@dataclass(frozen=True)
class Run:
    """What a page says of the runs behind it."""

    cells: str
    failed: str  # planned, but without a result
    not_at_hand: str  # domains whose data could not be read
    seeds: str
    dates: str
    time: str
    shared: dict[str, str]


def run(study: Study, results: Results) -> Run:
    """How much of the plan is there, which seeds, when and at what cost."""
    rows = results.rows
    there = {
        frozenset((name, str(row[name])) for name in results.labels if row[name] != "")
        for row in rows.to_dict("records")
    }
    missing = [
        cell
        for cell in planned(study, results)
        if frozenset((name, str(value)) for name, value in cell.labels.items()) not in there
    ]
    days = sorted(str(finished)[:10] for finished in rows["finished"])
    minutes = rows.drop_duplicates("key")["seconds"].sum() / 60
    cells = [cell for metric in sorted(set(rows["metric"])) for cell in grouped(results, metric)]
    return Run(
        cells=count(len(rows), "row"),
        failed=count(failed, "cell") if (failed := sum(not cell.optional for cell in missing)) else "",
        not_at_hand=_domains([cell for cell in missing if cell.optional]),
        seeds=_ranges(rows[REPLICATE]) if REPLICATE in rows else "none, the study has no random part",
        dates=" to ".join(dict.fromkeys([days[0], days[-1]])) if days else "",
        time=f"{minutes:.0f} minutes" if minutes >= 1 else "under a minute",
        shared=closed_labels(cells),
    )


def _domains(cells: Sequence[Cell]) -> str:
    """svhn → mnist (40 cells)."""
    pairs = Counter(" → ".join(str(cell.labels[name]) for name in DOMAINS if name in cell.labels) for cell in cells)
    return ", ".join(f"{pair} ({count(n, 'cell')})" for pair, n in pairs.items())


def _ranges(seeds: pd.Series[str]) -> str:
    """100–104, 107."""
    whole = sorted({int(seed) for seed in seeds if str(seed).strip()})
    starts = [seed for seed in whole if seed - 1 not in whole]
    ends = [seed for seed in whole if seed + 1 not in whole]
    return ", ".join(f"{a}–{b}" if a != b else str(a) for a, b in zip(starts, ends, strict=True))


def environment_table(results: Results) -> pd.DataFrame:
    """A column per environment in which rows were computed."""
    rows = results.rows.groupby("environment", sort=True).size()
    known = results.provenance.get("environments", {})
    names = sorted({name for digest in rows.index for name in known.get(digest, {})})
    columns = {
        f"{digest} ({count(int(n), 'row')})": [str(known.get(digest, {}).get(name, ABSENT)) for name in names]
        for digest, n in rows.items()
    }
    return pd.DataFrame({"environment": names, **columns})


def code_table(results: Results) -> pd.DataFrame:
    """A row per kind of trial and digest of its source."""
    kinds = results.rows["key"].str.rpartition("-")[0]
    rows: pd.DataFrame = (
        results.rows.assign(trial=kinds).groupby(["trial", "code"], sort=True).size().reset_index(name="rows")
    )
    return rows.astype(str)


def data_table(results: Results) -> pd.DataFrame | None:
    """A row per array of data that was read; None when no digest is known."""
    data = sorted(results.provenance.get("data", {}).items())
    return pd.DataFrame([{"data": name, "digest": digest} for name, digest in data]) if data else None


def evidence(judgement: Judgement, results: Results) -> list[pd.DataFrame]:
    """For each margin of a claim a row per seed: each term, linked to its row of the results, and the margin."""
    return [_evidence(margin, results) for margin in judgement.claim.margins]


def _evidence(margin: Margin, results: Results) -> pd.DataFrame:
    values = results.replicates(margin)
    common = set.intersection(*(set(term.labels) for term in margin.terms))
    rows: list[dict[str, str]] = [{REPLICATE: str(seed)} for seed in values.index]
    for term in margin.terms:
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
        row["margin"] = signed(float(value))
    return pd.DataFrame(rows, dtype=object)


@dataclass(frozen=True)
class Whisker:
    """A claim's interval on an axis that all claims of its unit share; places are percent of the axis."""

    low: float
    mean: float
    high: float
    zero: float
    published: float | None


def whiskers(judgements: Sequence[Judgement]) -> list[Whisker | None]:
    """One per claim, None where nothing was measured."""
    drawn: list[Whisker | None] = []
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
        drawn.append(Whisker(place(left), place(j.deciding.mean), place(right), place(0.0), published))
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
    found = []
    for row in rows.to_dict("records"):
        fields = {name: str(row[name]) if row[name] != "" else ABSENT for name in columns}
        fields |= {"value": number(float(row["value"]), 2), "seconds": number(float(row["seconds"]), 0)}
        found.append(ResultRow(anchor(row), str(row["key"]), fields))
    return sorted(found, key=lambda row: [*row.fields.values()])[:MOST_ROWS]
