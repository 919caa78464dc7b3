"""What a cell's labels may be: they are columns of the results, so they must read back as they were written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# The columns of results that are no labels.
MEASURED = ("metric", "value", "device", "seconds", "finished", "key", "code", "environment")
NAME = re.compile(r"[a-z][a-z0-9_ ]*(?<! )")
LONGEST = 1000  # letters


def is_plain(text: str) -> bool:
    """Whether a text can stand in a field: no space around it, no line break or other control character."""
    return text == text.strip() and len(text) <= LONGEST and (text.isprintable() or not text)


def fault(labels: Mapping[str, str | int]) -> str | None:
    """What is wrong with the labels of a cell, with the remedy; None where nothing is."""
    for name, value in labels.items():
        told = f"the label {name!r} is {value!r}"
        if name in MEASURED:
            return f"a label is called {name!r}, as a column of the results is: give it another name"
        if not (isinstance(name, str) and NAME.fullmatch(name)):
            return f"a label is called {name!r}: write its name with small letters, digits, _ and spaces between words"
        if type(value) not in (str, int):
            return f"{told}, a {type(value).__name__}: write a text or a whole number"
        if value == "":
            return f"{told}, which is empty: leave the label out or give it a word"
        if not is_plain(str(value)):
            return f"{told}: write it without spaces around it, line breaks and control characters"
    return None


def fault_of_metric(metric: str) -> str | None:
    """What is wrong with the name of a metric, with the remedy; None where nothing is."""
    if isinstance(metric, str) and metric and is_plain(metric):
        return None
    return f"its metric is {metric!r}: name one that its trial gives, in a word"


def of_two_kinds(cells: Iterable[Mapping[str, str | int]]) -> tuple[str, str] | None:
    """The name and text of a label that is a number in one cell and a text in another, as 1 and "1"; else None.

    Results do not tell them apart.
    """
    kinds: dict[tuple[str, str], type] = {}
    for labels in cells:
        for name, value in labels.items():
            if kinds.setdefault((name, str(value)), type(value)) is not type(value):
                return name, str(value)
    return None
