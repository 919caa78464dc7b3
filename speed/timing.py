"""Comparisons in one process: in turns, on one thread, by processor time, and only of results that agree."""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

SLICE = 0.05  # seconds: what takes less is repeated until it takes this long, so that the clock's grain does not show
LEVEL = 0.95

Clock = Callable[[], float]
Work = Callable[[], Any]
Distance = Callable[[Any, Any], float]


def processor_seconds() -> float:
    """What this process and its finished children have used, user and system, of all threads."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@dataclass(frozen=True)
class Timed:
    """Seconds of one call, in each round."""

    cpu: tuple[float, ...]
    wall: tuple[float, ...]


@dataclass(frozen=True)
class Median:
    """A median with a 95 % interval by order statistics; the bounds are nan where there are fewer than six rounds."""

    middle: float
    low: float = math.nan
    high: float = math.nan

    @classmethod
    def of(cls, values: tuple[float, ...]) -> Median:
        from scipy.stats import quantile_test

        bounds = quantile_test(np.array(values), q=0.0, p=0.5).confidence_interval(LEVEL)
        return cls(float(np.median(values)), float(bounds.low), float(bounds.high))


@dataclass(frozen=True)
class Compared:
    """Ours beside one peer."""

    ours: Timed
    peer: Timed | None  # None when it disagrees: the time of another result says nothing
    disagreement: float  # between the results; nan when they are not compared

    def estimate(self, unit: Literal["ratio", "seconds"]) -> Median | None:
        """Our time divided by the peer's, or what we take beyond it in seconds; None when it disagrees."""
        if self.peer is None:
            return None
        pairs = zip(self.ours.cpu, self.peer.cpu, strict=True)
        return Median.of(tuple(a / b if unit == "ratio" else a - b for a, b in pairs))


def compare(
    ours: Work,
    peers: Mapping[str, Work],
    *,
    distance: Distance | None,
    tolerance: float,
    rounds: int,
    cpu: Clock = processor_seconds,
    wall: Clock = time.perf_counter,
) -> tuple[Timed, dict[str, Compared]]:
    """Each is called once to warm up and to compare the results; then all in turns, each round in the reverse order.

    A peer whose result is further from ours than `tolerance` is not timed.
    """
    result, repeats = _warmed(ours, cpu)
    works, calls, agreeing = [ours], [repeats], []
    apart: dict[str, float] = {}
    for name, peer in peers.items():
        other, repeats = _warmed(peer, cpu)
        apart[name] = distance(result, other) if distance else math.nan
        if distance is None or apart[name] <= tolerance:  # a nan among the results is no agreement
            works.append(peer)
            calls.append(repeats)
            agreeing.append(name)
        del other  # results may be large
    times: list[tuple[list[float], list[float]]] = [([], []) for _ in works]
    for turn in range(rounds):
        order = range(len(works)) if turn % 2 == 0 else range(len(works) - 1, -1, -1)
        for i in order:
            start = cpu(), wall()
            for _ in range(calls[i]):
                works[i]()
            times[i][0].append((cpu() - start[0]) / calls[i])
            times[i][1].append((wall() - start[1]) / calls[i])
    own, *others = (Timed(tuple(c), tuple(w)) for c, w in times)
    timed = dict(zip(agreeing, others, strict=True))
    return own, {name: Compared(own, timed.get(name), apart[name]) for name in peers}


def _warmed(work: Work, cpu: Clock) -> tuple[Any, int]:
    """The result of a first call, and how many calls fill a slice, by a second call where the first was short."""
    start = cpu()
    result = work()
    taken = cpu() - start
    if taken < SLICE:
        start = cpu()
        work()
        taken = cpu() - start
    return result, max(1, min(1000, math.ceil(SLICE / taken) if taken > 0 else 1000))


def one_thread() -> AbstractContextManager[object]:
    """Every BLAS and OpenMP pool that is loaded now has one thread inside it; so has PyTorch, from here on."""
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    return threadpool_limits(limits=1)  # type: ignore[no-any-return]


def largest_allocation(work: Work) -> int:
    """Bytes of the largest tensor that PyTorch makes in one call."""
    from torch import Tensor
    from torch.utils._python_dispatch import (
        TorchDispatchMode,
    )  # the profiler would tell too, but writes to the terminal
    from torch.utils._pytree import tree_leaves

    sizes = [0]

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            made = function(*args, **(kwargs or {}))
            sizes.extend(leaf.untyped_storage().nbytes() for leaf in tree_leaves(made) if isinstance(leaf, Tensor))
            return made

    watch: Any = Watch
    with watch():
        work()
    return max(sizes)
