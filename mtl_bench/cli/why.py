"""`mtl-bench why`: which number is meant, and what is told about it."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from mtl_bench.cli.arguments import ScaleName, StudyName

if TYPE_CHECKING:
    from mtl_bench.execution.lineage import Archive, Number
    from mtl_bench.execution.selection import Selection
    from mtl_bench.results.table import Results

COMMITTED, USUAL_METRIC = "committed", "accuracy"


class Found(NamedTuple):
    """A row of the results, or a planned cell without one."""

    labels: dict[str, str]  # with the metric, and the device of a row
    key: str
    row: dict[str, Any] | None


def why(
    study: StudyName,
    labels: Annotated[
        list[str] | None,
        typer.Argument(
            help="What tells the number from the others; metric=… and device=… too. Accuracy is the usual metric.",
            metavar="LABEL=VALUE...",
        ),
    ] = None,
    scale: ScaleName = None,
    versus: Annotated[
        list[str] | None,
        typer.Option(
            "--versus",
            help="The other number: where its labels differ (may be repeated), or `committed`, the last commit's.",
            metavar="LABEL=VALUE",
        ),
    ] = None,
) -> None:
    """Why a number is what it is: every trial behind it; with --versus, what differs between two numbers."""
    from mtl_bench import workspace
    from mtl_bench.core.store import Store
    from mtl_bench.execution import lineage
    from mtl_bench.execution.selection import Selection

    selection, words, other = Selection.of(study, scale), labels or [], versus or []
    results = selection.results()
    archive = lineage.Archive(Store(workspace.places().store), selection.planned)
    known = list(_known(selection, results))
    first = _only_one(selection.name, known, words)
    number = _number(archive, results, first, str(workspace.near(results.folder / f"{results.name}.csv")))
    print(f"{selection.name} at {selection.scale} scale")
    if COMMITTED in other:
        print("\n".join(_compared(_committed(selection, results, archive, first, other), number)))
    elif other:
        given = {word.partition("=")[0] for word in other}
        kept = [f"{name}={value}" for name, value in first.labels.items() if name not in {*given, "device"}]
        second = _only_one(selection.name, known, [*kept, *other])
        print("\n".join(_compared(number, _number(archive, results, second, number.source))))
    else:
        print("\n".join(_told(number)))


def _known(selection: Selection, results: Results) -> Iterator[Found]:
    from mtl_bench.core.trial import key

    rowed = set()
    for row in results.rows.to_dict("records"):
        labels = {name: str(row[name]) for name in [*results.labels, "metric"] if row[name] != ""}
        rowed.add(frozenset(labels.items()))
        yield Found({**labels, "device": row["device"]}, row["key"], {str(name): value for name, value in row.items()})
    for cell in selection.planned:
        labels = {**{name: str(value) for name, value in cell.labels.items()}, "metric": cell.metric}
        if frozenset(labels.items()) not in rowed:
            yield Found(labels, key(cell.trial), None)


def _number(archive: Archive, results: Results, found: Found, source: str) -> Number:
    return archive.number(found.labels, found.key, found.row, results, source)


def _only_one(name: str, known: Sequence[Found], words: Sequence[str]) -> Found:
    """The number with these labels; of several metrics the accuracy. Raises StudyError unless it is one."""
    from mtl_bench.execution.selection import filter_cells
    from mtl_bench.workspace import StudyError

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


def _committed(selection: Selection, results: Results, archive: Archive, here: Found, versus: Sequence[str]) -> Number:
    """The last commit's row of the same cell. Raises StudyError where there is none."""
    from mtl_bench.execution.regression import committed
    from mtl_bench.workspace import StudyError

    if len(versus) > 1:
        raise StudyError(f"--versus {COMMITTED} stands alone; leave the other --versus out")
    if here.row is None:
        remedy = f"run `mtl-bench run {selection.name} --scale {selection.scale}`"
        raise StudyError(f"this cell has no result here yet; {remedy}")
    with tempfile.TemporaryDirectory() as folder:
        before = committed(results.folder, results.name, Path(folder))
    if before.folder == results.folder:
        raise StudyError(f"{results.folder / results.name}.csv is in no commit; commit it, or compare two cells")
    for found in _known(selection, before):
        if found.row and found.labels == here.labels:
            return _number(archive, before, found, "the last commit")
    raise StudyError(f"the last commit's results of {selection.name} do not hold this cell; commit them first")


def _told(number: Number) -> list[str]:
    """The number, every trial behind it once, and the environments, as lines."""
    value = "not computed yet" if number.value is None else f"{number.value:.10g}  (from {number.source})"
    lines = [_quoted(number.labels), f"{number.labels['metric']}  {value}", *filter(None, [number.note])]
    if not number.trials:
        return [*lines, f"its trial is planned no more and not in the store here, so only {number.source} knows it"]
    for trial in {trial.key: trial for trial in reversed(number.trials)}.values():
        run, today = trial.run, trial.code_today
        lines += ["", f"{trial.path}: {trial.key}"]
        lines += [f"  {path.removeprefix(f'{trial.path}.')} = {text}" for path, text in trial.parameters.items()]
        lines += [f"  data {name} {digest}" for name, digest in sorted(run.get("data", {}).items())]
        if run:
            of_today = "today's code" if run["code"] == today else f"today's is {today or 'not known'}"
            commit = f", commit {run['commit']}" if run.get("commit") else ""
            seconds = f"{run['seconds']:g} s " if "seconds" in run else ""
            lines += [f"  code {run['code']} ({of_today}){commit}"]
            lines += [f"  {seconds}on {run['device']}, finished {run['finished']}, environment {run['environment']}"]
        if "data" not in run:
            lines += ["  not in the store here" + (f"; this is what {number.source} says" if run else "")]
    for digest, versions in number.environments.items():
        told = ", ".join(f"{name} {version}" for name, version in versions.items())
        lines += ["", f"environment {digest}: {told or 'not known here'}"]
    return lines


def _compared(first: Number, second: Number) -> list[str]:
    """Two numbers and only the paths at which their records differ, one a line."""
    from mtl_bench.execution.lineage import differences

    labels = [name for name in {**first.labels, **second.labels} if first.labels.get(name) != second.labels.get(name)]
    sides = [_quoted({name: number.labels.get(name, "") for name in labels}) for number in (first, second)]
    names = sides if labels else [first.source, second.source]
    values = ["not computed yet" if n.value is None else f"{n.value:.10g}" for n in (first, second)]
    lines = [" → ".join(names), f"{first.labels['metric']}  {' → '.join(values)}"]
    lines += [number.note for number in (first, second) if number.note]
    lines += ["the parameters of the first number are not known here"] * (not first.trials)
    lines += ["the parameters of the second number are not known here"] * (not second.trials)
    found = differences(first, second)
    for section, texts in found.items():
        lines += [section, *(f"  {text}" for text in texts)] if texts else []
    if not any(found.values()):
        lines.append("no parameter, data, code or environment that is known here differs")
    return lines


def _quoted(labels: dict[str, str] | Any) -> str:
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in labels.items())
