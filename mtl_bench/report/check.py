"""The regression check: did accuracy fall, compared with the committed results of the same study?

A cell here is its labels without the seed. Rows of equal key, code and environment must be equal bit for bit. Where
code or machine differ, accuracies are compared within bands that raise a false alarm in at most 1 % of unbroken runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from mtl_bench.report.cells import Measured, grouped, index
from mtl_bench.report.estimate import DOMAINS
from mtl_bench.report.inference import pooled_sd
from mtl_bench.report.typeset import ABSENT, count, escape, markdown_table, number, p_value
from mtl_bench.results import Results

Kind = Literal["ok", "nondeterminism", "regressed", "unstable", "uncheckable", "study mean"]

LEVEL = 0.01  # of a false alarm, per family of tests
FEWEST_DF = 8  # degrees of freedom below which a spread is too uncertain
POWER_80 = 0.84  # the normal quantile of 80 % power
METRIC = "accuracy"  # the metric of which more is better


@dataclass(frozen=True)
class Finding:
    """What was found for one cell, or for the study as a whole (no labels)."""

    labels: Mapping[str, str]
    kind: Kind
    text: str
    baseline: float | None = None  # means
    fresh: float | None = None
    band: float | None = None  # the drop from which a cell fails
    detectable: float | None = None  # the drop that would be found with 80 % power
    p: float | None = None

    @property
    def name(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.labels.items()) or "all cells together"


@dataclass(frozen=True)
class Comparison:
    """A finding per cell and for the study: the good ones are of the kind "ok"."""

    study: str
    findings: tuple[Finding, ...]

    @property
    def bad(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind != "ok")

    @property
    def to_confirm(self) -> tuple[Finding, ...]:
        """What new seeds can still clear."""
        return tuple(f for f in self.findings if f.kind in ("regressed", "unstable", "study mean"))

    @property
    def exit_status(self) -> int:
        """0: no regression; 1: regressed, unstable or not deterministic; 2: something could not be checked."""
        kinds = {finding.kind for finding in self.bad}
        return 0 if not kinds else 2 if kinds == {"uncheckable"} else 1


def compare(baseline: Results, fresh: Results) -> Comparison:
    """The fresh results, all of the current code, against the baseline's."""
    found = _nondeterminism(baseline, fresh)
    before = index(grouped(baseline, METRIC))
    after = index(grouped(fresh, METRIC))
    shared = [labels for labels in before if labels in after]
    for labels, cell in before.items():
        if labels in after:
            found += _compare_cell(cell, after[labels], *_spread(cell, list(before.values()), baseline), len(shared))
        else:
            why = "no fresh row (rows of another device class are not comparable)"
            found.append(Finding(cell.labels, "uncheckable", why, cell.mean))
    if shared:
        found.append(_compare_means([before[c] for c in shared], [after[c] for c in shared]))
    return Comparison(baseline.name, tuple(found))


def confirm(first: Comparison, baseline: Results, fresh: Results, more: Results) -> Comparison:
    """The first comparison after new seeds for what it found: an alarm stands if all seeds together raise it again."""
    pooled = replace(fresh, rows=pd.concat([fresh.rows, more.rows]).drop_duplicates(fresh.identity, keep="last"))
    again = {(f.name, f.kind): f for f in compare(baseline, pooled).findings}
    confirmed = []
    for finding in first.findings:
        if finding not in first.to_confirm:
            confirmed.append(finding)
        elif (finding.name, finding.kind) in again:
            confirmed.append(again[finding.name, finding.kind])
        else:
            text = f"not confirmed with new seeds: {finding.kind} before"
            confirmed.append(replace(again.get((finding.name, "ok"), finding), kind="ok", text=text))
    return Comparison(first.study, tuple(confirmed))


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


def _spread(cell: Measured, cells: Sequence[Measured], results: Results) -> tuple[float, int]:
    """The sd of one run and its degrees of freedom.

    Pooled over the cells that differ in their domains only or, where these are too few, over all; but never below the
    cell's own, else the noisiest cells would raise most alarms; and at least one test item.
    """
    siblings = [c for c in cells if _apart_from_domains(c) == _apart_from_domains(cell) and c.n > 1]
    if sum(c.n - 1 for c in siblings) < FEWEST_DF:
        siblings = [c for c in cells if c.n > 1]
    if not siblings:
        return 0.0, 0
    spread, df = pooled_sd([c.sd for c in siblings], [c.n for c in siblings])
    return max(spread, _own(cell), _one_item(cell, results)), df


def _own(cell: Measured) -> float:
    return cell.sd if cell.n > 1 else 0.0


def _apart_from_domains(cell: Measured) -> dict[str, str]:
    return {name: value for name, value in cell.labels.items() if name not in DOMAINS}


