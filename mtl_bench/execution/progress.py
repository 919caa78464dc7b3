"""What a run shows while it works: a line per running trial on a terminal, a plain line a minute anywhere else."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.table import Column

from mtl_bench.core.note import RunningNote
from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, key
from mtl_bench.execution.costs import Costs, duration, likeness
from mtl_bench.execution.maintenance import computed_elsewhere
from mtl_bench.study import Cell
from mtl_bench.typeset import count

SURE = 0.05  # the fraction done from which a trial's own pace tells what is left of it
LINES_EVERY = 60.0  # seconds between two lines where there is no terminal
NARROW = 90  # columns of a terminal that has no room for bars beside words
UNTOLD = ("backbone", "recipe")  # equal in most trials of a study, so a title leaves them out
SEVERAL = 4  # trials of a tuple that a title names one by one; of more it gives the number


def title(trial: Trial, seed: bool = True) -> str:
    """A trial in a few words: "Adapt DANN mnist-5k → mnist-m-5k seed 101"."""
    words = [type(trial).__name__]
    for field in dataclasses.fields(trial):
        value = getattr(trial, field.name)
        if field.name == "seed":
            words += [f"seed {value}"] if seed else []
        elif field.compare and field.name not in UNTOLD and (told := _told(value, seed)):
            words += ["→", told] if field.name == "target" else [told]
    return " ".join(words)


def _told(value: Any, seed: bool) -> str:
    if isinstance(value, tuple):
        if len(value) > SEVERAL and all(isinstance(v, Trial) for v in value):
            return f"{len(value)} × {' or '.join(dict.fromkeys(type(v).__name__ for v in value))}"
        return " + ".join(filter(None, (_told(v, seed) for v in value)))
    if isinstance(value, Trial):
        named = getattr(value, "name", "")  # of one that stands for a data set
        return f"({type(value).__name__} {named})" if named else f"({title(value, seed)})"
    if dataclasses.is_dataclass(value):
        return str(getattr(value, "name", type(value).__name__))
    return value if isinstance(value, str) else ""


class Progressing:
    """How far a run is: how many of the cells that were asked for are done, what runs since when, what is left.

    `todo` is what `cells` lack in the store; `before` counts cells that were asked for too and are done already.
    """

    def __init__(
        self, cells: Iterable[Cell], todo: Iterable[Trial], store: Store, slots: int, costs: Costs, before: int = 0
    ) -> None:
        self.waiting = {key(trial): likeness(trial) for trial in todo}
        self.alike = Counter(self.waiting.values())  # of those that wait
        self.since: dict[str, tuple[float, Trial]] = {}
        wanted = [key(cell.trial) for cell in cells]
        self.cells = Counter(name for name in wanted if name in self.waiting)
        self.total, self.done, self.failed = before + len(wanted), before + len(wanted) - self.cells.total(), 0
        self.store, self.slots, self.costs = store, slots, costs
        self.told: set[int] = set()  # processes that are known to compute what we wait for

    def on_event(self, event: str, trial: Trial) -> None:
        if event == "running":
            return
        if (like := self.waiting.pop(key(trial), None)) is not None:
            self.alike[like] -= 1
        if event == "started":
            self.since[key(trial)] = time.monotonic(), trial
            return
        self.since.pop(key(trial), None)
        if event == "finished":
            self.done += self.cells[key(trial)]
            self.costs.learn(trial, self.store.record(trial)["seconds"])
        else:
            self.failed += self.cells[key(trial)]

    def note(self, trial: Trial) -> RunningNote:
        """What the running trial last said of itself."""
        return self.store.note(key(trial))

    def remaining(self) -> float | None:
        """Seconds until all is done, None while nothing is known; what is like nothing so far counts as nothing."""
        seconds, anything = 0.0, bool(self.costs.known)
        for since, trial in self.since.values():
            elapsed, fraction = time.monotonic() - since, self.note(trial).fraction
            anything = anything or fraction > SURE
            cost = elapsed / fraction if fraction > SURE else self.costs.of(likeness(trial))
            seconds += max((cost or 0.0) - elapsed, 0.0)
        seconds += sum(number * (self.costs.of(like) or 0.0) for like, number in self.alike.items())
        return seconds / max(1, min(self.slots, len(self.waiting) + len(self.since))) if anything else None

    def summary(self) -> str:
        """ "6 of 927 cells, 2 failed, about 5 min left"."""
        remaining = self.remaining()
        left = f", about {duration(remaining)} left" if remaining and (self.waiting or self.since) else ""
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.done} of {count(self.total, 'cell')}{failed}{left}"

    def waits_for(self, names: Iterable[str]) -> list[str]:
        """A sentence for each other command, once, that computes trials with these keys: ours waits for them."""
        found = Counter(filter(None, (computed_elsewhere(self.store, name) for name in names)))
        fresh = [process for process in found if process not in self.told]
        self.told.update(fresh)
        return [
            f"process {process} computes {found[process]} of these trials already; this command waits for it"
            for process in fresh
        ]


class View(Protocol):
    """What `runner.run` tells its events to."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def on_event(self, event: str, trial: Trial) -> None: ...


