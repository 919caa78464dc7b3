"""What a run shows while it works: a line per running trial on a terminal, plain lines anywhere else."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, key
from mtl_bench.execution.costs import Costs, duration, likeness

SURE = 0.05  # the fraction done from which a trial's own pace tells what is left of it
LINES_EVERY = 20.0  # seconds between two progress lines where there is no terminal
UNTOLD = ("backbone", "recipe")  # equal in most trials of a study, so a title leaves them out


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
        return " + ".join(filter(None, (_told(v, seed) for v in value)))
    if isinstance(value, Trial):
        return f"({title(value, seed)})"
    if dataclasses.is_dataclass(value):
        return str(getattr(value, "name", type(value).__name__))
    return value if isinstance(value, str) else ""


class Progressing:
    """How far a run is: what runs since when, how much is left."""

    def __init__(self, todo: Iterable[Trial], store: Store, slots: int, costs: Costs) -> None:
        self.waiting = {key(trial): likeness(trial) for trial in todo}
        self.alike = Counter(self.waiting.values())  # of those that wait
        self.since: dict[str, tuple[float, Trial]] = {}
        self.total, self.done = len(self.waiting), 0
        self.store, self.slots, self.costs = store, slots, costs

    def on_event(self, event: str, trial: Trial) -> None:
        if event == "running":
            return
        if (like := self.waiting.pop(key(trial), None)) is not None:
            self.alike[like] -= 1
        if event == "started":
            self.since[key(trial)] = time.monotonic(), trial
            return
        self.since.pop(key(trial), None)
        self.done += 1
        if event == "finished":
            self.costs.learn(trial, self.store.record(trial)["seconds"])

    def note(self, trial: Trial) -> tuple[float, str]:
        """The fraction done and the words that the running trial last gave."""
        return self.store.progress(key(trial))

    def remaining(self) -> float | None:
        """Seconds until all is done, None while nothing is known; what is like nothing so far counts as nothing."""
        seconds, anything = 0.0, bool(self.costs.known)
        for since, trial in self.since.values():
            elapsed, (fraction, _) = time.monotonic() - since, self.note(trial)
            anything = anything or fraction > SURE
            cost = elapsed / fraction if fraction > SURE else self.costs.of(likeness(trial))
            seconds += max((cost or 0.0) - elapsed, 0.0)
        seconds += sum(count * (self.costs.of(like) or 0.0) for like, count in self.alike.items())
        return seconds / max(1, min(self.slots, len(self.waiting) + len(self.since))) if anything else None

    def summary(self) -> str:
        remaining = self.remaining()
        left = f", about {duration(remaining)} left" if remaining and self.done < self.total else ""
        return f"{self.done} of {self.total} trials{left}"


class View(Protocol):
    """What `runner.run` tells its events to."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def on_event(self, event: str, trial: Trial) -> None: ...


class Lines:
    """For files and pipes: a line for each start and end, and one in between when it takes long."""

    def __init__(self, progressing: Progressing) -> None:
        self.progressing, self.said = progressing, time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def on_event(self, event: str, trial: Trial) -> None:
        self.progressing.on_event(event, trial)
        if event == "started":
            self._say(f"started   {title(trial)}")
        elif event == "running":
            if time.monotonic() - self.said >= LINES_EVERY:
                fraction, text = self.progressing.note(trial)
                self._say(f"running   {title(trial)}: {fraction:.0%} {text}; {self.progressing.summary()}")
        else:
            self._say(f"{event:<9} {title(trial)}; {self.progressing.summary()}")

    def _say(self, line: str) -> None:
        self.said = time.monotonic()
        print(line, flush=True)


class Bars:
    """For a terminal: a bar for each running trial and one for all."""

    def __init__(self, progressing: Progressing, console: Console) -> None:
        self.progressing = progressing
        self.bars = Progress(
            TextColumn("{task.description}", table_column=Column(ratio=1, no_wrap=True)),
            BarColumn(12),
            TextColumn("{task.fields[note]}"),
            console=console,
            expand=True,
            transient=True,
        )
        self.all = self.bars.add_task("all", total=progressing.total, note="starting")
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def on_event(self, event: str, trial: Trial) -> None:
        self.progressing.on_event(event, trial)
        if event == "started":
            self.tasks[key(trial)] = self.bars.add_task(title(trial), total=1.0, note="starting")
        elif event == "running":
            fraction, text = self.progressing.note(trial)
            self.bars.update(self.tasks[key(trial)], completed=fraction, note=text)
        elif (task := self.tasks.pop(key(trial), None)) is not None:
            self.bars.remove_task(task)
        self.bars.update(self.all, completed=self.progressing.done, note=self.progressing.summary())


def view(progressing: Progressing, console: Console) -> View:
    """The view that suits where the output goes."""
    return Bars(progressing, console) if console.is_terminal else Lines(progressing)
