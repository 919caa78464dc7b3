"""The runner: computes trials in dependency order and goes on past failures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from graphlib import TopologicalSorter
from typing import Any, Protocol

from mtl_bench.core.store import Store, StoreError, TrialError
from mtl_bench.core.trial import Trial, dependencies, key


class Executor(Protocol):
    """Runs trials somewhere: `local.py` in processes of this machine."""

    slots: int

    def submit(self, trial: Trial) -> Future[Any]: ...

    def explain(self, error: BaseException) -> str: ...  # what happened to a trial that the trial did not do itself

    def close(self) -> None: ...


def missing(trials: Iterable[Trial], store: Store) -> dict[str, Trial]:
    """What must be computed for `trials`, by key, dependencies before dependents."""
    ordered: dict[str, Trial] = {}
    visited: set[str] = set()

    def visit(trial: Trial) -> None:
        name = key(trial)
        if name not in visited and trial not in store:
            visited.add(name)
            for dependency in dependencies(trial):
                visit(dependency)
            ordered[name] = trial

    for trial in trials:
        visit(trial)
    return ordered


def _reason(error: BaseException, store: Store, executor: Executor, trial: Trial) -> str:
    if isinstance(error, TrialError):
        return f"{error} (traceback: {os.path.relpath(store.failure(trial))})"
    return executor.explain(error)


def run(
    trials: Iterable[Trial],
    store: Store,
    executor: Executor,
    watch: Callable[[str, Trial], None] = lambda event, trial: None,
    poll: float | None = None,
) -> dict[str, str]:
    """Compute what `store` lacks; returns {key: reason} of what could not be computed.

    A failed trial stops only its dependents. `watch` hears "started", "finished", "failed" and, every `poll`
    seconds, "running". Raises StoreError at once when the store itself fails.
    """
    todo = missing(trials, store)
    needs = {name: [n for n in map(key, dependencies(trial)) if n in todo] for name, trial in todo.items()}
    order = TopologicalSorter(needs)
    order.prepare()
    place = {name: i for i, name in enumerate(todo)}
    ready = list(order.get_ready())
    running: dict[Future[Any], str] = {}
    reasons: dict[str, str] = {}

    def fail(name: str, reason: str) -> None:
        reasons[name] = reason
        watch("failed", todo[name])

    while ready or running:
        while ready and len(running) < executor.slots:
            name = ready.pop(0)
            running[executor.submit(todo[name])] = name
            watch("started", todo[name])
        done, _ = wait(running, timeout=poll, return_when=FIRST_COMPLETED)
        for future in done:
            name, error = running.pop(future), future.exception()
            if isinstance(error, StoreError):
                raise error
            if error:
                fail(name, _reason(error, store, executor, todo[name]))
            else:
                watch("finished", todo[name])
                order.done(name)
        # In the order of the plan, so that a cell begun is a cell finished, and an interrupted run keeps more of them.
        ready = sorted([*ready, *order.get_ready()], key=place.__getitem__)
        for name in running.values():
            watch("running", todo[name])
    for name in todo:
        if failed := [n for n in needs[name] if n in reasons]:
            fail(name, f"needs {failed[0]}, which failed")
    return reasons
