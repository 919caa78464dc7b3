"""The parts of a page that are tables or lists: verdicts, gates, numbers, and where the results come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import closed_labels
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.statistics.contrasts import Estimate, bounds, span
from mtl_bench.statistics.gates import gate_results
from mtl_bench.statistics.like_for_like import Sides, sides
from mtl_bench.statistics.numbers import NumberVerdict
from mtl_bench.statistics.verdict import Judgement
from mtl_bench.study import DOMAINS, REPLICATE, Cell, Claim, Contrast, Study
from mtl_bench.typeset import ABSENT, count, digits_in, duration, linked, mean_sd, number, plus, signed
from mtl_bench.views.table import cited, paper_of


def sides_of(frame: Frame) -> list[Sides]:
    """Of each claim, in what the two sides of its contrasts differ."""
    return [sides(claim, frame.cells) for claim in frame.study.claims]


def verdict_table(judgements: Sequence[Judgement], compared: Sequence[Sides], study: Study) -> pd.DataFrame:
    """A row per claim."""
    return pd.DataFrame(
        [
            {
                "claim": j.claim.text,
                "verdict": j.words,
                "measured [95 % interval]": span(j.deciding, j.claim.unit) if j.deciding else ABSENT,
                "published": linked(_size(j.claim, study), _address(j.claim, study)),
                "the two sides differ in": found.text or ABSENT,
            }
            for j, found in zip(judgements, compared, strict=True)
        ],
        dtype=object,  # pandas' own strings would lose the links
    )


def _address(claim: Claim, study: Study) -> str | None:
    """Where the paper of a published size can be read."""
    cited = [paper for paper in study.papers if paper in claim.source]
    return study.papers[max(cited, key=len)] if cited and claim.published is not None else None


def _size(claim: Claim, study: Study) -> str:
    """+24.4 points; with the kind of its source where that is not the paper."""
    if claim.published is None:
        return ABSENT
    kinds = ", ".join(dict.fromkeys(mark.partition(":")[0] for mark in marks(claim, study)))
    return f"{signed(claim.published)} {claim.unit}" + (f" ({kinds})" if kinds else "")


def formula(contrast: Contrast) -> str:
    """accuracy (method: DANN) − accuracy (method: source only)."""
    text = ""
    for term in contrast.terms:
        weight = "" if abs(term.weight) == 1 else f"{abs(term.weight):g} × "
        labels = ", ".join(f"{name}: {value}" for name, value in term.labels)
        text += f" {'−' if term.weight < 0 else '+'} {weight}{term.metric} ({labels})"
    return text.removeprefix(" + ").strip()


def measured_text(estimate: Estimate, unit: str) -> str:
    """+7.9 ± 1.1 points over 5 seeds, 95 % interval [5.1, 10.7]."""
    mean = plus(estimate.mean, mean_sd(estimate.mean, estimate.sd, digits_in(unit)))
    interval = f", 95 % interval {bounds(estimate, unit)}" if estimate.n > 1 else ""
    return f"{mean} {unit} over {count(estimate.n, 'seed')}{interval}"


def detectable_text(judgement: Judgement) -> str:
    """What these runs could have shown: an effect or, for a claim that there is none, its bound."""
    unit = judgement.claim.unit
    size = f"{number(judgement.detectable, digits_in(unit))} {unit}"
    if judgement.claim.bound is None:
        return f"Smallest effect found with 80 % power: {size}"
    return f"Smallest bound shown with 80 % power if there is no difference: {size}"


def marks(claim: Claim, study: Study) -> list[str]:
    """What must be known of the published size: that the numbers of its table were not read in the paper itself."""
    if claim.published is None:
        return []
    of_table = (p for p in study.published if p.paper in claim.source and p.source in claim.source)
    return list(dict.fromkeys(p.mark for p in of_table if p.mark))


def published_text(claim: Claim, study: Study) -> str:
    """The published size of a claim, where it stands and, if not in the paper, where it was read."""
    if claim.published is None:
        return claim.source
    return f"{signed(claim.published)} {claim.unit} ({'; '.join([claim.source, *marks(claim, study)])})"


def gate_table(frame: Frame) -> pd.DataFrame:
    """A row per gate and device class, and where one stops some of the claims alone, how many."""
    some = any(gate.claims for gate in frame.study.gates)
    return pd.DataFrame(
        [
            {
                "gate": result.gate.text,
                "device": device,
                "measured": number(result.measured),
                "n": str(result.n),
                "must be": result.bound,
                **({"stops": count(len(result.gate.claims), "claim") if result.gate.claims else "all"} if some else {}),
                "result": result.verdict,
            }
            for device, part in (frame.by_device or {ABSENT: frame.no_rows}).items()
            for result in gate_results(frame.study, part)
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
    unavailable: str  # domains whose data could not be read
    unplanned: str  # rows that the plan no longer has
    seeds: str
    dates: str
    time: str
    shared: dict[str, str]


def run(frame: Frame) -> Run:
    """How much of the plan is there, which seeds, when and at what cost."""
    rows = frame.results.rows
    days = sorted(str(finished)[:10] for finished in rows["finished"])
    # A row's seconds include what it shares with others, so that their sum would count that many times.
    seconds = rows.drop_duplicates("key")["seconds"]
    middle, most = duration(seconds.median()), duration(seconds.max())
    cells = [cell for metric in frame.metrics for cell in frame.measured(metric)]
    failed = sum(not cell.optional for cell in frame.absent)
    return Run(
        cells=count(len(rows), "row"),
        failed=count(failed, "cell") if failed else "",
        unavailable=_domains([cell for cell in frame.absent if cell.optional]),
        unplanned=_unplanned(frame.unplanned),
        seeds=_ranges(rows[REPLICATE]) if REPLICATE in rows else "none, the study has no random part",
        dates=" to ".join(dict.fromkeys([days[0], days[-1]])) if days else "",
        time=f"{middle} for a cell with all that it needs (median), at most {most}",
        shared=closed_labels(cells),
    )


def _unplanned(rows: int) -> str:
    return f"{count(rows, 'row')} of the results {'is' if rows == 1 else 'are'} no longer planned" if rows else ""


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
    known = {digest: _mapping(results, one) for digest, one in _part(results, "environments").items()}
    names = sorted({name for digest in rows.index for name in known.get(digest, {})})
    columns = {
        f"{digest} ({count(int(n), 'row')})": [str(known.get(str(digest), {}).get(name, ABSENT)) for name in names]
        for digest, n in rows.items()
    }
    return pd.DataFrame({"environment": names, **columns})


def code_table(results: Results) -> pd.DataFrame:
    """A row per kind of trial and digest of its source."""
    kinds = results.rows["key"].astype(str).str.rpartition("-")[0] if len(results.rows) else ""
    rows: pd.DataFrame = (
        results.rows.assign(trial=kinds).groupby(["trial", "code"], sort=True).size().reset_index(name="rows")
    )
    return rows.astype(str)


def data_table(results: Results) -> pd.DataFrame | None:
    """A row per array of data that was read; None when no digest is known."""
    data = sorted(_part(results, "data").items())
    return pd.DataFrame([{"data": name, "digest": str(digest)} for name, digest in data]) if data else None


def command(results: Results) -> str:
    """The command that filled the results, "" where that is not known."""
    said = _mapping(results, results.provenance).get("command", "")
    return said if isinstance(said, str) else str(_mapping(results, said))


def _part(results: Results, name: str) -> dict[str, Any]:
    return _mapping(results, _mapping(results, results.provenance).get(name, {}))


def _mapping(results: Results, value: Any) -> dict[str, Any]:
    """A part of what lies beside the rows. Raises ResultsError when it has another shape."""
    if not isinstance(value, dict):
        path = results.folder / f"{results.name}.json"
        remedy = f"restore it with `git checkout {path}` or run again"
        raise ResultsError(f"{path} has {type(value).__name__} where names and values are expected; {remedy}")
    return value
