"""A random part of a data set's training images, for protocols that use few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]


class DataSet(Protocol):
    """A data set, as a frozen dataclass."""

    @property
    def name(self) -> str: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    def inputs(self, split: str) -> Array: ...

    def labels(self, split: str) -> Array: ...


@dataclass(frozen=True)
class Sample:
    """`count` training images of another data set, drawn without a look at labels; its test images are left whole."""

    of: DataSet
    count: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.of.name}-{self.count}"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.of.classes

    def inputs(self, split: str) -> Array:
        """uint8 (count or n, C, H, W)."""
        return self._part(self.of.inputs(split), split)

    def labels(self, split: str) -> Array:
        """int64 (count or n,)."""
        return self._part(self.of.labels(split), split)

    def _part(self, array: Array, split: str) -> Array:
        if split != "train":
            return array
        if self.count > len(array):
            raise ValueError(f"{self.of.name} has {len(array)} training images, not {self.count}")
        return array[np.sort(np.random.default_rng(self.seed).permutation(len(array))[: self.count])]
