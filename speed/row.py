"""What a row of the speed table is: data, and how it becomes an outcome."""

from __future__ import annotations

import gc
import importlib.metadata
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Literal

from speed.timing import Compared, Distance, Median, Timed, Work, compare, one_thread

Make = Callable[[Any], Work]
REMEDY = "pip install -e '.[peers]'"


@dataclass(frozen=True)
class Peer:
    """Another way to the same result. Without a `module` it is written in the row's file."""

    name: str
    make: Make  # from the row's inputs, what is timed
    module: str | None = None  # what must be installed
    distribution: str = ""  # its name on PyPI

    @property
    def installed(self) -> bool:
        return self.module is None or find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """ "skada 0.6.0", "" for what is written here."""
        return f"{self.distribution} {importlib.metadata.version(self.distribution)}" if self.distribution else ""


@dataclass(frozen=True)
class Row:
    """One comparison. The goal is for our time divided by the first peer's, or for seconds beyond it."""

    name: str
    sentence: str
    inputs: Callable[[], Any]  # made once, before the clock runs
    ours: Make
    peers: tuple[Peer, ...] = ()
    unit: Literal["ratio", "seconds"] = "ratio"
    goal: float | None = None
    distance: Distance | None = None  # None where there is no result to compare
    measure: str = ""  # what `distance` measures
    tolerance: float = 0.0
    rounds: int = 11
    note: Callable[[Any], str] | None = None  # from the inputs, a sentence about memory or set-up
    optional: bool = False  # takes minutes: only when it is named, or with --all


@dataclass(frozen=True)
class Outcome:
    """A row as measured."""

    row: Row
    rounds: int
    ours: Timed | None = None
    compared: Mapping[str, Compared] = field(default_factory=dict)
    note: str = ""
    failure: str = ""

    def estimate(self, peer: Peer | None) -> Median | None:
        """The ratio or the seconds, beside this peer; None where there are none."""
        if peer is None:
            return Median.of(self.ours.cpu) if self.ours and self.row.unit == "seconds" else None
        return self.compared[peer.name].estimate(self.row.unit) if peer.name in self.compared else None

    def state(self, peer: Peer | None) -> str:
        """ "measured", or why there is no number: "disagrees", "not installed: …", "failed: …"."""
        if self.failure:
            return f"failed: {self.failure}"
        if peer is not None and not peer.installed:
            return f"not installed: {REMEDY}"
        if peer is not None and self.compared[peer.name].peer is None:
            return "disagrees"
        return "measured"

    @property
    def reached(self) -> bool | None:
        """Whether the median reaches the goal; None when there is no goal or no number."""
        judged = self.estimate(self.row.peers[0] if self.row.peers else None)
        return None if judged is None or self.row.goal is None else judged.middle <= self.row.goal


def measured(row: Row, rounds: int | None = None) -> Outcome:
    """The row, timed now. An error of ours or a peer's becomes the row's `failure`: the other rows go on."""
    count = rounds or row.rounds
    try:
        inputs = row.inputs()
        ours = row.ours(inputs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other libraries' imports
            peers = {peer.name: peer.make(inputs) for peer in row.peers if peer.installed}
        gc.collect()
        with one_thread():
            timed, compared = compare(ours, peers, distance=row.distance, tolerance=row.tolerance, rounds=count)
            note = row.note(inputs) if row.note else ""
    except Exception as error:
        return Outcome(row, count, failure=f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
    return Outcome(row, count, timed, compared, note)
