"""`<study>.<scale>.declared.json`: what was declared before a judged run; a file of all declarations ever made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from mtl_bench.core.store import code_of
from mtl_bench.core.trial import describe, key
from mtl_bench.disk import DamagedError, json_object, read_text, write_atomically
from mtl_bench.results.schema import CODE, ResultsError
from mtl_bench.results.table import Results
from mtl_bench.study import REPLICATE, Cell, Claim, Contrast, Gate, Labels, Study

KEY = re.compile(r"(-?[0-9]+)?:[0-9a-f]{8}")  # of a cell: its seed, if any, and the first letters of its trial's hash


@dataclass(frozen=True)
class Declaration:
    """One declaration: `content` is its JSON form, which `read` checks."""

    content: Mapping[str, Any]

    @property
    def date(self) -> str:
        return str(self.content["date"])


def path_of(folder: Path, name: str) -> Path:
    """Where the declarations of "<study>.<scale>" lie."""
    return folder / f"{name}.declared.json"


def read(folder: Path, name: str) -> list[Declaration]:
    """The declarations, the latest last; empty where there are none. Raises ResultsError with the remedy."""
    path = path_of(folder, name)
    try:
        found = json_object(read_text(path), path).get("declarations")
        if not isinstance(found, list) or not found:
            raise DamagedError(f"{path} lists no declarations")
        for one in found:
            if fault := _fault(one):
                raise DamagedError(f"{path} has a declaration {fault}")
    except FileNotFoundError:
        return []
    except DamagedError as error:
        raise ResultsError(f"{error}; restore it with `git checkout {path}`") from error
    except OSError as error:
        raise ResultsError(f"{path} can't be read ({error.strerror}); make it readable") from error
    return [Declaration(one) for one in found]


def write(folder: Path, name: str, declarations: Sequence[Declaration]) -> Path:
    """Write all of them, the former ones too."""
    folder.mkdir(parents=True, exist_ok=True)
    path = path_of(folder, name)
    text = json.dumps({"declarations": [one.content for one in declarations]}, indent=1, allow_nan=False)
    write_atomically(path, f"{text}\n")
    return path


def _fault(content: Any) -> str:
    """What is wrong with a declaration's shape, "" if nothing is."""
    if not isinstance(content, dict):
        return "that is no JSON object"
    if not _dated(content.get("date")):
        return "without a date and time"
    if not isinstance(content.get("rules"), dict):
        return "without rules"
    seeds, cells = content.get("seeds"), content.get("cells")
    if not (isinstance(seeds, list) and all(type(seed) is int for seed in seeds)):
        return "whose seeds are no whole numbers"
    if not (isinstance(cells, dict) and all(map(_is_group, cells.values()))):
        return "whose cells are not listed with keys and digests of code"
    for name, known in (("claims", "text"), ("gates", "text"), ("power", "claim")):
        listed = content.get(name)
        if not isinstance(listed, list) or not all(
            isinstance(o, dict) and isinstance(o.get(known), str) for o in listed
        ):
            return f"whose {name} has no {known}" if name == "power" else f"whose {name} have no {known}"
    return ""


def _dated(text: Any) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _is_group(group: Any) -> bool:
    code, keys = (group.get("code"), group.get("keys")) if isinstance(group, dict) else (None, None)
    listed = isinstance(code, list) and all(isinstance(one, str) and CODE.fullmatch(one) for one in code)
    return listed and isinstance(keys, str) and all(map(KEY.fullmatch, keys.split(" ")))


def groups_of(cells: Iterable[Cell]) -> dict[str, dict[str, Any]]:
    """The cells by their labels but for the seed: {"code": [digests], "keys": "200:d136baf9 201:4f499286"}."""
    keys: dict[str, list[str]] = {}
    codes: dict[str, set[str]] = {}
    for cell in cells:
        group = group_of(cell.labels, cell.metric)
        keys.setdefault(group, []).append(f"{cell.labels.get(REPLICATE, '')}:{short(key(cell.trial))}")
        codes.setdefault(group, set()).add(code_of(cell.trial))
    return {group: {"code": sorted(codes[group]), "keys": " ".join(keys[group])} for group in keys}


def group_of(labels: Labels, metric: str) -> str:
    """What cells that differ by their seed alone share: "accuracy of method=DANN, target=photos"."""
    named = (f"{name}={value}" for name, value in sorted(labels.items()) if name != REPLICATE and value != "")
    return f"{metric} of {', '.join(named)}"


def keys_of(declaration: Declaration) -> dict[str, dict[str, str]]:
    """{group: {seed: first letters of the trial's hash}} of the declared cells."""
    cells = declaration.content["cells"].items()
    return {name: dict(one.split(":") for one in group["keys"].split(" ")) for name, group in cells}


def lacking(declaration: Declaration, results: Results) -> Iterator[str]:
    """The group of each declared cell without a row."""
    names, rows = results.labels, results.rows.to_dict("records")
    there = {(group_of({n: row[n] for n in names}, str(row["metric"])), str(row.get(REPLICATE, ""))) for row in rows}
    yield from (group for group, keys in keys_of(declaration).items() for seed in keys if (group, seed) not in there)


def short(name: str) -> str:
    """The first letters of the hash in a trial's key."""
    return name.rpartition("-")[2][:8]


def sentence(one: Claim | Gate) -> dict[str, Any]:
    """A claim or gate in full. Defaults go without saying, so that a field added later changes no earlier claim."""
    said = {field.name: (getattr(one, field.name), field.default) for field in fields(one)}
    return {name: _plain(value) for name, (value, usual) in said.items() if value != usual or name == "primary"}


def rules_of(study: Study) -> dict[str, Any]:
    """What else of a study its verdicts depend on."""
    return {"chance": study.chance, "redraws_test": study.redraws_test}


def _plain(value: Any) -> Any:
    if isinstance(value, Contrast):
        terms = (f"{t.weight:+} {t.metric}({', '.join(f'{n}={v}' for n, v in t.labels)})" for t in value.terms)
        return " ".join(terms)
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return describe(value)
