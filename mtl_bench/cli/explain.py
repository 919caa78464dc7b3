"""Where a number comes from and in what two differ, as text: plain, in a pipe too, and no wider than 100 columns."""

from __future__ import annotations

import csv
import io
import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mtl_bench.execution.lineage import Ancestor, Number, compact, differences
from mtl_bench.workspace import near

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.tree import Tree

WIDTH = 100  # columns
BLOCKS = "▁▂▃▄▅▆▇█"
POINTS = 40  # blocks of one line, at most


def explained(number: Number, kept: Sequence[Path], store: Path) -> str:
    """One number and its whole ancestry, as text."""
    shown: list[RenderableType] = [*_head(number), ""]
    if number.trial is None:
        shown.append(f"{number.key}: {_unknown(number)}")
    else:
        shown.append(_tree(number.trial, number.source, set()))
    if not number.exact and number.data:
        shown += [
            "",
            "data sets of the trials not in the store here, as the results keep them for all of their cells",
        ]
        shown += [f"  {name} {digest}" for name, digest in sorted(number.data.items())]
    for digest, versions in number.environments.items():
        told = ", ".join(f"{name} {version}" for name, version in versions.items())
        shown += ["", f"environment {digest}", f"  {told or 'not known here'}"]
    shown += ["", "files"]
    if number.trial and number.trial.held:
        shown.append(f"  {near(store / number.key.rpartition('-')[2][:2] / number.key)}")
    for path in kept:
        shown += [f"  {near(path)}", *(f"    {line}" for line in curve(path))]
    if shown[-1] == "files":
        shown.append("  none here")
    return rendered(shown)


def compared(first: Number, second: Number) -> str:
    """Two numbers and only what differs between them, as text."""
    changed = [name for name in {**first.labels, **second.labels} if first.labels.get(name) != second.labels.get(name)]
    sides = [
        " ".join(f"{name}={shlex.quote(number.labels.get(name, ''))}" for name in changed) for number in (first, second)
    ]
    found = differences(first, second)
    shown: list[str] = [" → ".join(sides)] if changed else []
    shown += [_values(first, second), *(f"  {note}" for number in (first, second) for note in number.notes), ""]
    shown += [f"parameters not known for {n.key}: {_unknown(n)}" for n in (first, second) if n.trial is None]
    parameters = [d for d in found if d.what == "parameter"]
    if not found and first.trial and second.trial:
        same = "the same trial, code, data and environment, as far as is known here"
        shown.append(same if first.key == second.key else "nothing that is known here differs")
    elif len(found) == len(parameters) and all(d.where.rpartition(".")[2] == "seed" for d in parameters):
        shown.append("nothing but the seed differs")
    for what in ("parameter", "data", "code", "environment"):
        some = [d for d in found if d.what == what]
        shown += [f"{what}s" if what in ("parameter", "environment") else what, *(f"  {d}" for d in some)] * bool(some)
    seconds = [number.seconds for number in (first, second)]
    if None not in seconds and seconds[0] != seconds[1]:
        shown.append(f"seconds, with all that they need: {seconds[0]:g} → {seconds[1]:g}")
    unknown = [n for n in (first, second) if n.trial and not n.exact]
    if unknown:
        where = "" if len(unknown) == 2 else f" of {unknown[0].key}"
        shown.append(f"(not all trials{where} are in the store here: of those only what the results say is compared)")
    return rendered(shown)


def curve(path: Path) -> list[str]:
    """A line for each numeric column of a kept curve: its shape, and its first and last value."""
    if path.suffix != ".csv":
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or "step" not in rows[0]:
        return [f"{len(rows)} rows"]
    lines, width = [], max(map(len, rows[0]))
    for name in rows[0]:
        try:
            values = [float(row[name]) for row in rows if row[name]]
        except ValueError:
            continue
        if values:
            lines.append(f"{name:<{width}}  {_spark(values)}  {values[0]:g} → {values[-1]:g}")
    return lines


