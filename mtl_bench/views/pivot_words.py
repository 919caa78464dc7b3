"""Pivot words: by which words networks read the texts of two domains, and by which those of the source alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_object
from mtl_bench.study import REPLICATE, Labels
from mtl_bench.typeset import ABSENT
from mtl_bench.views.kept_files import wrong
from mtl_bench.views.table import Table

Words = list[tuple[str, list[int]]]  # each with its texts of every class
KINDS = {"shared": "shared", "own": "the source's own"}


@dataclass(frozen=True)
class PivotWords:
    """A table: the words that weigh most in the most texts of a class, a row per cell, a column per class.

    The file is that of `AttendedWords`; seeds are added up.
    """

    reading: ClassVar[str] = (
        "A word counts in each training text of the source in which it weighs most, and stands under the class that it "
        "counts for more often; the most frequent come first, with the number of texts, over all seeds. Shared words "
        "occur in both domains."
    )

    title: str
    where: Labels = field(default_factory=dict)
    most: int = 10  # words of a kind and class
    file: str = "attended.json"

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file,)

    def draw(self, frame: Frame) -> Table | None:
        """The table, None when the results hold no file for it. Raises ResultsError for a file of another form."""
        found: dict[tuple[tuple[str, str], ...], list[Path]] = {}
        for labels, path in frame.kept(self.file, self.where):
            own = tuple((name, value) for name, value in labels.items() if name not in (REPLICATE, "device"))
            found.setdefault(own, []).append(path)
        if not found:
            return None
        numbers, rows = [], []
        for own, paths in found.items():
            row = {name: value for name, value in own if name not in self.where}
            for kind, title in KINDS.items():
                for one, counts in _by_class(paths, kind).items():
                    best = [(word, n) for word, n in counts.most_common(self.most) if n]
                    row[f"{one}, {title}"] = ", ".join(f"{word} {n}" for word, n in best) or ABSENT
                    numbers += [{**dict(own), "class": one, "kind": kind, "word": w, "texts": n} for w, n in best]
            rows.append(row)
        return Table(self.title, pd.DataFrame(numbers), pd.DataFrame(rows).fillna(ABSENT))


def _by_class(paths: Iterable[Path], kind: str) -> dict[str, Counter[str]]:
    """How many texts of the class that it counts for each word has, over the files."""
    found: dict[str, Counter[str]] = {}
    totals: dict[str, Counter[str]] = {}
    for path in paths:
        classes, words = _read(path, kind)
        for word, counts in words:
            totals.setdefault(word, Counter()).update(dict(zip(classes, counts, strict=True)))
        found |= {one: Counter() for one in classes}
    for word, total in totals.items():
        [(one, n)] = total.most_common(1)
        found[one][word] = n
    return found


def _read(path: Path, kind: str) -> tuple[list[str], Words]:
    content = read_object(path)
    try:
        classes = [str(one) for one in content["classes"]]
        words = [(str(word), [int(n) for n in counts]) for word, *counts in content[kind]]
        if any(len(counts) != len(classes) for _, counts in words):
            raise ValueError("a word has other counts than one of each class")
    except (KeyError, TypeError, ValueError) as error:
        raise wrong(
            path, 'it holds "classes", "shared" and "own", lists of words with a count of each class'
        ) from error
    return classes, words
