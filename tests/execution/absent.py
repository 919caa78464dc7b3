"""A data set that is fetched but never here, for the spot check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mtl_bench.core.trial import Trial, Work


class NoFile:
    """A file of the data set."""

    def place(self, folder: str) -> Path:
        return Path("/nowhere", folder)

    def files(self) -> tuple[NoFile, ...]:
        return (self,)


@dataclass(frozen=True)
class AbsentData:
    """As of data sets that are fetched."""

    folder: ClassVar[str] = "absent"
    name: ClassVar[str] = "absent"
    variant: ClassVar[str] = "only"
    files: ClassVar[tuple[NoFile, ...]] = (NoFile(),)

    def fetch(self, report: object = None) -> None:
        """It is there for a run, as if it were removed since."""


ABSENT = AbsentData()


@dataclass(frozen=True)
class Peek(Trial):
    data: AbsentData
    seed: int

    def run(self, work: Work) -> Mapping[str, float]:
        return {"accuracy": 50.0 + self.seed % 3}