def _spark(values: Sequence[float]) -> str:
    some = values if len(values) <= POINTS else [values[i * (len(values) - 1) // (POINTS - 1)] for i in range(POINTS)]
    finite = [value for value in some if math.isfinite(value)]
    low, height = min(finite, default=0.0), (max(finite, default=0.0) - min(finite, default=0.0)) or 1.0
    top = len(BLOCKS) - 1
    return "".join(BLOCKS[int((v - low) / height * top)] if math.isfinite(v) else "·" for v in some)


def quoted(labels: Mapping[str, str]) -> str:
    """Labels as a shell takes them."""
    words = []
    for name, value in labels.items():
        plain = "'" in value and not any(sign in value for sign in '"$`\\!')
        words.append(f'{name}="{value}"' if plain else f"{name}={shlex.quote(value)}")
    return " ".join(words)


def _head(number: Number) -> list[str]:
    told = quoted({name: value for name, value in number.labels.items() if name not in ("metric", "device")})
    if number.value is None:
        return [told, f"{number.labels['metric']}  not computed yet"]
    lines = [told, f"{number.labels['metric']}  {number.value:.10g}  (from {number.source})"]
    run = number.trial.run if number.trial else {}
    when = f"on {run['device']}, finished {run['finished']}" if run else ""
    cost = f"{number.seconds:g} s with all that it needs" if number.seconds is not None else ""
    return [*lines, *(f"  {line}" for line in (", ".join(filter(None, (when, cost))), *number.notes) if line)]


def _values(first: Number, second: Number) -> str:
    values = [number.value for number in (first, second)]
    told = " → ".join("not computed yet" if value is None else f"{value:.10g}" for value in values)
    gap = f"  ({values[1] - values[0]:+.6g})" if values[0] is not None and values[1] is not None else ""
    metrics = dict.fromkeys(number.labels["metric"] for number in (first, second))
    return f"{' → '.join(metrics)}  {told}{gap}"


def _unknown(number: Number) -> str:
    return f"not in the store here and planned no more, so only {number.source} knows it"


def _tree(trial: Ancestor, source: str, seen: set[str], name: str = "") -> Tree:
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text
    from rich.tree import Tree

    head = f"{name}: {trial.key}" if name else trial.key
    if trial.key in seen:
        return Tree(Text(f"{head} (as above)"))
    seen.add(trial.key)
    lines = [Padding(Text(line), (0, 0, 0, 2)) for line in [*_run(trial, source), *_own(trial)]]
    tree = Tree(Group(Text(head), *lines))
    for need in trial.needs:
        tree.add(_tree(need, source, seen, need.path.removeprefix(f"{trial.path}.")))
    return tree


def _run(trial: Ancestor, source: str) -> list[str]:
    """What is known of the trial's run, as lines."""
    run = trial.run
    absent = [] if trial.held else ["not in the store here" + (f"; from {source}:" if run else "")]
    if not run:
        return absent
    of_today = {None: "today's not known", run["code"]: "today's code"}.get(trial.today, f"today's is {trial.today}")
    facts = [
        f"{run['seconds']:g} s" if "seconds" in run else "",
        f"on {run['device']}, finished {run['finished']}",
        f"commit {run['commit']}" if run.get("commit") else "",
        f"environment {run['environment']}",
    ]
    data = [f"read {name} {digest}" for name, digest in sorted(run.get("data", {}).items())]
    return [*absent, ", ".join(filter(None, facts)), f"code {run['code']} ({of_today})", *data]


def _own(trial: Ancestor) -> list[str]:
    """The trial's parameters, one a line; those that are trials stand below it."""
    below = {need.path: need.key for need in trial.needs}
    lines = [f"version = {trial.description['version']}"] if trial.description["version"] != 1 else []
    for name, value in trial.description.items():
        path = f"{trial.path}.{name}"
        if name not in ("class", "version") and path not in below:
            lines.append(f"{name} = {compact(value, path, below)}")
    return lines


def rendered(shown: Iterable[RenderableType]) -> str:
    """Plain text of a fixed width, the same in a pipe and on a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False)
    for one in shown:
        if isinstance(one, str):
            indent = len(one) - len(one.lstrip())
            lines = Text(one.strip()).wrap(console, WIDTH - indent - 2)
            for i, line in enumerate(lines):
                console.print(Text(" " * (indent + 2 * bool(i))) + line, highlight=False)
            if not lines:
                console.print()
        else:
            console.print(one, highlight=False)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines())
