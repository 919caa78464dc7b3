"""What the commands that compute or judge do, from a study's name to its page and an exit status."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mtl_bench import workspace
from mtl_bench.core.store import Store, code_of
from mtl_bench.core.trial import key
from mtl_bench.execution import data_catalogue, execute, fetching, maintenance, regression, writer
from mtl_bench.execution.costs import Rates
from mtl_bench.results.table import Results
from mtl_bench.study import Cell, Study
from mtl_bench.workspace import StudyError

INSTRUCTIVE = ("laptop", "paper", "smoke")  # scales by how much they say about another's costs: smoke is all start-up
STOPPED = 130  # the exit status of what Ctrl-C ended


@dataclass(frozen=True)
class Wanted:
    """A study at a scale: the cells it plans and those that were asked for."""

    name: str
    study: Study
    scale: str
    planned: Sequence[Cell]
    cells: Sequence[Cell]

    @classmethod
    def of(cls, word: str, scale: str | None, only: Sequence[str] = (), seeds: int | None = None) -> Wanted:
        """At the study's usual scale if none is named. Raises StudyError for a misspelt study, scale or label."""
        name, study = workspace.load(word)
        at = workspace.scale_of(name, study, scale, seeds)
        planned = workspace.cells_of(name, study, at)
        return cls(name, study, at.name, planned, execute.asked(name, planned, only))

    @property
    def file(self) -> str:
        return f"{self.name}.{self.scale}"

    def results(self) -> Results:
        return Results.read(workspace.places().results, self.file)

    def not_there(self) -> StudyError:
        remedy = f"run `mtl-bench run {self.name} --scale {self.scale}` first"
        return StudyError(f"{self.name} has no results at {self.scale} scale yet; {remedy}")


@dataclass(frozen=True)
class Computer:
    """Where trials are computed and kept."""

    store: Store
    device: str  # the device class: cpu or cuda
    slots: int

    @classmethod
    def of(cls, device: str, slots: int | None) -> Computer:
        ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cls(Store(workspace.places().store), device, slots or ours)  # by default one per core that is ours


def run(wanted: Wanted, computer: Computer, here: bool, recompute: bool, command: str) -> int:
    """Compute what is lacking, write the page; returns the exit status."""
    folder, cells, store = workspace.places().results, wanted.cells, computer.store
    results = wanted.results()
    lacking = _with_data(_lacking(wanted, computer, results, here, recompute), store)
    costs, _ = execute.known_costs(wanted.planned if lacking else (), store, results)
    if recompute:
        writer.invalidate(lacking, folder, wanted.file, store, computer.device)
    saving = writer.ResultsWriter(folder, wanted.file, lacking, store, command)
    reasons, stopped = {}, False
    with _stoppable():
        try:
            reasons = execute.compute(lacking, store, computer.device, computer.slots, costs, saving.on_event)
        except KeyboardInterrupt:
            stopped = True
        finally:
            results = saving.finish()
    if stopped:
        kept = sum(results.has(cell, computer.device) for cell in cells)
        again = "the same command again, without --recompute," if recompute else "the same command again"
        print(f"Stopped. {kept} of {len(cells)} cells are kept; give {again} to go on.")
        return STOPPED
    if len(results.rows):
        _write_page(wanted, results)
    return _tell_failures(reasons)


def forecast(wanted: Wanted, computer: Computer, here: bool, recompute: bool) -> None:
    """Say what a run would compute and what that cost last time, or by other scales might cost."""
    results, store = wanted.results(), computer.store
    lacking = _lacking(wanted, computer, results, here, recompute)
    costs, costs_of_cells = execute.known_costs(wanted.planned, store, results)

    def rates() -> list[Rates]:
        others = [scale for scale in INSTRUCTIVE if scale in wanted.study.seeds and scale != wanted.scale]
        known = [execute.rates_at("", wanted.planned, store, computer.device, results)]
        for scale in others:
            with suppress(StudyError):  # another scale's mistakes are not this one's
                other = Wanted.of(wanted.name, scale)
                known.append(execute.rates_at(scale, other.planned, store, computer.device, other.results()))
        return known

    print("\n".join(execute.forecast(lacking, store, computer.slots, costs, costs_of_cells, recompute, rates)))


