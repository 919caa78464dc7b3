"""The regression check: did accuracy move, compared with the committed results of the same study?

A cell here is its labels without the seed. Rows of equal key, code and environment must be equal bit for bit. Where
code or machine differ, accuracies are compared within bands, twice: what a first look finds gets new seeds, and at most
1 % of checks of unbroken code end in an alarm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from mtl_bench.results.kept import read_array
from mtl_bench.results.measured import Measured, grouped, index
from mtl_bench.results.table import Results
from mtl_bench.statistics import environments
from mtl_bench.statistics.bands import FIRST_LOOK, LEVEL, Finding, Leeway, compare_cells
from mtl_bench.study import REPLICATE

Named = frozenset[tuple[str, str]]

METRIC = "accuracy"  # the metric of which more is better


@dataclass(frozen=True)
class Comparison:
    """A finding per cell and for the study: the good ones are of the kind "ok"."""

    study: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()  # on what was compared: other environments, cells that were left out
    seed: str = ""  # one of the baseline's, "" where it has none

    @property
    def bad(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind != "ok")

    @property
    def to_confirm(self) -> tuple[Finding, ...]:
        """What new seeds can still clear."""
        return tuple(f for f in self.findings if f.kind in ("regressed", "rose", "unstable", "study mean"))

    @property
    def exit_status(self) -> int:
        """0: accuracy held; 1: it fell, rose, spread or is not deterministic; 2: something could not be checked."""
        kinds = {finding.kind for finding in self.bad}
        return 0 if not kinds else 2 if kinds == {"uncheckable"} else 1


def compare(
    baseline: Results,
    fresh: Results,
    level: float = FIRST_LOOK,
    left_out: Collection[Named] = (),
    exact: Collection[Named] = (),
) -> Comparison:
    """The fresh results, all of the current code, against the baseline's; at `level` per family of tests.

    Cells are named by their labels but seed and device. Those left out lend their spread and get no finding; exact
    ones, in which nothing is drawn or trained, may move by what rounding does.
    """
    before, after = grouped(baseline, METRIC), grouped(fresh, METRIC)
    cells = compare_cells(index(before), index(after), _leeway(before, baseline, fresh, exact), level)
    findings = [finding for finding in cells if _named(finding.labels) not in left_out]
    seeds = sorted(baseline.rows[REPLICATE].astype(str)) if REPLICATE in baseline.rows else []
    notes = tuple(environments.told(baseline, fresh))
    return Comparison(baseline.name, (*_nondeterminism(baseline, fresh), *findings), notes, (seeds or [""])[0])


def _named(labels: Mapping[str, str]) -> Named:
    return frozenset((name, value) for name, value in labels.items() if name != "device")


def _leeway(
    cells: Sequence[Measured], baseline: Results, fresh: Results, exact: Collection[Named]
) -> dict[str, Leeway]:
    """By key. A file kept with the results may say how many test items there are."""
    here = set(fresh.rows["environment"])
    there = dict(zip(baseline.rows["key"], baseline.rows["environment"], strict=True))
    found = {}
    for cell in cells:
        path = baseline.kept(cell.keys[0], "correct.npy")
        item = 100 / len(read_array(path)) if path.exists() else 0.0
        elsewhere = any(there[key] not in here for key in cell.keys)
        alone = _named(cell.labels) in exact
        found[cell.keys[0]] = Leeway(item, environments.POINT if elsewhere or alone else 0.0, alone)
    return found


def confirm(
    first: Comparison,
    baseline: Results,
    fresh: Results,
    more: Results,
    left_out: Collection[Named] = (),
    exact: Collection[Named] = (),
) -> Comparison:
    """The first comparison after new seeds for what it found: an alarm stands if all seeds together raise it at 1 %."""
    pooled = replace(fresh, rows=pd.concat([fresh.rows, more.rows]).drop_duplicates(fresh.identity, keep="last"))
    again = {(f.name, f.kind): f for f in compare(baseline, pooled, LEVEL, left_out, exact).findings}
    confirmed = []
    for finding in first.findings:
        if finding not in first.to_confirm:
            confirmed.append(finding)
        elif (finding.name, finding.kind) in again:
            confirmed.append(replace(again[finding.name, finding.kind], detectable=finding.detectable))
        else:
            text = f"not confirmed with new seeds: {finding.kind} before"
            settled = again.get((finding.name, "ok"), finding)
            confirmed.append(replace(settled, kind="ok", text=text, detectable=finding.detectable))
    return replace(first, findings=tuple(confirmed))


def _nondeterminism(baseline: Results, fresh: Results) -> list[Finding]:
    """Rows of equal key, code and environment that differ."""
    same = ["key", "code", "environment", "metric", "device"]
    both = baseline.rows.merge(fresh.rows[[*same, "value"]].drop_duplicates(same), on=same, suffixes=("", " fresh"))
    found = []
    for _, row in both[both["value"] != both["value fresh"]].iterrows():
        labels = {name: str(row[name]) for name in [*baseline.labels, "metric", "device"]}
        text = "the same trial, code and environment gave another value"
        found.append(Finding(labels, "nondeterminism", text, row["value"], row["value fresh"]))
    return found