class Lines:
    """For files and pipes: a line a minute, and at once what failed and whom we wait for."""

    def __init__(self, progressing: Progressing) -> None:
        self.progressing, self.said = progressing, time.monotonic()

    def __enter__(self) -> Self:
        self._say(self.progressing.summary())
        self._tell(self.progressing.waits_for(list(self.progressing.waiting)))
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def on_event(self, event: str, trial: Trial) -> None:
        own = event == "failed" and key(trial) in self.progressing.since  # not for want of another that failed
        self.progressing.on_event(event, trial)
        if event == "running":
            self._tell(self.progressing.waits_for([key(trial)]))
            if time.monotonic() - self.said >= LINES_EVERY:
                note = self.progressing.note(trial)
                how_far = f": {note.fraction:.0%} {note.text}".rstrip()
                self._say(f"{self.progressing.summary()}; running {title(trial)}{how_far}")
        elif own:
            self._say(f"failed: {title(trial)}; {self.progressing.summary()}")

    def _say(self, line: str) -> None:
        self.said = time.monotonic()
        print(line, flush=True)

    def _tell(self, sentences: Sequence[str]) -> None:
        for sentence in sentences:
            print(sentence, flush=True)


class Bars:
    """For a terminal: a bar for each running trial and one for all; on a narrow one, words alone."""

    def __init__(self, progressing: Progressing, console: Console) -> None:
        self.progressing, self.console = progressing, console
        words: list[ProgressColumn] = [
            TextColumn("{task.description}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
            TextColumn("{task.fields[note]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
        ]
        columns = words if console.width < NARROW else [words[0], BarColumn(12), words[1]]
        self.bars = Progress(*columns, console=console, expand=True, transient=True)
        self.all = self.bars.add_task("all", total=progressing.total, completed=progressing.done, note="starting")
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._tell(self.progressing.waits_for(list(self.progressing.waiting)))
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def on_event(self, event: str, trial: Trial) -> None:
        self.progressing.on_event(event, trial)
        if event == "started":
            self.tasks[key(trial)] = self.bars.add_task(title(trial), total=1.0, note="starting")
        elif event == "running":
            self._tell(self.progressing.waits_for([key(trial)]))
            note = self.progressing.note(trial)
            self.bars.update(self.tasks[key(trial)], completed=note.fraction, note=note.text)
        elif (task := self.tasks.pop(key(trial), None)) is not None:
            self.bars.remove_task(task)
            if event == "failed":
                self._tell([f"failed: {title(trial)}"])
        self.bars.update(self.all, completed=self.progressing.done, note=self.progressing.summary())

    def _tell(self, sentences: Sequence[str]) -> None:
        for sentence in sentences:
            self.console.print(sentence, markup=False, highlight=False)


def view(progressing: Progressing, console: Console) -> View:
    """The view that suits where the output goes."""
    return Bars(progressing, console) if console.is_terminal else Lines(progressing)
