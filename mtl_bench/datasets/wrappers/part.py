"""What a part of another data set is: which of its rows, under which names."""

from __future__ import annotations

from typing import Protocol

from mtl_bench.inputs.rows import Array, Rows, choose


class DataSet(Protocol):
    """A data set, as a frozen dataclass; inputs and labels are asked for separately."""

    @property
    def name(self) -> str: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    def inputs(self, split: str) -> Rows: ...

    def labels(self, split: str) -> Array: ...


class Part:
    """Some rows of the data set `of`: a subclass says which by `part`, and under which name and classes.

    The rows may lie in a trial's folder, where `of` is a trial that stands for a data set: whoever has that folder
    takes them by `part`.
    """

    of: DataSet

    def part(self, split: str) -> tuple[str, Array | None]:
        """The split of `of` and which of its rows (k,), None for all. Raises ValueError for an unknown split."""
        raise NotImplementedError(f"{type(self).__name__} does not define part(split)")

    def inputs(self, split: str) -> Rows:
        """The rows of the part."""
        whole, chosen = self.part(split)
        rows = self.of.inputs(whole)
        return rows if chosen is None else choose(rows, chosen)

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        whole, chosen = self.part(split)
        labels = self.of.labels(whole)
        return labels if chosen is None else labels[chosen]
