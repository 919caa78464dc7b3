"""Filling a study's results: which cells are asked for, and computing what they lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from rich.console import Console

from mtl_bench.core.local import LocalExecutor
from mtl_bench.core.runner import missing, run
from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, key, parts
from mtl_bench.execution.costs import Costs, Rates, costs_in, duration, likeness, shares
from mtl_bench.execution.progress import Progressing, title, view
from mtl_bench.results.table import Results
from mtl_bench.study import Cell, Labels
from mtl_bench.workspace import StudyError, nearest


class Labelled(Protocol):
    """A cell, or what is known of one."""

    @property
    def labels(self) -> Labels: ...


OneLabelled = TypeVar("OneLabelled", bound=Labelled)


def asked(name: str, cells: Sequence[OneLabelled], only: Iterable[str], option: str = "--only ") -> list[OneLabelled]:
    """The cells with these labels: "method=DANN" twice means either, different labels mean both. Raises StudyError."""
    wanted: dict[str, set[str]] = {}
    for word in only:
        label, equals, value = word.partition("=")
        if not equals:
            raise StudyError(f'{option}{word}: write a label and its value, for example {option}"method=source only"')
        known = {str(cell.labels[label]) for cell in cells if label in cell.labels}
        if not known:
            labels = dict.fromkeys(name for cell in cells for name in cell.labels)
            raise StudyError(f'{name} has no label "{label}"{nearest(label, labels)} (it has {", ".join(labels)})')
        if value not in known:
            values = ", ".join(sorted(known))
            raise StudyError(f'{name} has no {label} "{value}"{nearest(value, known)} (it has {values})')
        wanted.setdefault(label, set()).add(value)
    return [c for c in cells if all(str(c.labels.get(label)) in values for label, values in wanted.items())]


def trials_of(cells: Iterable[Cell]) -> list[Trial]:
    """Every trial that the cells need, each once."""
    found = (part for cell in cells for part in parts(cell.trial) if isinstance(part, Trial))
    return list({key(trial): trial for trial in found}.values())


def known_costs(cells: Iterable[Cell], store: Store, results: Results) -> tuple[Costs, Costs]:
    """What trials cost, by the store, and what whole cells cost, by the results (a fresh clone has no store)."""
    cells, by_cell = list(cells), Costs()
    seconds = dict(zip(results.rows["key"], results.rows["seconds"], strict=True))
    for cell in cells:
        if key(cell.trial) in seconds:
            by_cell.learn(cell.trial, seconds[key(cell.trial)])
    return costs_in(store, trials_of(cells)), by_cell


def rates_at(scale: str, cells: Iterable[Cell], store: Store, device: str, results: Results) -> Rates:
    """What the trials of these cells cost on this device class, by the store, else by the results."""
    trials, rates = trials_of(cells), Rates(scale)
    rows = results.rows[results.rows["device"] == device]
    by_rows = shares(trials, dict(zip(rows["key"], rows["seconds"], strict=True)))
    for trial in trials:
        record = store.record(trial) if trial in store else {}
        seconds = record["seconds"] if record.get("device") == device else by_rows.get(key(trial))
        if seconds is not None:
            rates.learn(trial, seconds)
    return rates


def forecast(
    cells: Sequence[Cell],
    store: Store,
    slots: int,
    costs: Costs,
    costs_of_cells: Costs,
    recompute: bool,
    rates: Callable[[], Sequence[Rates]] = lambda: (),
) -> list[str]:
    """What computing the cells would run, and what that cost last time, as lines.

    Where that is not known, it is estimated from the first of the `rates` that know the kind of trial.
    """
    todo = trials_of(cells) if recompute else list(missing([cell.trial for cell in cells], store).values())
    if not todo:
        return ["nothing to compute"]
    total = costs.total(todo)
    if total is None:
        total = costs_of_cells.total(cell.trial for cell in cells)
    known = rates() if total is None else ()
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
    return [*lines, last + _estimated([_estimate(trial, costs, known) for trial in todo], slots)]


def _estimate(trial: Trial, costs: Costs, rates: Iterable[Rates]) -> tuple[float | None, str]:
    """Seconds, and the scale that they are estimated from: "" where the trial's like is known."""
    seconds = costs.of(likeness(trial)[:2])
    if seconds is not None:
        return seconds, ""
    for one in rates:
        if (seconds := one.of(trial)) is not None:
            return seconds, one.scale
    return None, ""


def _estimated(estimates: Sequence[tuple[float | None, str]], slots: int) -> str:
    seconds = [one for one, _ in estimates if one is not None]
    scales = dict.fromkeys(scale for _, scale in estimates if scale)
    if not seconds:
        return ""
    by = f", estimated from {' and '.join(scales)} scale by how much they compute" if scales else ""
    unknown = len(estimates) - len(seconds)
    rest = f"; without the {unknown} trials whose cost is not known yet" if unknown else ""
    return f"; about {duration(sum(seconds) / slots)} in {slots} slots{by}{rest}"


def compute(
    cells: Sequence[Cell],
    store: Store,
    device: str,
    slots: int,
    costs: Costs,
    hear: Callable[[str, Trial], None] = lambda event, trial: None,
) -> dict[str, str]:
    """Compute what the cells lack and show how it goes; returns {key: reason} of what could not be computed."""
    todo = missing([cell.trial for cell in cells], store)
    if not todo:
        return {}
    slots = min(slots, len(todo))
    showing = view(Progressing(todo.values(), store, slots, costs), Console())

    def watch(event: str, trial: Trial) -> None:
        showing.hear(event, trial)
        hear(event, trial)

    executor = LocalExecutor(store, device, slots)
    try:
        with showing:
            return run([cell.trial for cell in cells], store, executor, watch, poll=0.5)
    finally:
        executor.close()
