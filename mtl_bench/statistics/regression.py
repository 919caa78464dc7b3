"""The regression check: did accuracy move, compared with the committed results of the same study?

A cell here is its labels without the seed. Rows of equal key, code and environment must be equal bit for bit. Where
code or machine differ, accuracies are compared within bands that raise a false alarm in at most 1 % of unbroken runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from mtl_bench.disk import write_atomically
from mtl_bench.results.kept import read_array
from mtl_bench.results.measured import Measured, grouped, index
from mtl_bench.results.table import Results
from mtl_bench.statistics.bands import Finding, compare_cells
from mtl_bench.typeset import ABSENT, count, escape, markdown_table, number, p_value

METRIC = "accuracy"  # the metric of which more is better
NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")  # by section 2.2 of XML 1.0


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
        return tuple(f for f in self.findings if f.kind in ("regressed", "rose", "unstable", "study mean"))

    @property
    def exit_status(self) -> int:
        """0: accuracy held; 1: it fell, rose, spread or is not deterministic; 2: something could not be checked."""
        kinds = {finding.kind for finding in self.bad}
        return 0 if not kinds else 2 if kinds == {"uncheckable"} else 1


def compare(baseline: Results, fresh: Results) -> Comparison:
    """The fresh results, all of the current code, against the baseline's."""
    before, after = grouped(baseline, METRIC), grouped(fresh, METRIC)
    cells = compare_cells(index(before), index(after), _one_item(before, baseline))
    return Comparison(baseline.name, (*_nondeterminism(baseline, fresh), *cells))


def _one_item(cells: Sequence[Measured], results: Results) -> dict[str, float]:
    """The points that one test item counts, where a file kept with the results says how many there are."""
    paths = {cell.keys[0]: results.kept(cell.keys[0], "correct.npy") for cell in cells}
    return {key: 100 / len(read_array(path)) for key, path in paths.items() if path.exists()}


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


def junit(comparison: Comparison, path: Path) -> None:
    """Write the findings as a JUnit file, a test case each; letters that XML can't hold are replaced."""
    problems = len(comparison.bad)
    suite = ElementTree.Element(
        "testsuite", name=_xml(f"check {comparison.study}"), tests=str(len(comparison.findings)), failures=str(problems)
    )
    for finding in comparison.findings:
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(comparison.study), name=_xml(finding.name))
        if finding.kind != "ok":
            failure = ElementTree.SubElement(case, "failure", type=finding.kind, message=_xml(finding.text))
            failure.text = f"baseline {number(finding.baseline, 2)}, fresh {number(finding.fresh, 2)}"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def _xml(text: str) -> str:
    return NO_XML.sub("\ufffd", text)


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
            "detectable change": number(finding.detectable),
            "p": ABSENT if finding.p is None else p_value(finding.p).removeprefix("p ").removeprefix("= "),
            "why": finding.text,
        }
        for finding in sorted(comparison.findings, key=lambda f: f.kind == "ok")
    ]
    table = markdown_table(pd.DataFrame(rows)) if rows else "Nothing to compare.\n"
    return f"### {escape(comparison.study)}: {head}\n\n{table}"
