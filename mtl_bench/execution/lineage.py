"""Where a number comes from: the trials behind it, and in what those of two numbers differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from mtl_bench.core.store import StoreError, code_of
from mtl_bench.core.trial import Trial, describe, key, parts

TIMELY = ("device", "finished", "code", "environment")  # what a row says about its own trial's run

Description = Mapping[str, Any]  # a trial as its record holds it


def key_of(description: Description) -> str:
    """The key of the trial with this description: a record alone tells the keys of all that its trial needs."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return f"{description['class']}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def record_at(store: Path, name: str) -> dict[str, Any] | None:
    """The record of the trial with this key, None where the store does not hold it. Raises StoreError."""
    path = store / name.rpartition("-")[2][:2] / name / "record.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{path} can't be read ({error}); remove the folder {name} and run again") from error


@dataclass(frozen=True)
class Ancestor:
    """A trial behind a number: its description, and what is known of its run."""

    key: str
    path: str  # where it stands in the number's own trial: "Evaluate.selection.adaptation"
    description: Description  # defaults included
    needs: tuple[Ancestor, ...]
    held: bool  # whether the store holds the run that gave the number
    run: Mapping[str, Any]  # of the record, as much as is known: seconds, device, finished, code, commit, …
    today: str | None  # the digest of today's code, None where no planned trial has these classes

    def all(self) -> Iterator[Ancestor]:
        yield self
        for need in self.needs:
            yield from need.all()


@dataclass(frozen=True)
class Number:
    """A cell of a study with its ancestry."""

    labels: Mapping[str, str]  # metric and device among them
    key: str
    value: float | None
    seconds: float | None  # with all that it needs
    trial: Ancestor | None  # None where neither the plan nor the store tells the parameters
    source: str  # where the value is from
    data: Mapping[str, str]  # digests by name
    exact: bool  # whether every trial's own record tells its data; otherwise the results tell those of its data sets
    environments: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...] = ()


class Archive:
    """What the plan and the store know about trials."""

    def __init__(self, store: Path, planned: Iterable[Trial]) -> None:
        found = [part for trial in planned for part in parts(trial)]
        self.store = store
        self.planned = {key(part): part for part in found if isinstance(part, Trial)}
        self.classes: dict[str, type] = {type(part).__name__: type(part) for part in found}
        self.alike = {frozenset(_classes(describe(trial))): trial for trial in self.planned.values()}

    def number(
        self, labels: Mapping[str, str], name: str, row: Mapping[str, Any] | None, source: str, provenance: Any
    ) -> Number:
        """The number of a cell whose trial has the key `name`; `row` is its row in the results `source`, if any."""
        record, notes = record_at(self.store, name), []
        held = record is not None
        if row and record and any(record[one] != row[one] for one in ("finished", "code")):
            held = False  # `check` computes anew without touching the results
            notes.append(f"the store holds another run of it, finished {record['finished']}: what follows is the row's")
        description = describe(self.planned[name]) if name in self.planned else record["trial"] if record else None
        trial = self._ancestor(description, description["class"], held) if description else None
        if trial and row and not trial.held:
            trial = Ancestor(**{**trial.__dict__, "run": {one: row[one] for one in TIMELY}})
        lineage = {one.key: one for one in trial.all()} if trial else {}
        ended = record["finished"] if record and held else "9999"
        if again := [one.key for one in lineage.values() if one.held and one.run["finished"] > ended]:
            notes.append(f"computed again since, so perhaps not what gave this number: {', '.join(again)}")
        runs = [one.run for one in lineage.values() if one.held]
        exact = bool(lineage) and all(one.held for one in lineage.values())
        data: dict[str, str] = {} if exact else self._data_of(name, provenance["data"])
        for run in runs:
            data |= run["data"]
        value = row["value"] if row else record["metrics"].get(labels["metric"]) if record else None
        seconds = row["seconds"] if row else sum(run["seconds"] for run in runs) if exact else None
        return Number(
            labels=labels,
            key=name,
            value=None if value is None else float(value),
            seconds=None if seconds is None else float(seconds),
            trial=trial,
            source=source if row else "the store; no row of the results holds it yet" if record else "",
            data=data,
            exact=exact,
            environments=self._environments(lineage.values(), row, provenance["environments"]),
            notes=tuple(notes),
        )

    def _ancestor(self, description: Description, path: str, records: bool) -> Ancestor:
        name = key_of(description)
        record = record_at(self.store, name) if records else None
        alike = self.alike.get(frozenset(_classes(description)))
        needs = (self._ancestor(part, where, records) for where, part in self._trials(description, path))
        return Ancestor(
            name,
            path,
            self._completed(description),
            tuple(needs),
            record is not None,
            record or {},
            code_of(alike) if alike else None,
        )

    def _trials(self, value: Any, path: str, top: bool = True) -> Iterator[tuple[str, Description]]:
        """The trials directly inside a description, by path."""
        if isinstance(value, Mapping):
            if not top and self._is_trial(value):
                yield path, value
                return
            for name, inner in value.items():
                yield from self._trials(inner, f"{path}.{name}", top=False)
        elif isinstance(value, list):
            for i, inner in enumerate(value):
                yield from self._trials(inner, f"{path}[{i}]", top=False)

    def _is_trial(self, description: Description) -> bool:
        known = self.classes.get(description["class"])
        return issubclass(known, Trial) if known else record_at(self.store, key_of(description)) is not None

    def _completed(self, value: Any) -> Any:
        """With the defaults that a description leaves out so that older keys stay as they were."""
        if isinstance(value, list):
            return [self._completed(one) for one in value]
        if not isinstance(value, Mapping):
            return value
        known: Any = self.classes.get(value["class"])
        omitted = [f for f in fields(known) if f.compare and "omit_when" in f.metadata] if is_dataclass(known) else []
        defaults = {f.name: describe(f.metadata["omit_when"]) for f in omitted}
        return {name: self._completed(inner) for name, inner in {**defaults, **value}.items()}

    def _data_of(self, name: str, digests: Mapping[str, str]) -> dict[str, str]:
        """The digests of the data sets that a planned trial names, as the results keep them for all of their cells."""
        named = {getattr(part, "name", None) for part in parts(self.planned[name])} if name in self.planned else set()
        heads = tuple(f"{one} " for one in named if isinstance(one, str))
        return {one: digest for one, digest in digests.items() if one.startswith(heads)} if heads else {}

    def _environments(
        self, lineage: Iterable[Ancestor], row: Mapping[str, Any] | None, known: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Mapping[str, str]]:
        digests = [one.run["environment"] for one in lineage if one.run] + ([row["environment"]] if row else [])
        found: dict[str, Mapping[str, str]] = {}
        for digest in dict.fromkeys(digests):
            path = self.store / "environments" / f"{digest}.json"
            found[digest] = (
                known[digest]
                if digest in known
                else json.loads(path.read_text(encoding="utf-8"))
                if path.exists()
                else {}
            )
        return found


