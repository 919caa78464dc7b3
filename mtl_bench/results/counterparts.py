"""Published numbers, found by the labels of a cell without a search through all of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property

from mtl_bench.study import Labels, Published

Names = tuple[str, ...]
Place = tuple[bool, int]  # mere context or not, and where the number stands: the smaller is compared with


@dataclass(frozen=True)
class Counterparts:
    """Published numbers, indexed once."""

    numbers: tuple[Published, ...]

    def of(self, labels: Mapping[str, str], metric: str) -> Published | None:
        """The number that a cell is compared with; one that is mere context only where there is no other."""
        found = [
            place
            for names, places in self._by_labels.items()
            if (place := places.get((metric, tuple(labels.get(name) for name in names)))) is not None
        ]
        return self.numbers[min(found)[1]] if found else None

    @cached_property
    def _by_labels(self) -> dict[Names, dict[Hashable, Place]]:
        found: dict[Names, dict[Hashable, Place]] = {}
        for i, number in enumerate(self.numbers):
            names = tuple(sorted(number.labels))
            places = found.setdefault(names, {})
            wanted = number.metric, tuple(str(number.labels[name]) for name in names)
            place = bool(number.context), i
            places[wanted] = min(place, places.get(wanted, place))
        return found

    def gain(self, number: Published, baseline: Labels) -> float | None:
        """What the number's own table gains over its own baseline; None where it has none, or is it."""
        same = self._by_table.get(_in_table(number, {**number.labels, **baseline}), ())
        other = next((i for i in same if self.numbers[i] is not number), None)
        return None if other is None else number.value - self.numbers[other].value

    @cached_property
    def _by_table(self) -> dict[Hashable, list[int]]:
        found: dict[Hashable, list[int]] = {}
        for i, number in enumerate(self.numbers):
            found.setdefault(_in_table(number, number.labels), []).append(i)
        return found


def _in_table(number: Published, labels: Labels) -> Hashable:
    return number.paper, number.source, number.metric, frozenset((name, str(value)) for name, value in labels.items())
