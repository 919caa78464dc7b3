"""Trials: frozen dataclasses whose result is stored under the hash of their fields.

A field that is itself a trial is a dependency; everything else is a parameter.
"""

from __future__ import annotations

import hashlib
import json
import math
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, Union, get_args, get_origin, get_type_hints, runtime_checkable

PARAMETER = "a number, string, bool, None, enum, tuple or frozen dataclass"
PLAIN = (bool, int, str, type(None))  # what is its own description


@dataclass(frozen=True)
class Trial:
    """A unit of cached work: its fields say what to compute, `run` computes it."""

    version: ClassVar[int] = 1  # raise it when equal parameters would now give another result
    gpus: ClassVar[float] = 0.0  # what one run can use
    keep: ClassVar[tuple[str, ...]] = ()  # small files that a page needs, copied beside the results

    def run(self, work: Work) -> Mapping[str, float]:
        """Compute the metrics; files go to `work.folder`."""
        raise NotImplementedError(f"{type(self).__name__} does not define run(work)")


@runtime_checkable
class SeesTarget(Protocol):
    """A trial that has a target domain and can say what of it reaches its result, beside the labels that score it."""

    def uses_of_target(self) -> tuple[str, ...]:
        """Words such as "features"; none where the target is only predicted."""
        ...


def uses_of_target(trial: Trial) -> tuple[str, ...] | None:
    """What of the target reaches a trial's result; None where the trial has no target."""
    return trial.uses_of_target() if isinstance(trial, SeesTarget) else None


@dataclass(frozen=True)
class Work:
    """All that a running trial may touch.

    `folder` outlives a kill: what a trial left there is what it resumes from.
    `data` collects the digests of the data that the trial read, by name.
    """

    folder: Path
    device: str
    progress: Callable[[float, str], None] = lambda fraction, text: None
    folder_of: Callable[[Trial], Path] = field(default=None, repr=False)  # type: ignore[assignment]
    metrics_of: Callable[[Trial], Mapping[str, float]] = field(default=None, repr=False)  # type: ignore[assignment]
    # A file that a dependency left, as it left it: what does not fit the record's checksum is an error of the store.
    artifact_of: Callable[[Trial, str], Path] = field(default=None, repr=False)  # type: ignore[assignment]
    data: dict[str, str] = field(default_factory=dict)


@cache
def _keyed_fields(cls: type) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(cls)
    return tuple((f, hints[f.name]) for f in fields(cls) if f.compare)


@cache
def _field_names(cls: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls))


def _coerce(value: Any, hint: Any) -> Any:
    """An int where a float is annotated is that float: `lr=1` and `lr=1.0` are one trial."""
    if type(value) is not int and not isinstance(value, tuple):
        return value
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if type(value) is int and float in options and int not in options:
        return float(value)
    if isinstance(value, tuple):
        inner = get_args(next((o for o in options if get_origin(o) is tuple), hint))
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_coerce(v, inner[0]) for v in value)
        if len(inner) == len(value):
            return tuple(_coerce(v, h) for v, h in zip(value, inner, strict=True))
    return value


def describe(value: Any, where: str = "a trial") -> Any:
    """The JSON form of a parameter: class, version and fields, recursively.

    Raises TypeError with one sentence for anything that has no stable value.
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, bool | int | str | None):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value + 0.0  # -0.0 equals 0.0 and so must have its key
        raise TypeError(f"{where} is {value}; use None or a finite number")
    if isinstance(value, tuple):
        return [describe(v, f"{where}[{i}]") for i, v in enumerate(value)]
    if is_dataclass(value) and not isinstance(value, type):
        cls = type(value)
        known: dict[str, Any] | None = getattr(value, "__dict__", {}).get("_known_description")
        if known is not None:
            return known
        if not cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]
            raise TypeError(f"{where} is a {cls.__name__}, which is not frozen; write @dataclass(frozen=True)")
        described: dict[str, Any] = {"class": cls.__name__, "version": getattr(cls, "version", 1)}
        for f, hint in _keyed_fields(cls):
            v = _coerce(getattr(value, f.name), hint)
            if "omit_when" not in f.metadata or v != f.metadata["omit_when"]:
                described[f.name] = describe(v, f"{cls.__name__}.{f.name}")
        if not isinstance(value, Trial) and hasattr(value, "__dict__"):  # many trials share a parameter
            object.__setattr__(value, "_known_description", described)
        return described
    raise TypeError(f"{where} is a {type(value).__name__}; a parameter is {PARAMETER}")


def key(trial: Trial) -> str:
    """The trial's name in the store, for example "Adapt-3f2a51c09b7e44d1"."""
    known: str | None = trial.__dict__.get("_known_key")
    if known is None:
        text = json.dumps(describe(trial), sort_keys=True, separators=(",", ":"))
        known = f"{type(trial).__name__}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        object.__setattr__(trial, "_known_key", known)  # a frozen value has one key: compute it once
    return known


def parts(value: Any, into_trials: bool = True) -> Iterator[Any]:
    """Every frozen dataclass inside `value`, itself included, depth first."""
    if isinstance(value, tuple):
        for v in value:
            if type(v) not in PLAIN:
                yield from parts(v, into_trials)
    elif is_dataclass(value) and not isinstance(value, type):
        if into_trials or not isinstance(value, Trial):
            for name in _field_names(type(value)):
                if type(inner := getattr(value, name)) not in PLAIN:
                    yield from parts(inner, into_trials)
        yield value


def dependencies(trial: Trial) -> list[Trial]:
    """The trials that `trial` names in its fields, directly or inside a tuple or dataclass."""
    inside = (parts(getattr(trial, f.name), into_trials=False) for f in fields(trial))
    return [part for field_parts in inside for part in field_parts if isinstance(part, Trial)]