def _classes(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield value["class"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _classes(inner)


# Differences


@dataclass(frozen=True)
class Difference:
    what: str  # "parameter", "data", "code" or "environment"
    where: str  # "Evaluate.selection.adaptation.method.weight"
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.where}: {self.first} → {self.second}"


def differences(first: Number, second: Number) -> list[Difference]:
    """In what two numbers differ, as far as both are known: parameters, data, code and environments."""
    found: list[Difference] = []
    if first.trial and second.trial:
        one, other = first.trial.description, second.trial.description
        found += [Difference("parameter", *d) for d in _differing(one, other, one["class"])]
    names = set(first.data) | set(second.data)
    if not (first.exact and second.exact):  # what the results keep for all cells is more than one cell reads
        names = set(first.data) & set(second.data)
    for name in sorted(names):
        digests = [number.data.get(name, "(not read)") for number in (first, second)]
        # The results keep every digest of data that each replicate draws for itself.
        if not set(digests[0].split(", ")) & set(digests[1].split(", ")):
            found.append(Difference("data", name, *digests))
    runs = [{a.path: a.run for a in number.trial.all()} if number.trial else {} for number in (first, second)]
    for path in runs[0].keys() & runs[1].keys():
        codes = [run[path].get("code", "") for run in runs]
        if all(codes) and codes[0] != codes[1]:
            found.append(Difference("code", path, *codes))
    return [*sorted(found, key=lambda d: (d.what != "parameter", d.what == "code")), *_environments(first, second)]


def _environments(first: Number, second: Number) -> list[Difference]:
    """Entry by entry; what several trials of one number were computed with stands together."""
    if set(first.environments) == set(second.environments):
        return []
    entries: list[dict[str, str]] = []
    for number in (first, second):
        names = dict.fromkeys(name for environment in number.environments.values() for name in environment)
        having = {name: dict.fromkeys(e.get(name, "") for e in number.environments.values()) for name in names}
        told = {"digest": " and ".join(number.environments) or "(not known)"}
        entries.append({name: " and ".join(versions) for name, versions in having.items()} or told)
    pairs = {name: [side.get(name, "(not known)") for side in entries] for name in {**entries[0], **entries[1]}}
    return [Difference("environment", name, *pair) for name, pair in pairs.items() if pair[0] != pair[1]]


def _differing(one: Any, other: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """(path, first, second) wherever two descriptions differ; values of different classes as a whole."""
    if one == other:
        return
    both = isinstance(one, Mapping) and isinstance(other, Mapping)
    if both and one.get("class") == other.get("class"):
        for name in {**one, **other}:
            if name in one and name in other:
                yield from _differing(one[name], other[name], f"{path}.{name}")
            else:
                first, second = (compact(side[name]) if name in side else "(absent)" for side in (one, other))
                yield f"{path}.{name}", first, second
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from _differing(a, b, f"{path}[{i}]")
    else:
        yield path, compact(one), compact(other)


def compact(value: Any, path: str = "", below: Mapping[str, str] | None = None) -> str:
    """A parameter in one line: DANN(weight=1.0, start=None); a trial that stands elsewhere by its key."""
    if below and path in below:
        return below[path]
    if isinstance(value, Mapping):
        inside = {name: inner for name, inner in value.items() if name not in ("class", "version")}
        words = ", ".join(f"{name}={compact(inner, f'{path}.{name}', below)}" for name, inner in inside.items())
        version = "" if value["version"] == 1 else f" v{value['version']}"
        return f"{value['class']}{version}({words})"
    if isinstance(value, list):
        words = ", ".join(compact(inner, f"{path}[{i}]", below) for i, inner in enumerate(value))
        return f"({words},)" if len(value) == 1 else f"({words})"
    return repr(value)
