"""`mtl-bench why`: which number is meant, and what is told about it."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtl_bench import workspace
from mtl_bench.cli import explain
from mtl_bench.core.trial import key
from mtl_bench.execution import execute, lineage, regression
from mtl_bench.execution.commands import Wanted
from mtl_bench.execution.lineage import Archive, Number
from mtl_bench.results.table import MEASURED, Results
from mtl_bench.workspace import StudyError

COMMITTED = "committed"
USUAL_METRIC = "accuracy"
SHOWN = 12  # values of a label in one sentence


@dataclass(frozen=True)
class Found:
    """A row of the results, or a planned cell without one."""

    labels: Mapping[str, str]  # with the metric, and the device of a row
    key: str
    row: Mapping[str, Any] | None


def why(wanted: Wanted, labels: Sequence[str], versus: Sequence[str]) -> str:
    """Why a number is what it is or, with `versus`, why two differ, as text."""
    results, store = wanted.results(), workspace.places().store
    archive = Archive(store, [cell.trial for cell in wanted.planned])
    known = list(_numbers(wanted, results))
    one = _only_one(wanted.name, known, labels)
    if COMMITTED in versus:
        if len(versus) > 1:
            raise StudyError(f"--versus {COMMITTED} stands alone; leave the other --versus out")
        return f"{_title(wanted, one.labels)}\n{_with_committed(wanted, results, archive, one)}"
    first = _number(archive, results, one)
    if versus:
        second = _number(archive, results, _other(wanted.name, known, one, versus))
        shared = {name: value for name, value in first.labels.items() if second.labels.get(name) == value}
        return f"{_title(wanted, shared)}\n{explain.compared(first, second)}"
    kept = sorted((results.folder / results.name).glob(f"{one.key}.*"))
    return f"{_title(wanted, {})}\n{explain.explained(first, kept, store)}"


def _title(wanted: Wanted, labels: Mapping[str, str]) -> str:
    title = f"{wanted.name} at {wanted.scale} scale"
    return explain.rendered([f"{title}: {explain.quoted(labels)}" if labels else title])


def _numbers(wanted: Wanted, results: Results) -> Iterator[Found]:
    rowed = set()
    for row in results.rows.to_dict("records"):
        labels = {name: str(row[name]) for name in results.labels if row[name] != ""}
        rowed.add((frozenset(labels.items()), row["metric"]))
        measured = {str(name): value for name, value in row.items() if name in MEASURED}
        yield Found({**labels, "metric": row["metric"], "device": row["device"]}, row["key"], measured)
    for cell in wanted.planned:
        labels = {name: str(value) for name, value in cell.labels.items()}
        if (frozenset(labels.items()), cell.metric) not in rowed:
            yield Found({**labels, "metric": cell.metric}, key(cell.trial), None)


def _number(archive: Archive, results: Results, found: Found) -> Number:
    source = str(workspace.near(results.folder / f"{results.name}.csv"))
    return archive.number(found.labels, found.key, found.row, source, results.provenance)


def _only_one(name: str, known: Sequence[Found], words: Sequence[str]) -> Found:
    """The number with these labels; of several metrics the accuracy. Raises StudyError unless it is one."""
    fitting = execute.asked(name, known, words, option="")
    if not fitting:
        raise StudyError(f"{name} has no cell with all of {shlex.join(words)}{_first_conflict(name, known, words)}")
    usual = [found for found in fitting if found.labels["metric"] == USUAL_METRIC]
    if usual and not any(word.startswith("metric=") for word in words):
        fitting = usual
    if len(fitting) > 1:
        raise StudyError(f"{len(fitting)} cells of {name} fit; say which by {_still_open(fitting)}")
    return fitting[0]


def _first_conflict(name: str, known: Sequence[Found], words: Sequence[str]) -> str:
    for i, word in enumerate(words):
        label, before = word.partition("=")[0], execute.asked(name, known, words[:i], option="")
        if not execute.asked(name, known, words[: i + 1], option=""):
            values = sorted({found.labels.get(label, "") for found in before})
            return f"; with {shlex.join(words[:i])}, {label} is {_some(values)}"
    return ""


def _still_open(fitting: Sequence[Found]) -> str:
    values: dict[str, set[str]] = {}
    for label in dict.fromkeys(label for found in fitting for label in found.labels):
        values[label] = {found.labels.get(label, "") for found in fitting}
    return "; ".join(f"{label}: {_some(sorted(some))}" for label, some in values.items() if len(some) > 1)


def _some(values: Sequence[str]) -> str:
    more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
    return ", ".join(value or "(none)" for value in values[:SHOWN]) + more


def _other(name: str, known: Sequence[Found], one: Found, words: Sequence[str]) -> Found:
    """The number with the labels of `one` but for those given. Raises StudyError with the nearest that there is."""
    given = {word.partition("=")[0]: word.partition("=")[2] for word in words}
    fitting = execute.asked(name, known, words, option="--versus ")
    wanted = {**one.labels, **given}

    def apart(found: Found) -> list[str]:
        return [label for label in {**wanted, **found.labels} if wanted.get(label) != found.labels.get(label)]

    # The device is no choice of the study: a cell that was computed on another one, or not yet, will do.
    fitting.sort(key=lambda found: (len([a for a in apart(found) if a != "device"]), len(apart(found))))
    nearest = fitting[0] if fitting else None
    if nearest and not [label for label in apart(nearest) if label != "device" or label in given]:
        return nearest
    if nearest is None:
        raise StudyError(f"{name} has no cell with all of {shlex.join(words)}{_first_conflict(name, known, words)}")
    more = [f"{label}={nearest.labels.get(label, '')}" for label in apart(nearest) if label != "device"]
    remedy = " ".join(f"--versus {shlex.quote(word)}" for word in more)
    raise StudyError(
        f"{name} has no cell that differs from this one in {', '.join(given)} alone; the nearest differs in "
        f"{', '.join(word.partition('=')[0] for word in more)} too: add {remedy}"
    )


def _with_committed(wanted: Wanted, results: Results, archive: Archive, one: Found) -> str:
    """A row here beside the last commit's, as text."""
    if one.row is None:
        raise StudyError(f"this cell has no result here yet; run `mtl-bench run {wanted.name} --scale {wanted.scale}`")
    with tempfile.TemporaryDirectory() as folder:
        before = regression.committed(results.folder, results.name, Path(folder))
        if before.folder == results.folder:
            raise StudyError(
                f"{results.folder / f'{results.name}.csv'} is in no commit; commit it, or compare two cells"
            )
    rows = [found for found in _numbers(wanted, before) if found.row and found.labels == one.labels]
    if not rows:
        raise StudyError(f"the last commit's results of {wanted.name} do not hold this cell; commit them first")
    old = archive.number(one.labels, rows[0].key, rows[0].row, "the last commit", before.provenance)
    new = _number(archive, results, one)
    same = all(one.row[name] == rows[0].row[name] for name in ("value", "key", "code", "environment"))  # type: ignore[index]
    if same and not lineage.differences(old, new):
        finished = (rows[0].row or {})["finished"], one.row["finished"]
        again = f"\nmeasured anew: finished {' → '.join(finished)}" if finished[0] != finished[1] else ""
        return f"{one.labels['metric']}  {new.value:.10g}\nequal to the committed row, bit for bit{again}"
    return f"the last commit → here\n{explain.compared(old, new)}"
