"""What `--json` means: one document on stdout, and all else on stderr."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Annotated, Any

import typer

AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="For scripts: one JSON document on stdout, all else on stderr; docs/scripts.md has its fields."
    ),
]


@contextmanager
def only_document(wanted: bool) -> Iterator[None]:
    """What this process and its workers print meanwhile goes to stderr, if a document is wanted."""
    if not wanted:
        yield
        return
    sys.stdout.flush()
    stdout = os.dup(1)
    os.dup2(2, 1)  # for workers
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)


def say(as_json: bool, values: Any, lines: Sequence[str]) -> None:
    """Print the values as a document, or in lines for people."""
    print(json.dumps(_finite(values), indent=1, ensure_ascii=False) if as_json else "\n".join(lines))


def _finite(value: Any) -> Any:
    """JSON has no word for what is no finite number: null."""
    if isinstance(value, Mapping):
        return {str(name): _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
