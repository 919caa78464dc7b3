"""Computing what a study's results lack, and what is told of it: what failed, how to go on after a stop."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from rich.console import Console

from mtl_bench import workspace
from mtl_bench.core import runner
from mtl_bench.core.trial import Trial
from mtl_bench.execution import data_catalogue, fetching, forecast, pages, pilot
from mtl_bench.execution.costs import Costs, duration, known_costs
from mtl_bench.execution.lacking import lacking
from mtl_bench.execution.machine import Machine
from mtl_bench.execution.predicting import keep_predictions
from mtl_bench.execution.progress import Progressing, view
from mtl_bench.execution.selection import Selection
from mtl_bench.execution.writer import ResultsWriter, invalidate
from mtl_bench.study import Cell
from mtl_bench.typeset import count
from mtl_bench.workspace import StudyError

STOPPED = 130  # the exit status of what Ctrl-C ended


def run(
    selection: Selection,
    machine: Machine,
    here: bool,
    recompute: bool,
    command: str,
    yes: bool = False,
    choose: forecast.Choose | None = None,
) -> int:
    """Compute what is lacking, write the page, or say what a pilot says; returns the exit status.

    With `yes` nothing is asked before data are fetched. `choose` says which of the lacking cells are computed now.
    """
    start = time.monotonic()
    folder, cells, store = workspace.places().results, selection.cells, machine.store
    results = selection.results()
    wanted = lacking(selection, machine, results, here, recompute)
    before, left = len(cells) - len(wanted), 0
    if choose:
        chosen = choose(wanted)
        before, left, wanted = 0, len(wanted) - len(chosen), chosen
    todo = _with_data(wanted, selection, machine, yes)
    costs, _ = known_costs(selection.planned if todo else (), store, results)
    if recompute:
        invalidate(todo, folder, selection.file, store, machine.device)
    writer = ResultsWriter(folder, selection.file, todo, store, command, scope=cells)
    reasons, stopped = {}, False
    with stoppable():
        try:
            reasons = execute(todo, machine, costs, writer.on_event, before)
        except KeyboardInterrupt:
            stopped = True
        finally:
            results = writer.finish()
    if stopped:
        kept = sum(results.has(cell, machine.device) and (not here or cell.trial in store) for cell in cells)
        again = "the same command again, without --recompute," if recompute else "the same command again"
        print(f"Stopped. {kept} of {len(cells)} cells are kept; give {again} to go on.")
        return STOPPED
    note = _note(selection, machine, todo, left, time.monotonic() - start) if todo or not wanted else ""
    judged = not selection.pilot and selection.scale != "smoke"
    if judged and (said := keep_predictions(folder, selection.file, cells, store)):
        print(said)
    if selection.pilot:
        pilot.tell(Selection.of(selection.name, selection.scale))
        print(note)
        print(workspace.near(folder / f"{selection.file}.csv"))
    elif len(results.rows):
        pages.write_page(selection, results, note)
    return tell_failures(reasons)


def _note(selection: Selection, machine: Machine, todo: Sequence[Cell], left: int, seconds: float) -> str:
    """What was computed in which time or, where nothing was lacking, how to measure all the same."""
    if todo:
        computed = sum(cell.trial in machine.store for cell in todo)
        took = f"{count(computed, 'cell')} computed in {duration(seconds)}"
        failed = f"; {count(len(todo) - computed, 'cell')} failed" if computed < len(todo) else ""
        rest = f"; {count(left, 'cell')} left: the same command goes on" if left else ""
        return f"{took}{failed}{rest}"
    held = f"Nothing was computed: all {count(len(selection.cells), 'cell')}"
    scale = "" if selection.scale == workspace.usual_scale(selection.study) else selection.scale
    words = ["mtl-bench", "run", selection.name, *(["--scale", scale] if scale else [])]
    words += ["--pilot"] if selection.pilot else []
    if all(cell.trial in machine.store for cell in selection.cells):
        return f"{held} were computed here before. To compute them anew: `{shlex.join(words)} --recompute`"
    flags = "".join(
        [f" SCALE={scale}" if scale else "", ' ARGS="--pilot --here"' if selection.pilot else " ARGS=--here"]
    )
    there = workspace.near(workspace.places().results / f"{selection.file}.csv")
    return (
        f"{held} are in {there} already. To measure them on this machine: `{shlex.join(words)} --here`, "
        f"or `make bench-{selection.name}{flags}`"
    )


def execute(
    cells: Sequence[Cell],
    machine: Machine,
    costs: Costs,
    on_event: Callable[[str, Trial], None] = lambda event, trial: None,
    before: int = 0,
) -> dict[str, str]:
    """Compute what the cells lack and show how it goes; returns {key: reason} of what could not be computed.

    `before` counts the cells that were asked for too and are done already.
    """
    todo = runner.missing([cell.trial for cell in cells], machine.store)
    if not todo:
        return {}
    slots = min(machine.slots, len(todo))
    showing = view(Progressing(cells, todo.values(), machine.store, slots, costs, before), Console())

    def watch(event: str, trial: Trial) -> None:
        showing.on_event(event, trial)
        on_event(event, trial)

    executor = machine.executor(len(todo))
    try:
        with showing:
            return runner.run([cell.trial for cell in cells], machine.store, executor, watch, poll=0.5)
    finally:
        executor.close()


@contextmanager
def stoppable() -> Iterator[None]:
    """The first Ctrl-C or SIGTERM raises KeyboardInterrupt; more of them cannot disturb the clean end."""

    def stop(*_: object) -> None:
        for one in before:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    for one in before:
        signal.signal(one, stop)
    try:
        yield
    finally:
        for one, handler in before.items():
            if signal.getsignal(one) is stop:  # once stopped, nothing disturbs the way out
                signal.signal(one, handler)


def _with_data(cells: Sequence[Cell], selection: Selection, machine: Machine, yes: bool) -> list[Cell]:
    """The cells whose data are available, fetched now if need be. Raises StudyError unless the others are optional."""
    todo = [cell for cell in cells if cell.trial not in machine.store]
    hours = partial(forecast.sentence, selection, machine, todo)
    absent = fetching.fetch(data_catalogue.needed_by(todo), yes, hours)
    needing = {data_set: [cell for cell in todo if data_set in data_catalogue.needed_by([cell])] for data_set in absent}
    for data_set, sentence in absent.items():
        if not all(cell.optional for cell in needing[data_set]):
            raise StudyError(sentence)
        print(f"not available: {sentence}")
    lost = {id(cell) for cells_of_one in needing.values() for cell in cells_of_one}
    return [cell for cell in cells if id(cell) not in lost]


def tell_failures(reasons: Mapping[str, str]) -> int:
    """A line per cause on stderr; returns the exit status."""
    causes: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        if not reason.startswith("needs "):
            causes.setdefault(reason.partition(" (traceback: ")[0], []).append(name)
    for names in causes.values():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        print(f"{names[0]}{more}: {reasons[names[0]]}", file=sys.stderr)
    dependents = len(reasons) - sum(map(len, causes.values()))
    if dependents:
        print(f"{dependents} more trials need what failed; every cell that succeeded is kept", file=sys.stderr)
    return 1 if reasons else 0
