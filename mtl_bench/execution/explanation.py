"""Which number of a study is meant, where it comes from, and in what it differs from another."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mtl_bench import workspace
from mtl_bench.core.store import Store
from mtl_bench.core.trial import key
from mtl_bench.execution.lineage import Archive, Difference, Number, Row, differences
from mtl_bench.execution.regression import committed
from mtl_bench.execution.selection import Selection, filter_cells
from mtl_bench.results.table import Results
from mtl_bench.workspace import StudyError

COMMITTED, USUAL_METRIC = "committed", "accuracy"
OF_TRIAL = ("seconds", "device", "finished", "code", "commit", "environment", "data")


@dataclass(frozen=True)
class Found:
    """A row of the results, or a planned cell without one."""

    labels: Mapping[str, str]  # with the metric, and the device of a row
    key: str
    row: Row | None


@dataclass(frozen=True)
class Explanation:
    """A number of a study or, with a second one, what differs between the two, by section."""

    study: str
    scale: str
    numbers: tuple[Number, ...]
    differences: Mapping[str, Sequence[Difference]] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """For scripts: of each trial's record, what was noted of its run."""
        found = asdict(self)
        for trial in (trial for number in found["numbers"] for trial in number["trials"]):
            trial["run"] = {name: trial["run"][name] for name in OF_TRIAL if name in trial["run"]}
        return found

    def lines(self) -> list[str]:
        first, *others = self.numbers
        told = _compared(first, others[0], self.differences) if others else _told(first)
        return [f"{self.study} at {self.scale} scale", *told]


def explain(selection: Selection, labels: Sequence[str], versus: Sequence[str]) -> Explanation:
    """The number with these labels or, with `versus`, what differs between it and another. Raises StudyError."""
    results = selection.results()
    archive = Archive(Store(workspace.places().store), selection.planned)
    known = list(_known(selection, results))
    one = _only_one(selection.name, known, labels)
    source = str(workspace.near(results.folder / f"{results.name}.csv"))
    number = archive.number(one.labels, one.key, one.row, source, results.provenance)
    if not versus:
        return Explanation(selection.name, selection.scale, (number,))
    if COMMITTED in versus:
        pair = _committed(selection, results, archive, one), number
    else:
        given = {word.partition("=")[0] for word in versus}
        shared = [f"{name}={value}" for name, value in one.labels.items() if name not in {*given, "device"}]
        other = _only_one(selection.name, known, [*shared, *versus])
        pair = number, archive.number(other.labels, other.key, other.row, source, results.provenance)
    return Explanation(selection.name, selection.scale, pair, differences(*pair))


def _known(selection: Selection, results: Results) -> Iterator[Found]:
    rowed = set()
    for row in results.rows.to_dict("records"):
        labels = {name: str(row[name]) for name in [*results.labels, "metric"] if row[name] != ""}
        rowed.add(frozenset(labels.items()))
        yield Found({**labels, "device": row["device"]}, row["key"], {str(name): value for name, value in row.items()})
    for cell in selection.planned:
        labels = {**{name: str(value) for name, value in cell.labels.items()}, "metric": cell.metric}
        if frozenset(labels.items()) not in rowed:
            yield Found(labels, key(cell.trial), None)


def _only_one(name: str, known: Sequence[Found], words: Sequence[str]) -> Found:
    """The number with these labels; of several metrics the accuracy. Raises StudyError unless it is one."""
    fitting = filter_cells(name, known, words, option="")
    if not fitting:
        raise StudyError(f"{name} has no cell with all of {shlex.join(words)}")
    usual = [found for found in fitting if found.labels["metric"] == USUAL_METRIC]
    if usual and not any(word.startswith("metric=") for word in words):
        fitting = usual
    if len(fitting) > 1:
        labels = dict.fromkeys(label for found in fitting for label in found.labels)
        values = {label: sorted({found.labels.get(label, "(none)") for found in fitting}) for label in labels}
        still_open = "; ".join(f"{label}: {', '.join(some[:12])}" for label, some in values.items() if len(some) > 1)
        raise StudyError(f"{len(fitting)} cells of {name} fit; say which by {still_open}")
    return fitting[0]


def _committed(selection: Selection, results: Results, archive: Archive, here: Found) -> Number:
    """The number of the same labels in the last commit. Raises StudyError where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        before = committed(results.folder, results.name, Path(folder))
    for found in _known(selection, before) if before.folder != results.folder else ():
        if found.row and found.labels == here.labels:
            return archive.number(found.labels, found.key, found.row, "the last commit", before.provenance)
    raise StudyError(f"the last commit has no row of this cell in {results.name}.csv; commit it, or compare two cells")


def _told(number: Number) -> list[str]:
    value = "not computed yet" if number.value is None else f"{number.value:.10g}  (from {number.source})"
    told = [_quoted(number.labels), f"{number.labels['metric']}  {value}", *filter(None, [number.note])]
    if not number.trials:
        return [*told, f"its trial is planned no more and not in the store here, so only {number.source} knows it"]
    for trial in reversed({trial.key: trial for trial in reversed(number.trials)}.values()):  # each once, its own first
        run = trial.run
        told += ["", f"{trial.path}: {trial.key}"]
        told += [f"  {path.removeprefix(f'{trial.path}.')} = {text}" for path, text in trial.parameters.items()]
        told += [f"  data {name} {digest}" for name, digest in sorted(run.get("data", {}).items())]
        if run:
            today = "today's code" if run["code"] == trial.code_today else f"today's is {trial.code_today or 'unknown'}"
            commit = f", commit {run['commit']}" if run.get("commit") else ""
            seconds = f"{run['seconds']:g} s " if "seconds" in run else ""
            told += [f"  code {run['code']} ({today}){commit}"]
            told += [f"  {seconds}on {run['device']}, finished {run['finished']}, environment {run['environment']}"]
        if "data" not in run:
            told += ["  not in the store here" + (f"; this is what {number.source} says" if run else "")]
    for digest, versions in number.environments.items():
        entries = ", ".join(f"{name} {version}" for name, version in versions.items())
        told += ["", f"environment {digest}: {entries or 'not known here'}"]
    return told


def _compared(one: Number, other: Number, found: Mapping[str, Sequence[Difference]]) -> list[str]:
    """Two numbers and only the paths at which their records differ, one a line."""
    labels = [name for name in {**one.labels, **other.labels} if one.labels.get(name) != other.labels.get(name)]
    names = [_quoted({name: number.labels.get(name, "") for name in labels}) for number in (one, other)]
    values = ["not computed yet" if number.value is None else f"{number.value:.10g}" for number in (one, other)]
    told = [" → ".join(names if labels else [one.source, other.source])]
    told += [f"{one.labels['metric']}  {' → '.join(values)}"]
    for number in (one, other):
        told += [number.note] * bool(number.note)
        told += [f"what gave the number of {number.source} is not known here"] * (not number.trials)
    for section, apart in found.items():
        told += [section, *(f"  {d.path}: {d.one} → {d.other}" for d in apart)] if apart else []
    return told if any(found.values()) else [*told, "nothing that is known here differs"]


def _quoted(labels: Mapping[str, str]) -> str:
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in labels.items())
