"""The core stays small: what every study stands on must fit in one reading."""

from __future__ import annotations

import ast
import tokenize
from pathlib import Path

import mtl_bench.core

CODE_LINES = 407  # checksums of what is read again, answers by key, uses of a target, from what workers are forked
BESIDE = {"note.py", "provenance.py", "record.py"}  # what is written down of a trial: read on their own
WORDS = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def lines_of_code(path: Path) -> int:
    """Lines that hold code: no blank ones, comments or docstrings."""
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match getattr(node, "body", None):
            case [ast.Expr(value=ast.Constant(value=str())) as docstring, *_]:
                docstrings |= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    with tokenize.open(path) as file:
        tokens = [token for token in tokenize.generate_tokens(file.readline) if token.type not in WORDS]
    return len({line for token in tokens for line in range(token.start[0], token.end[0] + 1)} - docstrings)


def test_the_core_is_small() -> None:
    files = sorted(Path(*mtl_bench.core.__path__).glob("*.py"))
    files = [file for file in files if file.name not in BESIDE]
    assert sum(map(lines_of_code, files)) <= CODE_LINES
