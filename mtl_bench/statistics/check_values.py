"""What a regression check found: values for scripts, and these values in lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mtl_bench.statistics.bands import Finding
from mtl_bench.statistics.check_summary import AT_MOST, sensitivity, why_command
from mtl_bench.statistics.regression import Comparison
from mtl_bench.typeset import count, number

EQUAL = "equal bit for bit"  # what is said of such a cell


def values(comparison: Comparison, failed: Mapping[str, str]) -> dict[str, Any]:
    """The findings, problems first; `failed`: reasons by trial."""
    study, _, scale = comparison.study.rpartition(".")
    return {
        "study": study,
        "scale": scale,
        "exit_status": 1 if failed else comparison.exit_status,
        "problems": len(comparison.bad),
        "cells": [_of(finding) for finding in sorted(comparison.findings, key=lambda f: f.kind == "ok")],
        "failed": [{"key": key, "error": reason} for key, reason in failed.items()],
        "why": why_command(comparison),
        "notes": [*sensitivity(comparison.findings), *comparison.notes],
    }


def _of(finding: Finding) -> dict[str, Any]:
    return {
        "cell": finding.name,
        "labels": dict(finding.labels),
        "result": finding.kind,
        "baseline": finding.baseline,
        "fresh": finding.fresh,
        "detectable": finding.detectable,
        "p": finding.p,
        "text": finding.text,
    }


def lines(found: Mapping[str, Any]) -> list[str]:
    """The answer, the problems, the command that explains one, what the check could see, how many cells are how."""
    bad = [cell for cell in found["cells"] if cell["result"] != "ok"]
    head = f"{count(found['problems'], 'problem')} found" if bad else "no regression"
    kinds = Counter(EQUAL if cell["text"] == EQUAL else cell["result"] for cell in found["cells"])
    return [
        f"{found['study']}.{found['scale']}: {head}",
        *(_line(cell) for cell in bad[:AT_MOST]),
        *([f"and {len(bad) - AT_MOST} more: --summary or --json has them"] if len(bad) > AT_MOST else []),
        *([f"What such a number is made of, and which part has other code now: `{found['why']}`"] if bad else []),
        *found["notes"],
        _counted(kinds) if kinds else "Nothing to compare.",
    ]


def _line(cell: Mapping[str, Any]) -> str:
    moved = f"{number(cell['baseline'], 2)} → {number(cell['fresh'], 2)}"
    return f"{cell['result']}  {cell['cell']}: {moved}: {cell['text']}"


def _counted(kinds: Mapping[str, int]) -> str:
    return f"{count(sum(kinds.values()), 'comparison')}: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}"


def spot_lines(found: Mapping[str, Any], said: Mapping[str, str]) -> list[str]:
    """Of a spot check: a line per cell, and how many are how; `said`: each result in words."""
    kinds = Counter(cell["result"] for cell in found["cells"])
    told: Sequence[str] = [f"{cell['result']:<9} {cell['cell']}  {cell['text']}" for cell in found["cells"]]
    return [*told, f"{found['drawn']} drawn: {', '.join(f'{kinds[kind]} {words}' for kind, words in said.items())}"]
