"""Which cells a run computes in the time that it has: whole comparisons, as many as fit by what trials cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mtl_bench.core.runner import missing
from mtl_bench.core.store import Store
from mtl_bench.execution import forecast
from mtl_bench.execution.costs import duration
from mtl_bench.execution.machine import Machine
from mtl_bench.execution.picking import Priced
from mtl_bench.execution.selection import Selection
from mtl_bench.study import DOMAINS, REPLICATE, Cell, Study
from mtl_bench.typeset import count
from mtl_bench.workspace import StudyError


def within(selection: Selection, machine: Machine, todo: Sequence[Cell], seconds: float) -> list[Cell]:
    """Those of the lacking cells that are computed now, with a sentence that says so; later runs go on with the rest.

    Raises StudyError where no comparison fits.
    """
    if not todo:
        return []
    groups = comparisons(selection.study, selection.planned, todo)
    trials = missing([cell.trial for cell in todo], machine.store)
    known = forecast.seconds_of(list(trials.values()), selection, machine)
    priced = [_priced(cells, machine.store, known) for cells in groups]
    chosen, taken = fitting([one for one in priced if one], seconds, machine.slots)
    if not chosen and None in priced:
        first = groups[priced.index(None)]
        print(f"{_told([first], groups)}: what it takes is not known yet{_rest(len(groups) - 1)}", flush=True)
        return first
    if not chosen:
        cheapest = min(max(one.adds({}) / machine.slots, *one.seconds.values()) for one in priced if one) / 60
        raise StudyError(
            f"no comparison fits in {duration(seconds)}; the cheapest takes --minutes {cheapest + 0.1:.1f}"
        )
    cost = f"about {duration(sum(taken.values()) / machine.slots)} by earlier runs"
    rest = _rest(len(groups) - len(chosen))
    print(f"{_told([one.cells for one in chosen], groups)}: {cost}{rest}", flush=True)
    return [cell for one in chosen for cell in one.cells]


def comparisons(study: Study, planned: Sequence[Cell], todo: Sequence[Cell]) -> list[list[Cell]]:
    """The lacking cells that are compared with one another, in the plan's order: all methods of one pair and seed.

    Such cells are equal in every label that all cells have, but for those by which the study's baseline is named.
    """
    shared = set.intersection(*(set(cell.labels) for cell in planned)) - set(study.baseline)
    names = sorted({*shared, *DOMAINS, REPLICATE})
    found: dict[tuple[str, ...], list[Cell]] = {}
    for cell in todo:
        found.setdefault(tuple(str(cell.labels.get(name, "")) for name in names), []).append(cell)
    return list(found.values())


def fitting(groups: Sequence[Priced], seconds: float, slots: int) -> tuple[list[Priced], dict[str, float]]:
    """The groups that fit in the time one after the other, and what their trials take."""
    chosen, taken = list[Priced](), dict[str, float]()
    for group in groups:
        longest = max(group.seconds.values(), default=0.0)
        if longest <= seconds and group.adds(taken) <= seconds * slots - sum(taken.values()):
            chosen.append(group)
            taken.update(group.seconds)
    return chosen, taken


def _priced(cells: Sequence[Cell], store: Store, known: Mapping[str, float | None]) -> Priced | None:
    """None where the cost of a trial is not known."""
    seconds = {name: known[name] for name in missing([cell.trial for cell in cells], store)}
    costs = {name: cost for name, cost in seconds.items() if cost is not None}
    return Priced(tuple(cells), costs) if len(costs) == len(seconds) else None


def _told(chosen: Sequence[Sequence[Cell]], groups: Sequence[Sequence[Cell]]) -> str:
    cells, every = sum(map(len, chosen)), sum(map(len, groups))
    return f"chosen: {len(chosen)} of {count(len(groups), 'comparison')}, {cells} of {count(every, 'lacking cell')}"


def _rest(left: int) -> str:
    return "; a later run goes on with the rest" if left else ""
