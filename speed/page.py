"""What is shown of the lines: in the terminal, and on the page with its figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mtl_bench.disk import write_atomically
from mtl_bench.typeset import ABSENT, escape, markdown_table
from speed import figure
from speed.lines import NOT_MEASURED, Entry

WIDTHS = (14, 9, 20, 9, 22, 7, 8)  # of the terminal's columns but the last
HEADS = ("row", "ours", "beside", "theirs", "ratio or seconds", "goal", "reached", "results differ by")
READING = (
    "Processor time in milliseconds, medians over rounds, on one thread; all run in one process, in turns, every other "
    "round in the opposite order. A *ratio* is our time divided by the peer's in the same round: below 1, ours is "
    "faster. The interval holds its median with 95 % confidence. Read the ratios: times are one machine's. A peer that "
    "is further from our result than the row's tolerance *disagrees* and is not timed. The goal is for the first peer."
)


def quantity(value: float) -> str:
    """Three significant digits, never in powers of ten."""
    if math.isnan(value):
        return ABSENT
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{digits}f}".replace("-", "−")


def seconds(value: float) -> str:
    return f"{quantity(value)} s" if value >= 1 else f"{quantity(1000 * value)} ms"


def estimate(line: Entry) -> str:
    """0.055 [0.051, 0.06], or in a word or two why there is none."""
    if line.state != "measured":
        return line.state.partition(":")[0]
    if math.isnan(line.value):
        return ABSENT
    between = "" if math.isnan(line.low) else f" [{quantity(line.low)}, {quantity(line.high)}]"
    return quantity(line.value) + between + (" s" if line.unit == "seconds" else "")


def goal(line: Entry) -> str:
    return ABSENT if math.isnan(line.goal) else f"{line.goal:g}" + (" s" if line.unit == "seconds" else "")


def remark(line: Entry) -> str:
    """What follows after "failed" and "not installed"."""
    return line.state.partition(": ")[2]


def agreement(line: Entry) -> str:
    return ABSENT if math.isnan(line.disagreement) else f"{line.disagreement:.0e}"


def head() -> str:
    return _columns(HEADS)


def text(line: Entry) -> str:
    """One line for the terminal."""
    ours, theirs = (ABSENT if math.isnan(t) else seconds(t) for t in (line.ours, line.theirs))
    last = remark(line) or agreement(line)
    reached = line.reached or ABSENT
    return _columns((line.row, ours, line.peer or ABSENT, theirs, estimate(line), goal(line), reached, last))


def _columns(words: Sequence[str]) -> str:
    return "".join(f"{word:<{width}} " for word, width in zip(words, WIDTHS, strict=False)) + words[-1]


def write(folder: Path, lines: Sequence[Entry]) -> Path:
    """`<folder>/speed.md` and the figure in `<folder>/speed/`; returns the page."""
    figure.save([line for line in lines if line.state == "measured"], folder / "speed" / "figure-1")
    drawn = ""
    if any(line.state == "measured" for line in lines):
        drawn = (
            "![Ratios and seconds](speed/figure-1.png)\n\nMarks are medians, lines their 95 % intervals, black ticks "
            "the goals: what lies left of its tick reaches it. ([PDF](speed/figure-1.pdf))\n"
        )
    ratios = [line for line in lines if line.unit == "ratio"]
    times = [line for line in lines if line.unit == "seconds"]
    what = {line.row: line.sentence + (f"; {line.note}" if line.note else "") for line in reversed(lines)}
    what |= {line.row: f"{line.sentence}; {line.note}" for line in lines if line.note}
    order = dict.fromkeys(line.row for line in lines)
    page = [
        "# Speed\n",
        "Made by `python -m speed` (`make speed`). " + READING + "\n",
        "## Beside other libraries\n",
        markdown_table(pd.DataFrame([_cells(line) for line in ratios])),
        "## Seconds\n",
        markdown_table(pd.DataFrame([_cells(line) for line in times])),
        "## Figure\n" if drawn else "",
        drawn,
        "## What the rows are\n",
        "".join(f"- **{escape(row)}**: {escape(what[row])}.\n" for row in order),
        "## Made with\n",
        _made_with(lines),
        "The lines as numbers, with wall times: [table-1.csv](speed/table-1.csv).\n",
    ]
    path = folder / "speed.md"
    write_atomically(path, "\n".join(filter(None, page)))
    return path


def _cells(line: Entry) -> dict[str, str]:
    peer = line.peer or ABSENT
    differs = agreement(line) + (f" ({line.measure})" if line.measure and not math.isnan(line.disagreement) else "")
    name = "ratio [95 % interval]" if line.unit == "ratio" else "beyond it [95 % interval]"
    return {
        "row": line.row,
        "ours, ms": quantity(1000 * line.ours),
        "peer" if line.unit == "ratio" else "beside": peer,
        "peer's, ms" if line.unit == "ratio" else "its, ms": quantity(1000 * line.theirs),
        name: ": ".join(filter(None, [estimate(line), remark(line)])),
        "goal": goal(line),
        "reached": line.reached or ABSENT,
        **({"results differ by": differs} if line.unit == "ratio" else {}),
    }


def _made_with(lines: Sequence[Entry]) -> str:
    """Each environment once, with the rows that were measured in it."""
    rows: dict[tuple[str, str, int, str], list[str]] = {}
    versions: dict[tuple[str, str, int, str], dict[str, None]] = {}
    for line in lines:
        if line.state != NOT_MEASURED:
            where = (line.date, line.commit, line.threads, line.processor)
            rows.setdefault(where, []).append(line.row)
            versions.setdefault(where, {}).update(dict.fromkeys(line.versions.split(", ")))
    return "".join(
        f"- {date}, {escape(processor)}, {threads} thread, commit {code or ABSENT}: {', '.join(dict.fromkeys(names))}. "
        f"{', '.join(versions[date, code, threads, processor])}.\n"
        for (date, code, threads, processor), names in rows.items()
    )
