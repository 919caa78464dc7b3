"""What a regression check found, for people and for CI: Markdown, and a JUnit file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from mtl_bench.disk import write_atomically
from mtl_bench.statistics.bands import Finding
from mtl_bench.statistics.regression import Comparison
from mtl_bench.study import DOMAINS, REPLICATE
from mtl_bench.typeset import ABSENT, count, escape, markdown_table, number, p_value

NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")  # by section 2.2 of XML 1.0
AT_MOST = 10  # problems that the head lists; the table has all


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
    if comparison.notes:
        ElementTree.SubElement(suite, "system-out").text = _xml("\n".join(comparison.notes))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def _xml(text: str) -> str:
    return NO_XML.sub("\ufffd", text)


def summary(comparison: Comparison) -> str:
    """The comparison as Markdown: the answer, the problems, what could be seen, then every cell, problems first."""
    findings, bad = comparison.findings, comparison.bad
    names = _short_names(findings)
    head = f"{count(len(bad), 'problem')} found" if bad else "no regression"
    parts = [f"### {escape(comparison.study)}: {head}\n"]
    if bad:
        told = [f"* **{f.kind}** {escape(names[f.name])}: {escape(f.text)}\n" for f in bad[:AT_MOST]]
        more = [f"* and {len(bad) - AT_MOST} more, in the table\n"] if len(bad) > AT_MOST else []
        parts.append("".join([*told, *more]))
    if command := why_command(comparison):
        parts.append(f"What such a number is made of, and which part has other code now: `{command}`\n")
    parts += [f"{escape(sentence)}\n" for sentence in (*sensitivity(findings), *comparison.notes)]
    rows = [
        {
            "cell": finding.name,
            "result": finding.kind,
            "baseline": number(finding.baseline, 2),
            "fresh": number(finding.fresh, 2),
            "catches a drop of": number(finding.detectable),
            "p": ABSENT if finding.p is None else p_value(finding.p).removeprefix("p ").removeprefix("= "),
            "why": finding.text,
        }
        for finding in sorted(findings, key=lambda f: f.kind == "ok")
    ]
    parts.append(markdown_table(pd.DataFrame(rows)) if rows else "Nothing to compare.\n")
    return "\n".join(parts)


def sensitivity(findings: Sequence[Finding]) -> list[str]:
    """A sentence on the smallest and the largest drop that the check catches, and in which cells."""
    names = _short_names(findings)
    seen = sorted((f.detectable, names[f.name]) for f in findings if f.detectable is not None)
    if not seen:
        equal = any(f.text == "equal bit for bit" for f in findings)
        return ["Equal bit for bit: a drop of any size would show."] if equal else []
    (least, first), (most, last) = seen[0], seen[-1]
    if len(seen) == 1 or number(least) == number(most):
        where = first if len(seen) == 1 else "every cell"
        return [f"This check catches a drop of {number(most)} points on {where} in 4 of 5 runs."]
    return [
        f"This check catches a drop of {number(least)} points on {first} (where it sees most) and of {number(most)} "
        f"points on {last} (where it sees least) in 4 of 5 runs; the table has every cell."
    ]


def _short_names(findings: Sequence[Finding]) -> dict[str, str]:
    """By full name what tells a cell from the others: "amazon → webcam, DAN"."""
    cells = [finding.labels for finding in findings if finding.labels]
    names = dict.fromkeys(name for labels in cells for name in labels)
    telling = [name for name in names if len({labels.get(name) for labels in cells}) > 1]
    short = {}
    for finding in findings:
        labels = finding.labels
        domains = " → ".join(labels[name] for name in DOMAINS if name in telling and name in labels)
        others = [labels[name] for name in telling if name in labels and name not in DOMAINS]
        short[finding.name] = ", ".join(filter(None, [domains, *others])) if labels else finding.name
    return {name: told or name for name, told in short.items()}


def why_command(comparison: Comparison) -> str:
    """The command that shows where the first problem's number comes from, "" where no cell has one."""
    named = next((f for f in comparison.bad if f.labels and f.kind != "uncheckable"), None)
    if named is None:
        return ""
    labels = {name: value for name, value in named.labels.items() if name not in ("metric", "device")}
    seed = {REPLICATE: comparison.seed} if comparison.seed and REPLICATE not in labels else {}
    study, _, scale = comparison.study.rpartition(".")
    words = [f"{name}={value}" for name, value in {**labels, **seed}.items()]
    return shlex.join(["mtl-bench", "why", study, *words, "--scale", scale])