def report(wanted: Wanted) -> None:
    """Write the page from the results."""
    results = wanted.results()
    if not len(results.rows):
        raise wanted.not_there()
    _write_page(wanted, results)


def check(wanted: Wanted, computer: Computer, baseline: Path | None, junit: Path | None, summary: Path | None) -> int:
    """Compare fresh results with the baseline; returns the exit status."""
    from mtl_bench.statistics import regression as findings

    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder, "old"), Path(folder, "new")
        if baseline is None:
            before = regression.committed(workspace.places().results, wanted.file, old)
        else:
            before = Results.read(baseline, wanted.file)
        if not len(before.rows):
            raise wanted.not_there()

        def compute(cells: Sequence[Cell]) -> dict[str, str]:
            costs, _ = execute.known_costs(cells, computer.store, before)
            return execute.compute(cells, computer.store, computer.device, computer.slots, costs)

        with _stoppable():
            try:
                found, reasons = regression.check(
                    wanted.name, wanted.study, wanted.scale, before, new, computer.store, compute
                )
            except KeyboardInterrupt:
                print("Stopped. What was computed is kept; give the same command again to go on.")
                return STOPPED
    text = findings.summary(found)
    print(text)
    if junit:
        findings.junit(found, junit)
    if summary:
        with summary.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    return _tell_failures(reasons) or found.exit_status


def tidy() -> None:
    """Keep the newer of two rows for one cell, in all results."""
    folder = workspace.places().results
    for holding in maintenance.holdings(folder):
        results = Results.read(folder, holding.name, repair=True)
        results.write()
        print(f"{holding.name}: {holding.rows - len(results.rows)} of {holding.rows} rows dropped")


def _lacking(wanted: Wanted, computer: Computer, results: Results, here: bool, recompute: bool) -> list[Cell]:
    """The cells without a row in the results; `here`, also those that this store did not compute."""

    def done(cell: Cell) -> bool:
        return results.has(cell, computer.device) and not recompute and (not here or cell.trial in computer.store)

    lacking = [cell for cell in wanted.cells if not done(cell)]
    count, kept = len(wanted.cells), len(wanted.cells) - len(lacking)
    print(f"{wanted.name} at {wanted.scale} scale: {kept} of {count} cells done", flush=True)
    if kept and not here and not any(cell.trial in computer.store for cell in wanted.cells):
        print("(by the results in the repository; --here measures them on this machine)", flush=True)
    return lacking


@contextmanager
def _stoppable() -> Iterator[None]:
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


def _write_page(wanted: Wanted, results: Results) -> None:
    """Write the page and say what it says; the last line is where it is."""
    from mtl_bench.report import page
    from mtl_bench.results.frame import Frame
    from mtl_bench.statistics import verdict

    frame = Frame.of(wanted.study, results, wanted.planned)
    codes = {key(cell.trial): (type(cell.trial).__name__, code_of(cell.trial)) for cell in wanted.planned}
    rows = [row for row in zip(results.rows["key"], results.rows["code"], strict=True) if row[0] in codes]
    stale = Counter(codes[name][0] for name, code in rows if codes[name][1] != code)
    path = page.write(wanted.name, frame, workspace.places().reports, stale)
    print("\n".join(verdict.verdict_lines(verdict.judge(frame))))
    print(workspace.near(path))


def _with_data(cells: Sequence[Cell], store: Store) -> list[Cell]:
    """The cells whose data are at hand, fetched now if need be. Raises StudyError unless the others are optional."""
    todo = [cell for cell in cells if cell.trial not in store]
    absent = fetching.fetch(data_catalogue.needed_by(todo))
    needing = {data_set: [cell for cell in todo if data_set in data_catalogue.needed_by([cell])] for data_set in absent}
    for data_set, sentence in absent.items():
        if not all(cell.optional for cell in needing[data_set]):
            raise StudyError(sentence)
        print(f"not at hand: {sentence}")
    lost = {id(cell) for cells_of_one in needing.values() for cell in cells_of_one}
    return [cell for cell in cells if id(cell) not in lost]


def _tell_failures(reasons: Mapping[str, str]) -> int:
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