def _one_item(cell: Measured, results: Results) -> float:
    """The share, in points, of one test item, where a file kept with the results says how many there are."""
    path = results.kept(cell.keys[0], "correct.npy")
    return 100 / len(np.load(path, allow_pickle=False)) if path.exists() else 0.0


def _compare_cell(before: Measured, after: Measured, spread: float, df: int, cells: int) -> list[Finding]:
    from scipy import stats

    if before.values == after.values:
        return [Finding(before.labels, "ok", "equal bit for bit", before.mean, after.mean)]
    means = {"baseline": before.mean, "fresh": after.mean}
    if df < FEWEST_DF:
        text = f"the baseline has too few seeds: {count(df, 'degree')} of freedom, {FEWEST_DF} are needed"
        return [Finding(before.labels, "uncheckable", text, **means)]
    se = spread * np.sqrt(1 / before.n + 1 / after.n)
    drop = before.mean - after.mean
    band = float(stats.t.ppf((1 - LEVEL) ** (1 / cells), df) * se)
    measures = {**means, "band": band, "detectable": float(band + POWER_80 * se), "p": float(stats.t.sf(drop / se, df))}
    found = []
    if drop > band:
        text = f"{number(drop)} points below the baseline, more than {number(band)}"
        found.append(Finding(before.labels, "regressed", text, **measures))
    # Each spread with its own degrees of freedom: cells differ in theirs, a pooled one would raise false alarms.
    if min(before.n, after.n) > 1:
        limit = float(np.sqrt(stats.f.ppf(1 - LEVEL / cells, after.n - 1, before.n - 1))) * before.sd
        if after.sd > limit:
            text = f"sd {number(after.sd)} over seeds, more than {number(limit)} (baseline: {number(before.sd)})"
            found.append(Finding(before.labels, "unstable", text, **measures))
    return found or [Finding(before.labels, "ok", f"within {number(band)} points of the baseline", **measures)]


def _compare_means(before: Sequence[Measured], after: Sequence[Measured]) -> Finding:
    """A small drop of everything: the mean over all cells, per seed, by a one-sided Welch test."""
    from scipy import stats

    old, new = _means(before), _means(after)
    means = {"baseline": float(np.mean(old)), "fresh": float(np.mean(new))} if old and new else {}
    if all(b.values == a.values for b, a in zip(before, after, strict=True)):
        return Finding({}, "ok", "equal bit for bit", **means)
    if min(len(old), len(new)) < 2:
        return Finding({}, "uncheckable", "fewer than 2 seeds have all cells", **means)
    p = float(stats.ttest_ind(new, old, equal_var=False, alternative="less").pvalue)
    if p < LEVEL:
        drop = number(means["baseline"] - means["fresh"], 2)
        return Finding({}, "study mean", f"the mean over all cells fell by {drop} points", **means, p=p)
    return Finding({}, "ok", "no drop of the mean over all cells", **means, p=p)


def _means(cells: Sequence[Measured]) -> list[float]:
    """The mean over the cells for each seed that all of them have."""
    seeds = set(cells[0].values).intersection(*(cell.values for cell in cells))
    return [float(np.mean([cell.values[seed] for cell in cells])) for seed in sorted(seeds)]


def junit(comparison: Comparison, path: Path) -> None:
    """Write the findings as a JUnit file: a test case each."""
    problems = len(comparison.bad)
    suite = ElementTree.Element(
        "testsuite", name=f"check {comparison.study}", tests=str(len(comparison.findings)), failures=str(problems)
    )
    for finding in comparison.findings:
        case = ElementTree.SubElement(suite, "testcase", classname=comparison.study, name=finding.name)
        if finding.kind != "ok":
            failure = ElementTree.SubElement(case, "failure", type=finding.kind, message=finding.text)
            failure.text = f"baseline {number(finding.baseline, 2)}, fresh {number(finding.fresh, 2)}"
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def summary(comparison: Comparison) -> str:
    """The comparison as Markdown, problems first."""
    bad = comparison.bad
    head = f"{count(len(bad), 'problem')} found" if bad else "no regression"
    rows = [
        {
            "cell": finding.name,
            "result": finding.kind,
            "baseline": number(finding.baseline, 2),
            "fresh": number(finding.fresh, 2),
            "detectable drop": number(finding.detectable),
            "p": ABSENT if finding.p is None else p_value(finding.p).removeprefix("p ").removeprefix("= "),
            "why": finding.text,
        }
        for finding in sorted(comparison.findings, key=lambda f: f.kind == "ok")
    ]
    table = markdown_table(pd.DataFrame(rows)) if rows else "Nothing to compare.\n"
    return f"### {escape(comparison.study)}: {head}\n\n{table}"
