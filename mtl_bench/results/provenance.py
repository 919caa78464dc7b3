"""What stands beside the rows in `<study>.<scale>.json`: environments, digests of data, labels and the command."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mtl_bench.disk import DamagedError, json_object, read_text
from mtl_bench.results.schema import ResultsError, restore

Provenance = dict[str, Any]  # {"environments": {digest: {…}}, "data": {name: digests}, "command": …, "labels": […]}


def empty() -> Provenance:
    return {"environments": {}, "data": {}, "command": ""}


def read_provenance(path: Path) -> Provenance:
    """Raises ResultsError."""
    try:
        return provenance_of(read_text(path), path)
    except FileNotFoundError as error:
        raise ResultsError(f"{path} is missing; {restore(path)}") from error
    except DamagedError as error:
        marks = "conflict of a merge" in str(error)
        remedy = "run `mtl-bench tidy` to keep what both sides say" if marks else restore(path)
        raise ResultsError(f"{error}; {remedy}") from error
    except OSError as error:
        raise ResultsError(f"{path} can't be read ({error.strerror}); make it readable") from error


def provenance_of(text: str, path: Path) -> Provenance:
    """Raises DamagedError for JSON of another shape."""
    found = json_object(text, path)
    environments, data = found.get("environments"), found.get("data")
    if not (isinstance(environments, dict) and all(map(_is_text, environments.values()))):
        raise DamagedError(f"{path} does not list environments")
    if not _is_text(data):
        raise DamagedError(f"{path} does not list the digests of data")
    if not isinstance(found.get("command"), str):
        raise DamagedError(f"{path} does not hold the command")
    labels = found.get("labels", [])
    if not (isinstance(labels, list) and all(isinstance(label, str) for label in labels)):
        raise DamagedError(f"{path} does not list labels")
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(inner, str) for inner in value.values())


def text_of(provenance: Provenance) -> str:
    return json.dumps(provenance, indent=1, sort_keys=True) + "\n"


def merged(several: Iterable[Provenance]) -> Provenance:
    """What several say, the last one's command."""
    total = empty()
    for one in several:
        total["environments"] |= one["environments"]
        total["command"] = one["command"]
        total["labels"] = list(dict.fromkeys([*total.get("labels", []), *one.get("labels", [])]))
        for name, digests in one["data"].items():
            total["data"][name] = together(digests, total["data"].get(name, ""))
    return total


def together(first: str, second: str) -> str:
    """Data that each replicate draws for itself have one name and several digests."""
    return ", ".join(sorted({*filter(None, first.split(", ")), *filter(None, second.split(", "))}))
