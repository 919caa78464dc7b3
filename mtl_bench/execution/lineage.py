"""Where a number comes from: the records of the trials behind it, and in what those of two numbers differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mtl_bench.core.store import Store, code_of
from mtl_bench.core.trial import describe, key
from mtl_bench.execution.selection import trials_of
from mtl_bench.study import Cell

Description = Mapping[str, Any]  # a trial as its record holds it
Row = Mapping[str, Any]  # of the results
OF_RUN = ("device", "finished", "code", "environment")  # what a row says about its own trial's run


def key_of(description: Description) -> str:
    """The key of the trial with this description: a record alone tells the keys of all that its trial needs."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return f"{description['class']}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class TrialRecord:
    """A trial behind a number, as its record holds it; what is not known is left out."""

    path: str  # where it stands in the number's own trial: "Evaluate.selection.adaptation"
    key: str
    parameters: Mapping[str, str]  # by path; another trial's stand under that trial
    run: Mapping[str, Any]  # seconds, device, finished, code, commit, environment, data
    code_today: str  # "" where the plan has no such trial


@dataclass(frozen=True)
class Number:
    """A cell's value and the trials behind it, its own first."""

    labels: Mapping[str, str]  # metric and device among them
    value: float | None
    source: str  # where the value is from, "" where it is not computed yet
    trials: tuple[TrialRecord, ...]  # none where neither plan nor store knows the key
    environments: Mapping[str, Mapping[str, str]]  # by digest
    note: str = ""


class Archive:
    """What the plan and the store know about trials."""

    def __init__(self, store: Store, planned: Sequence[Cell]) -> None:
        self.store, self.planned = store, {key(trial): trial for trial in trials_of(planned)}

    def number(
        self, labels: Mapping[str, str], name: str, row: Row | None, source: str, provenance: Mapping[str, Any]
    ) -> Number:
        """The number of the cell whose trial has the key `name`; `row` is its row in the results `source`, if any."""
        record, note, stored = self.store.record_of(name), "", True
        if row and record and any(record[field] != row[field] for field in ("finished", "code")):
            stored = False  # `check` computes anew without touching the results
            note = f"the store holds another run, finished {record['finished']}; what follows is the row's"
        description = describe(self.planned[name]) if name in self.planned else record["trial"] if record else None
        trials = list(self._trials(description, description["class"], stored)) if description else []
        if row and trials and not trials[0].run:
            trials[0] = replace(trials[0], run={field: row[field] for field in OF_RUN})
        value = row["value"] if row else record["metrics"].get(labels["metric"]) if record else None
        known = provenance["environments"]
        used = dict.fromkeys(trial.run["environment"] for trial in trials if trial.run)
        return Number(
            labels=labels,
            value=None if value is None else float(value),
            source=source if row else "the store; no row of the results holds it yet" if record else "",
            trials=tuple(trials),
            environments={digest: known.get(digest) or self.store.environment(digest) or {} for digest in used},
            note=note,
        )

    def _trials(self, description: Description, path: str, stored: bool) -> Iterator[TrialRecord]:
        """The trial with this description, then those that it needs."""
        parameters, needed, name = {}, [], key_of(description)
        for where, value in _flat(description, path, self._is_trial):
            if isinstance(value, Mapping):
                needed.append((value, where))
            else:
                parameters[where] = value
        run = (self.store.record_of(name) if stored else None) or {}
        today = code_of(self.planned[name]) if name in self.planned else ""
        yield TrialRecord(path, name, parameters, run, today)
        for one, where in needed:
            yield from self._trials(one, where, stored)

    def _is_trial(self, description: Description) -> bool:
        name = key_of(description)
        return name in self.planned or self.store.record_of(name) is not None


def _flat(value: Any, path: str, is_trial: Any, top: bool = True) -> Iterator[tuple[str, Any]]:
    """(path, text) of every parameter; (path, description) of a trial inside."""
    if isinstance(value, Mapping):
        if not top and is_trial(value):
            yield path, value
            return
        version = "" if value["version"] == 1 else f" version {value['version']}"
        if not top or version:
            yield path, f"{value['class']}{version}"
        for name, inner in value.items():
            if name not in ("class", "version"):
                yield from _flat(inner, f"{path}.{name}", is_trial, top=False)
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        for i, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{i}]", is_trial, top=False)
    else:
        yield path, json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, order=True)
class Difference:
    """A path at which the records of two numbers differ."""

    path: str
    one: str
    other: str


def differences(first: Number, second: Number) -> dict[str, list[Difference]]:
    """Wherever the records of two numbers differ, by section."""
    sides: list[dict[str, dict[str, str]]] = []
    for number in (first, second):
        side: dict[str, dict[str, str]] = {"parameters": {}, "data": {}, "code": {}, "environment": {}}
        for trial in number.trials:
            side["parameters"] |= trial.parameters
            side["data"] |= trial.run.get("data", {})
            side["code"] |= {trial.path: trial.run["code"]} if trial.run else {}
        for environment in number.environments.values():
            for name, version in environment.items():  # several where its trials were not computed with the same
                versions = [*filter(None, [side["environment"].get(name)]), version]
                side["environment"][name] = " and ".join(dict.fromkeys(versions))
        sides.append(side)
    found = {}
    for section in sides[0]:
        one, other = sides[0][section], sides[1][section]
        # What a side does not know at all is no difference; a parameter is known wherever any is.
        paths = {**one, **other} if one and other and section in ("parameters", "data") else one.keys() & other.keys()
        pairs = [Difference(path, one.get(path, "(absent)"), other.get(path, "(absent)")) for path in paths]
        found[section] = sorted(pair for pair in pairs if pair.one != pair.other)
    return found
