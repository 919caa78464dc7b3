"""The files: a line of a paper's CSV, checked as it is read, and what papers.toml says of the paper."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from mtl_bench.study import Status

FOLDER = Path(__file__).parent
FIXED = ("table", "row", "metric", "unit", "value", "sd", "spread", "n", "status", "seen_in")  # all others are settings
SPREADS = ("", "sd", "standard error", "not said")
MEMORY = "memory"  # where a number was seen that nobody looked up
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Entry:
    """A number as a paper prints it: `table`, `row` and `settings` are the paper's words."""

    table: str
    row: str
    settings: Mapping[str, str]  # dataset, backbone, protocol, source, target …; "" where the paper has none
    metric: str
    unit: str  # "fraction" is read as percent
    printed: str
    printed_sd: str  # what stands after ±
    spread: str  # what that is
    n: int | None
    status: Status
    seen_in: str

    @property
    def value(self) -> Decimal:
        """Percent where the paper prints a fraction, else as printed. Raises ValueError for what is no number."""
        return self._number(self.printed)

    @property
    def sd(self) -> float | None:
        """None where there is none, and where the paper prints a standard error instead."""
        return float(self._number(self.printed_sd)) if self.printed_sd and self.spread != "standard error" else None

    def word(self, axis: str) -> str:
        """What stands in a column of the CSV that can be selected by."""
        return {"row": self.row, "metric": self.metric, **self.settings}[axis]

    def _number(self, text: str) -> Decimal:
        try:
            return Decimal(text) * (100 if self.unit == "fraction" else 1)
        except InvalidOperation:
            raise ValueError(f"{self.row} in {self.table} is “{text}”, which is no number") from None


@cache
def read(path: Path) -> tuple[Entry, ...]:
    """The lines of a paper's CSV. Raises ValueError, which names file and line, where one is not as README.md says."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, strict=True)
        missing = [name for name in FIXED if name not in (lines.fieldnames or ())]
        if missing:
            raise ValueError(f"{path} has no column {missing[0]}; the columns are in {FOLDER.name}/README.md")
        return tuple(_entry(line, f"{path}, line {lines.line_num}") for line in lines)


def _entry(line: dict[str, Any], where: str) -> Entry:
    if None in line or None in line.values():
        raise ValueError(f"{where} has more or fewer fields than the header; quote what holds a comma")
    status, seen_in, n = line["status"], line["seen_in"], line["n"]
    if status not in STATUSES:
        raise ValueError(f"{where}: the status is “{status}”; it must be {', '.join(STATUSES[:-1])} or {STATUSES[-1]}")
    if not seen_in or (status == "unverified") != (seen_in == MEMORY):
        raise ValueError(f"{where}: seen_in must say where the number was seen, or {MEMORY} where it is unverified")
    if n and not n.isdecimal():
        raise ValueError(f"{where}: n is “{n}”; it must be the number of runs, or empty")
    if bool(line["sd"]) != bool(line["spread"]) or line["spread"] not in SPREADS:
        raise ValueError(
            f"{where}: spread is “{line['spread']}”; beside an sd it must be one of {', '.join(SPREADS[1:])}"
        )
    settings = {name: word for name, word in line.items() if name not in FIXED}
    return Entry(
        table=line["table"],
        row=line["row"],
        settings=MappingProxyType(settings),
        metric=line["metric"],
        unit=line["unit"],
        printed=line["value"],
        printed_sd=line["sd"],
        spread=line["spread"],
        n=int(n) if n else None,
        status=status,
        seen_in=seen_in,
    )


@cache
def about() -> Mapping[str, Mapping[str, Any]]:
    """papers.toml: a paper's citation, kind, title, authors, venue, year and address, by its key."""
    return MappingProxyType(tomllib.loads((FOLDER / "papers.toml").read_text(encoding="utf-8")))
