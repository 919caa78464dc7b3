"""What a page says of the declaration of its run: when it was made, and what differs from it since.

Rows are compared by the keys and digests of code that they hold: what happens to the code later is no deviation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from mtl_bench.results.declaration import (
    Declaration,
    group_of,
    keys_of,
    lacking,
    path_of,
    read,
    rules_of,
    sentence,
    short,
)
from mtl_bench.results.frame import Frame
from mtl_bench.results.schema import ResultsError, restore
from mtl_bench.statistics.power import power_of
from mtl_bench.study import REPLICATE, Claim, Gate
from mtl_bench.typeset import ABSENT, count

TOLD = 3  # groups of cells that are named; the others are counted


@dataclass(frozen=True)
class Declared:
    """The section "Declared before the run"."""

    dates: tuple[str, ...] = ()  # of all declarations; the last one counts
    changes: tuple[str, ...] = ()
    absent: int = 0  # declared cells without a row, of which one of the changes tells
    power: pd.DataFrame | None = None

    @property
    def note(self) -> str:
        """One sentence for the head of the verdicts."""
        if not self.dates:
            return "This run was not declared beforehand."
        if self.absent and len(self.changes) == 1:
            told = f"{count(self.absent, 'declared cell')} without a row"
            return f"Declared on {self.dates[-1][:10]}, before the run, which is not whole yet: {told}."
        if not self.changes:
            return f"The verdicts rest on what was declared on {self.dates[-1][:10]}, before the run."
        return f"Declared on {self.dates[-1][:10]}, but not all is as declared: see below."


def declared(frame: Frame) -> Declared | None:
    """None where nothing is judged: no claim, synthetic data, runs that sized the study. Raises ResultsError."""
    if not frame.study.claims or frame.scale == "smoke" or frame.sizing:
        return None
    folder, name = frame.results.folder, frame.results.name
    found = read(folder, name)
    if not found:
        return Declared()
    last = found[-1]
    try:
        power = power_table(last)
    except (LookupError, TypeError, ValueError) as error:
        path = path_of(folder, name)
        raise ResultsError(f"{path} has a power of another shape ({error}); {restore(path)}") from error
    absent = sum(1 for _ in lacking(last, frame.results))
    return Declared(tuple(one.date for one in found), tuple(changes(last, frame)), absent, power)


def power_table(declaration: Declaration) -> pd.DataFrame | None:
    """A row per primary claim; None where there was no pilot."""
    found = [power_of(one) for one in declaration.content["power"]]
    rows = [
        {
            "claim": one.claim,
            "seeds": str(one.n),
            "pilot": one.pilot,
            "shows": one.told,
            "asked": "; ".join(question.told(one.unit) for question in one.questions) or ABSENT,
        }
        for one in found
    ]
    return pd.DataFrame(rows) if rows else None


def changes(declaration: Declaration, frame: Frame) -> Iterator[str]:
    """A sentence for each way in which claims, gates or rows differ from the declaration."""
    content = declaration.content
    yield from _sentences("claim", content["claims"], frame.study.claims)
    yield from _sentences("gate", content["gates"], frame.study.gates)
    rules = rules_of(frame.study)
    yield from (
        f"{name} changed: {old} to {rules.get(name)}"
        for name, old in content["rules"].items()
        if old != rules.get(name)
    )
    yield from _rows(declaration, frame)
    date = datetime.fromisoformat(declaration.date)
    early = sum(datetime.fromisoformat(one) < date for one in frame.results.rows["finished"])
    if early:
        yield f"{count(early, 'row')} finished before the declaration"


def _sentences(kind: str, before: Sequence[Mapping[str, Any]], now: Sequence[Claim | Gate]) -> Iterator[str]:
    old, new = {one["text"]: one for one in before}, {one.text: sentence(one) for one in now}
    yield from (f"{kind} removed: “{text}”" for text in old if text not in new)
    for text, said in new.items():
        if text not in old:
            yield f"{kind} added: “{text}”"
        elif different := [n for n in dict.fromkeys([*old[text], *said]) if old[text].get(n) != said.get(n)]:
            yield f"{kind} changed: “{text}” ({', '.join(different)})"


def _rows(declaration: Declaration, frame: Frame) -> Iterator[str]:
    """What differs in seeds, cells, parameters and code."""
    content, groups = declaration.content, keys_of(declaration)
    cells, seeds = content["cells"], {str(seed) for seed in content["seeds"]}
    found: dict[str, list[str]] = {}
    for row in frame.results.rows.to_dict("records"):
        seed = str(row.get(REPLICATE, ""))
        group = group_of({name: row[name] for name in frame.results.labels}, str(row["metric"]))
        if seed and seed not in seeds:
            found.setdefault("of seeds that were not declared", []).append(f"seed {seed}")
        elif seed not in groups.get(group, {}):
            found.setdefault("of cells that were not declared", []).append(group)
        elif groups[group][seed] != short(row["key"]):
            found.setdefault("computed by other parameters than declared", []).append(group)
        elif row["code"] not in cells[group]["code"]:
            found.setdefault("computed by other code than declared", []).append(str(row["key"]).rpartition("-")[0])
    yield from (f"{count(len(named), 'row')} {what}: {_named(named)}" for what, named in found.items())
    if absent := list(lacking(declaration, frame.results)):
        yield f"{count(len(absent), 'declared cell')} without a row: {_named(absent)}"


def _named(found: Iterable[str]) -> str:
    names = list(dict.fromkeys(found))
    more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
    return "; ".join(names[:TOLD]) + more
