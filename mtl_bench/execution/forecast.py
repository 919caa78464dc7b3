"""What a run would compute, and what that cost last time or, by other scales, might cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from mtl_bench.core.runner import missing
from mtl_bench.core.trial import Trial, key
from mtl_bench.execution import data_catalogue, estimate, pilot
from mtl_bench.execution.costs import Costs, Rates, duration, known_costs, likeness, rates_at
from mtl_bench.execution.lacking import lacking
from mtl_bench.execution.machine import Machine
from mtl_bench.execution.progress import title
from mtl_bench.execution.selection import Selection, trials_of
from mtl_bench.study import Cell
from mtl_bench.workspace import StudyError

INSTRUCTIVE = ("laptop", "gpu", "paper", "smoke")  # scales by what they say about another's costs: smoke is start-up

Choose = Callable[[Sequence[Cell]], list[Cell]]
Estimate = tuple[float | None, str]  # seconds, and the scale that they are estimated from, "" where the kind is known


def forecast(selection: Selection, machine: Machine, here: bool, recompute: bool, choose: Choose | None = None) -> None:
    """Say what a run could show of each claim, what it would compute and what that might cost.

    `choose` says which of the lacking cells a run would take.
    """
    if not selection.pilot:
        pilot.tell(selection)
    results, store = selection.results(), machine.store
    cells = lacking(selection, machine, results, here, recompute)
    cells = choose(cells) if choose else cells
    todo = trials_of(cells) if recompute else list(missing([cell.trial for cell in cells], store).values())
    if not todo:
        print("nothing to compute" + ("" if here else "; --here measures on this machine what the results hold"))
        return
    estimate.tell(data_catalogue.needed_by(cell for cell in cells if cell.trial not in store))
    print("\n".join(_lines(todo, cells, selection, machine)))


def sentence(selection: Selection, machine: Machine, cells: Sequence[Cell]) -> str:
    """What computing these cells costs, as the last line of a forecast says it."""
    todo = list(missing([cell.trial for cell in cells], machine.store).values())
    return _lines(todo, cells, selection, machine)[-1]


def seconds_of(trials: Sequence[Trial], selection: Selection, machine: Machine) -> dict[str, float | None]:
    """What each of these trials of the study takes, by key; None where nothing is known of its kind but smoke runs."""
    costs, _ = known_costs(selection.planned, machine.store, selection.results())
    found = {key(trial): _estimate(trial, costs, ())[0] for trial in trials}
    if None in found.values():
        rates = [one for one in _rates(selection, machine) if one.scale != "smoke"]
        found = {key(trial): _estimate(trial, costs, rates)[0] for trial in trials}
    return found


def _rates(selection: Selection, machine: Machine) -> list[Rates]:
    """What is known of this scale's trials, then of other scales'."""
    own = rates_at("", selection.planned, machine.store, machine.device, selection.results())
    others = [scale for scale in INSTRUCTIVE if scale in selection.study.seeds and scale != selection.scale]
    known = [own]
    with suppress(StudyError):  # a study may have nothing with a seed
        sizing = Selection.of_pilot(selection.name, selection.scale)
        known.append(rates_at("", sizing.planned, machine.store, machine.device, sizing.results()))
    for scale in others:
        with suppress(StudyError):  # another scale's mistakes are not this one's
            other = Selection.of(selection.name, scale)
            known.append(rates_at(scale, other.planned, machine.store, machine.device, other.results()))
    return [rates for rates in known if rates.known]


def _lines(todo: Sequence[Trial], cells: Sequence[Cell], selection: Selection, machine: Machine) -> list[str]:
    """A line per kind of trial, and one for all."""
    costs, costs_of_cells = known_costs(selection.planned, machine.store, selection.results())
    slots, total = machine.slots, costs.total(todo)  # the seconds of all, where they are known
    if total is None:
        total = costs_of_cells.total(cell.trial for cell in cells)
    known = _rates(selection, machine) if total is None else ()
    groups: dict[str, list[Trial]] = {}
    for trial in todo:
        groups.setdefault(title(trial, seed=False), []).append(trial)
    lines = []
    for name, trials in groups.items():
        seconds, scale = _estimate(trials[0], costs, known)
        each = f"about {duration(seconds)} each" if seconds is not None else "cost not known yet"
        lines.append(f"{len(trials):>6} × {name}, {each}" + (f" (estimated from {scale} scale)" if scale else ""))
    last = f"{len(todo)} trials to compute"
    if total is not None:
        return [*lines, f"{last}; last time this took about {duration(total / slots)} in {slots} slots"]
    estimates = [_estimate(trial, costs, known) for trial in todo]
    declared = selection.study.takes.get(selection.scale)
    guessed = any(seconds is None or scale for seconds, scale in estimates)
    said = f"; by the study's own estimate {declared}" if declared and guessed else ""
    return [*lines, last + _in_all(estimates, slots) + said]


def _estimate(trial: Trial, costs: Costs, rates: Iterable[Rates]) -> Estimate:
    seconds = costs.of(likeness(trial)[:2]) if costs.known else None
    if seconds is not None:
        return seconds, ""
    for one in rates:
        if (seconds := one.of(trial)) is not None:
            return seconds, one.scale
    return None, ""


def _in_all(estimates: Sequence[Estimate], slots: int) -> str:
    seconds = [one for one, _ in estimates if one is not None]
    scales = dict.fromkeys(scale for _, scale in estimates if scale)
    if not seconds:
        return ""
    by = f", estimated from {' and '.join(scales)} scale by how long they train" if scales else ""
    unknown = len(estimates) - len(seconds)
    rest = f"; without the {unknown} trials whose cost is not known yet" if unknown else ""
    return f"; about {duration(sum(seconds) / slots)} in {slots} slots{by}{rest}"
