"""The file of a study of one's own data, as a person would write it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

from mtl_bench import workspace
from mtl_bench.core.trial import parts
from mtl_bench.disk import write_atomically
from mtl_bench.plans.comparison import MethodComparison
from mtl_bench.workspace import StudyError

WIDTH = 116
FILE = '''"""{headline}

Written by `mtl-bench compare`. Edit it as you like; `mtl-bench run {name}` goes on with it.
"""

{imports}

COMPARISON = {comparison}
STUDY = COMPARISON.study()
'''


def written(comparison: MethodComparison, name: str = "") -> str:
    """Write the study into the folder of one's own; returns its name. Raises StudyError where another one has it."""
    source, target = comparison.source.name, comparison.target.name
    name = re.sub(r"[^a-z0-9]+", "_", (name or f"{source}_to_{target}").lower()).strip("_")
    folder = Path(os.environ.get("MTL_BENCH_STUDIES") or "benchmarks")
    path, kinds = folder / f"{name}.py", {type(part) for part in parts(comparison)}
    text = FILE.format(
        headline=f"{source} → {target}: which transfer method works on these data?",
        name=name,
        imports="\n".join(sorted(f"from {kind.__module__} import {kind.__name__}" for kind in kinds)),
        comparison=as_code(comparison),
    )
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise StudyError(
            f"{path} is there with other content; run it (`mtl-bench run {name}`), remove it, or give another --name"
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)
    print(workspace.near(path.absolute()))
    return name


def as_code(value: Any, indent: str = "") -> str:
    """A parameter as Python code, without what is its default."""
    inner = f"{indent}    "
    if is_dataclass(value) and not isinstance(value, type):
        given = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        usual = {f.name: f.default for f in fields(value) if f.default is not MISSING}
        lines = [f"{inner}{n}={as_code(v, inner)},\n" for n, v in given.items() if n not in usual or v != usual[n]]
        return f"{type(value).__name__}(\n{''.join(lines)}{indent})" if lines else f"{type(value).__name__}()"
    if isinstance(value, tuple):
        lines = [""]
        for item in (f"{as_code(one)}, " for one in value):
            if len(inner + lines[-1] + item) > WIDTH and lines[-1]:
                lines.append("")
            lines[-1] += item
        if len(lines) == 1:
            return f"({lines[0].strip()})" if len(value) == 1 else f"({lines[0].removesuffix(', ')})"
        return "(\n" + "".join(f"{inner}{line.rstrip()}\n" for line in lines) + f"{indent})"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
