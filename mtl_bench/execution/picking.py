"""Which cells of a study a check computes in the time that it has: every method first, then what fits."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mtl_bench.core.trial import Trial, key, parts
from mtl_bench.execution.costs import duration, own_seconds, trained_on
from mtl_bench.execution.selection import trials_of
from mtl_bench.results.table import Results
from mtl_bench.study import REPLICATE, Cell
from mtl_bench.typeset import count
from mtl_bench.workspace import StudyError

Named = frozenset[tuple[str, str]]  # labels without the seed

NAMED = 8  # cells left out that are named


@dataclass(frozen=True)
class Priced:
    """Cells that are computed together or not at all, and what their trials take, by key."""

    cells: tuple[Cell, ...]
    seconds: Mapping[str, float]

    def adds(self, taken: Mapping[str, float]) -> float:
        """What it takes beside trials that are computed anyway."""
        return sum(seconds for name, seconds in self.seconds.items() if name not in taken)


class Replicates(Priced):
    """A cell with all its seeds."""

    @property
    def kind(self) -> str:
        return f"{type(self.cells[0].trial).__name__} {self.cells[0].labels.get('method', '')}"

    @property
    def exact(self) -> bool:
        """Whether seeds and training have no part in it: one replicate, and no trial with a recipe."""
        replicates = {cell.labels.get(REPLICATE) for cell in self.cells}
        return len(replicates) == 1 and not any(trained_on(p) for cell in self.cells for p in parts(cell.trial))

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.cells[0].labels.items() if name != REPLICATE)


def named(cell: Cell) -> Named:
    return frozenset((name, str(value)) for name, value in cell.labels.items() if name != REPLICATE and value != "")


def groups(cells: Iterable[Cell], baseline: Results, device: str) -> list[Replicates]:
    """The planned cells that the baseline has on this device class, with what they took there."""
    rows = baseline.rows[baseline.rows["device"] == device]
    labels = [name for name in baseline.labels if name != REPLICATE]
    took: dict[Named, float] = {}
    for row in rows.to_dict("records"):
        name = frozenset((label, str(row[label])) for label in labels if row[label] != "")
        took[name] = max(took.get(name, 0.0), row["seconds"])
    by_name: dict[Named, list[Cell]] = defaultdict(list)
    for cell in cells:
        if named(cell) in took:
            by_name[named(cell)].append(cell)
    # By labels, since keys change with a method's parameters.
    seconds = {key(cell.trial): took[name] for name, some in by_name.items() for cell in some}
    own = own_seconds(trials_of(cell for some in by_name.values() for cell in some), seconds)
    return [Replicates(tuple(some), {name: own[name] for name in _trials(some)}) for some in by_name.values()]


def _trials(cells: Iterable[Cell]) -> set[str]:
    return {key(part) for cell in cells for part in parts(cell.trial) if isinstance(part, Trial)}


def pick(known: Sequence[Replicates], seconds: float, slots: int, seed: int) -> list[Replicates]:
    """What fits in the time: first the cheapest cell of each kind of trial and method, then of ever other kinds.

    Raises StudyError where nothing fits.
    """
    generator, left, taken = random.Random(seed), seconds * slots, dict[str, float]()
    kinds: dict[str, list[Replicates]] = defaultdict(list)
    for group in sorted(known, key=lambda one: (one.adds({}), str(one))):
        kinds[group.kind].append(group)
    chosen: list[Replicates] = []

    def take(kind: str) -> bool:
        for group in kinds[kind]:
            if group.adds(taken) <= left - sum(taken.values()):
                kinds[kind].remove(group)
                taken.update(group.seconds)
                chosen.append(group)
                return True
        return False

    for kind in sorted(kinds, key=lambda kind: kinds[kind][0].adds({})):
        take(kind)
    if not chosen:
        cheapest = min(group.adds({}) for group in known) / slots / 60
        raise StudyError(f"no cell fits in {duration(seconds)}; the cheapest takes --minutes {cheapest + 0.1:.1f}")
    order = sorted(kinds)
    generator.shuffle(order)
    for kind in order:
        generator.shuffle(kinds[kind])
    while [kind for kind in order if take(kind)]:
        pass
    return chosen


def told(chosen: Sequence[Replicates], known: Sequence[Replicates], slots: int, seed: int) -> str:
    """A sentence: what is checked, what it takes, what is left out."""
    every: dict[str, float] = {}
    for group in chosen:
        every |= group.seconds
    left = [str(group) for group in known if group not in chosen]
    if not left:
        return (
            f"Checked: all {count(len(known), 'cell')}, about {duration(sum(every.values()) / slots)} by earlier runs."
        )
    missed = sorted({group.kind for group in known} - {group.kind for group in chosen})
    more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
    whole = f"; of {', '.join(missed)} there is none" if missed else ""
    return (
        f"Checked: {len(chosen)} of {len(known)} cells, drawn with --seed {seed}, about "
        f"{duration(sum(every.values()) / slots)} by earlier runs{whole}. "
        f"Left out: {'; '.join(left[:NAMED])}{more}."
    )
