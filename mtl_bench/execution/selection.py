"""What a command is about: a study at a scale, and those of its cells that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from mtl_bench import workspace
from mtl_bench.core.trial import Trial, key, parts
from mtl_bench.study import Cell, Labels, Study
from mtl_bench.workspace import StudyError, nearest

if TYPE_CHECKING:
    from mtl_bench.results.table import Results


class Labelled(Protocol):
    """A cell, or what is known of one."""

    @property
    def labels(self) -> Labels: ...


OneLabelled = TypeVar("OneLabelled", bound=Labelled)


@dataclass(frozen=True)
class Selection:
    """A study at a scale: the cells it plans and those that were asked for."""

    name: str
    study: Study
    scale: str
    planned: Sequence[Cell]
    cells: Sequence[Cell]
    pilot: bool = False  # the seeds that size the study, in results of their own

    @classmethod
    def of(cls, word: str, scale: str | None, only: Sequence[str] = (), seeds: int | None = None) -> Selection:
        """At the study's usual scale if none is named. Raises StudyError for a misspelt study, scale or label."""
        name, study = workspace.load(word)
        at = workspace.scale_of(name, study, scale, seeds)
        planned = workspace.cells_of(name, study, at)
        return cls(name, study, at.name, planned, filter_cells(name, planned, only))

    @classmethod
    def of_pilot(cls, word: str, scale: str | None, only: Sequence[str] = ()) -> Selection:
        """The study's pilot at this scale. Raises StudyError as `of`, and at smoke scale."""
        name, study = workspace.load(word)
        at = workspace.scale_of(name, study, scale).name
        planned = workspace.pilot_cells(name, study, at)
        return cls(name, study, at, planned, filter_cells(name, planned, only), pilot=True)

    @classmethod
    def of_file(cls, file: str) -> Selection:
        """What results of this name are of: "<study>.<scale>", or "<study>.<scale>.pilot". Raises StudyError."""
        name, scale, *rest = file.split(".")
        if rest not in ([], ["pilot"]):
            raise StudyError(f"{file} is not <study>.<scale>, nor a pilot of one")
        return cls.of_pilot(name, scale) if rest else cls.of(name, scale)

    @property
    def file(self) -> str:
        return f"{self.name}.{self.scale}{'.pilot' if self.pilot else ''}"

    def results(self) -> Results:
        from mtl_bench.results.table import Results

        return Results.read(workspace.places().results, self.file)

    def without_results(self) -> StudyError:
        remedy = f"run `mtl-bench run {self.name} --scale {self.scale}` first"
        return StudyError(f"{self.name} has no results at {self.scale} scale yet; {remedy}")


def filter_cells(
    name: str, cells: Sequence[OneLabelled], only: Iterable[str], option: str = "--only "
) -> list[OneLabelled]:
    """The cells with these labels: "method=DANN" twice means either, different labels mean both. Raises StudyError."""
    wanted: dict[str, set[str]] = {}
    for word in only:
        label, equals, value = word.partition("=")
        if not equals:
            raise StudyError(f'{option}{word}: write a label and its value, for example {option}"method=source only"')
        known = {str(cell.labels[label]) for cell in cells if label in cell.labels}
        if not known:
            labels = dict.fromkeys(name for cell in cells for name in cell.labels)
            raise StudyError(f'{name} has no label "{label}"{nearest(label, labels)} (it has {", ".join(labels)})')
        if value not in known:
            values = ", ".join(sorted(known))
            raise StudyError(f'{name} has no {label} "{value}"{nearest(value, known)} (it has {values})')
        wanted.setdefault(label, set()).add(value)
    return [c for c in cells if all(str(c.labels.get(label)) in values for label, values in wanted.items())]


def trials_of(cells: Iterable[Cell]) -> list[Trial]:
    """Every trial that the cells need, each once."""
    found = (part for cell in cells for part in parts(cell.trial) if isinstance(part, Trial))
    return list({key(trial): trial for trial in found}.values())
