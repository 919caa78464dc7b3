"""Methods compared on a user's own data: a study is written, run while there is time, and its network handed over."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mtl_bench import workspace
from mtl_bench.datasets.files.placed import DataError, one_line
from mtl_bench.datasets.wrappers.known import Known
from mtl_bench.execution import pages
from mtl_bench.execution.costs import Costs, duration
from mtl_bench.execution.deliver import HandedOver
from mtl_bench.execution.execute import STOPPED, execute, stoppable, tell_failures
from mtl_bench.execution.machine import Machine
from mtl_bench.execution.own_data import Columns, backbone_of, looked_at, rows_of
from mtl_bench.execution.selection import Selection
from mtl_bench.execution.study_file import written
from mtl_bench.execution.writer import ResultsWriter
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans.comparison import ADABN, BASELINE, DEEP, METHODS, MOST, NONE, MethodComparison
from mtl_bench.results.frame import Frame
from mtl_bench.statistics.method_choice import METHOD, RULE, SCORE
from mtl_bench.study import Cell
from mtl_bench.trials.renormalised import batch_norms
from mtl_bench.trials.validate import RULES
from mtl_bench.typeset import count
from mtl_bench.views.method_scores import by_trust
from mtl_bench.workspace import StudyError, nearest


@dataclass(frozen=True)
class Asked:
    """What `mtl-bench compare` was asked."""

    source: str
    target: str
    labels: str = ""  # a CSV file
    methods: Sequence[str] = ()
    backbone: str = ""  # the usual one of such data
    minutes: float = 30.0
    steps: int = 1500
    most: int = MOST
    name: str = ""
    columns: Columns = field(default_factory=Columns)
    unlabelled: bool = False


def compare(asked: Asked, device: str, slots: int | None, command: str) -> int:
    """Write the study, compute what the minutes allow, write the page and hand over; returns the exit status."""
    clock = Clock(asked.minutes)
    comparison = comparison_of(asked)
    name = written(comparison, asked.name)
    machine = Machine.of(device, slots)  # now that there are studies of one's own here, its store lies beside them
    selection = Selection.of(name, None)
    writer = ResultsWriter(workspace.places().results, selection.file, selection.cells, machine.store, command)
    reasons: dict[str, str] = {}
    stopped = False
    with stoppable():
        try:
            for method, cells in by_method(comparison, selection.cells):
                if clock.allows(method):
                    print(f"{method}: {count(len(cells), 'cell')}, after {duration(clock.spent)}", flush=True)
                    reasons |= execute(cells, machine, Costs(), writer.on_event)
                    clock.took(method)
        except KeyboardInterrupt:
            stopped = True
        finally:
            results = writer.finish()
    if stopped:
        print("Stopped. What was computed is kept; give the same command again to go on.")
        return STOPPED
    if len(results.rows):
        hand_over(comparison, Frame.of(selection.study, results, selection.planned), machine, Path(name))
        pages.write_page(selection, results)
    if clock.left:
        more = f"`mtl-bench run {name}` computes them"
        print(f"{asked.minutes:g} minutes are too few for {', '.join(clock.left)}: {more}")
    print(f"It took {duration(clock.spent)}.")
    return tell_failures(reasons)


class Clock:
    """Says whether there is time for a method, by what others took; the baseline and those without training always."""

    def __init__(self, minutes: float) -> None:
        self.most, self.start = 60 * minutes, time.monotonic()
        self.seconds: dict[str, float] = {}
        self.left: list[str] = []

    @property
    def spent(self) -> float:
        return time.monotonic() - self.start

    def allows(self, method: str) -> bool:
        if method not in DEEP or not self.seconds or self.spent + self._expected(method) <= self.most:
            return True
        self.left.append(method)
        return False

    def took(self, method: str) -> None:
        self.seconds[method] = self.spent - sum(self.seconds.values())

    def _expected(self, method: str) -> float:
        """Of the first method, features were computed too, and of AdaBN they are computed twice."""
        first, *others = self.seconds.values()
        return 2 * first if method == ADABN else max(others, default=first)


def comparison_of(asked: Asked) -> MethodComparison:
    """What is asked, looked at; says how many rows there are. Raises StudyError with one sentence."""
    source, target = looked_at(asked.source, asked.target, asked.columns, asked.unlabelled)
    backbone, width = backbone_of(asked.backbone, source, target, asked.most)
    methods = tuple(asked.methods) or METHODS
    if unknown := [name for name in methods if name not in METHODS]:
        raise StudyError(
            f'no method "{unknown[0]}" is compared{nearest(unknown[0], METHODS)} (of {", ".join(METHODS)})'
        )
    if not isinstance(backbone, Pretrained) or not batch_norms(backbone.network()[0]):
        methods = tuple(name for name in methods if name != ADABN)
    counts = {data.name: rows_of(data) for data in (source, target)}
    for name, rows in counts.items():
        drawn = f", of which {asked.most:,} are drawn at random (--most changes that)" if rows > asked.most else ""
        print(f"{name}: {rows:,} rows{drawn}")
    comparison = MethodComparison(
        source,
        target,
        backbone,
        width,
        tuple(name for name in METHODS if name in methods or name == NONE),
        most=asked.most,
        steps=asked.steps,
        drawn=min(150, *counts.values()),
        batch_size=min(64, *counts.values()),
    )
    print(f"{len(source.classes)} classes; {target.name} has {'labels' if comparison.judged else 'no labels'}")
    if not asked.labels:
        return comparison
    try:
        known = Known.reading(target, asked.labels)
    except DataError as error:
        raise StudyError(one_line(error)) from error
    return replace(comparison, labels=(known.path, known.sha256))


def by_method(comparison: MethodComparison, cells: Sequence[Cell]) -> Iterator[tuple[str, list[Cell]]]:
    """The cells of each method in turn; those of none, with the first."""
    for i, method in enumerate(comparison.methods):
        found = [cell for cell in cells if cell.labels.get(METHOD, method if i == 0 else "") == method]
        if found:
            yield method, found


def hand_over(comparison: MethodComparison, frame: Frame, machine: Machine, folder: Path) -> None:
    """Write predictions and the network of the best method, by the target's labels where it has some, and say so."""
    means = {
        cell.labels[METHOD]: cell.mean
        for cell in frame.measured("accuracy")
        if cell.labels.get("classifier") == BASELINE["classifier"]
    }
    why = "of the highest accuracy"
    if not comparison.judged:
        rule = by_trust(list(dict.fromkeys(cell.labels[RULE] for cell in frame.measured(SCORE))) or [*RULES])
        means = {c.labels[METHOD]: c.mean for c in frame.measured(SCORE, {RULE: rule})}
        why = f"of the best score by {rule}, which looks at no label"
    runs = {name: comparison.runs(name, frame.study.scale(frame.scale).seeds) for name in means}
    done = {name: [run for run in of if run in machine.store] for name, of in runs.items()}
    best = max((name for name in means if done[name]), key=lambda name: means[name], default=None)
    if best is None:
        print("no network is handed over, as none was trained to the end")
        return
    votes = [run for of in done.values() for run in of]
    made = HandedOver(comparison, done[best][0], votes, machine.store).write(folder)
    print(f"{best} is handed over, the method {why}:")
    print("\n".join(f"  {workspace.near(path.absolute())}" for path in made))
