"""A paper's numbers under a study's labels: words of the paper select cells and are mapped to labels.

An axis (`source`, `target`, `layer`, `dataset`, any setting of the paper's CSV) is narrowed by a word, by several, or
by a mapping from words to labels: `{"target": {"W": "webcam"}}` is short for `{"target": {"W": {"target": "webcam"}}}`.
Nothing is guessed: a word that the table lacks and two numbers for one cell are errors.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from mtl_bench.published.entries import FOLDER, STATUSES, Entry, about, read
from mtl_bench.study import Labels, Published

Given = str | int | Labels
Words = str | Sequence[str] | Mapping[str, Given]
Where = Mapping[str, Words]  # by axis
ACCURACY = "accuracy"


@dataclass(frozen=True)
class Paper:
    """A paper by its key, "ganin2016"; as text its citation, "Ganin et al., JMLR 2016"."""

    key: str

    def __str__(self) -> str:
        return str(about()[self.key]["citation"])

    @property
    def url(self) -> str:
        """Where it can be read, "" where no address is known."""
        return str(about()[self.key].get("url", ""))

    @property
    def bibtex(self) -> str:
        facts = about()[self.key]
        holder = {"article": "journal", "inproceedings": "booktitle", "misc": "howpublished"}[facts["kind"]]
        fields = {
            "title": "{" + facts["title"] + "}",
            "author": facts["authors"],
            holder: facts["venue"],
            **{name: facts[name] for name in ("volume", "number") if name in facts},
            "year": facts.get("year", ""),
            "url": self.url,
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join([f"@{facts['kind']}{{{self.key},", *lines, "}"])

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All its numbers; empty for a paper that is only cited."""
        path = FOLDER / f"{self.key}.csv"
        return read(path) if path.exists() else ()

    def table(
        self,
        name: str,
        rows: Mapping[str, Given],
        where: Where | None = None,
        *,
        labels: Labels | None = None,
        label: str = "method",
        context: str = "",
        metric: str = ACCURACY,
    ) -> tuple[Published, ...]:
        """The numbers of these rows, in their order, under the labels that words stand for, and `labels`.

        A row's word stands for a value of `label`, or for several labels. Raises ValueError.
        """
        found = self._labelled(name, rows, label, labels or {}, _axes(where, metric=metric))
        for number, others in found.items():
            if len(others) > 1:
                raise ValueError(f"{name} of {self} has {len(others)} numbers for {_said(number)}{_apart(others)}")
        return tuple(
            Published(
                float(one.value), dict(at), name, str(self), one.status, one.seen_in, context, metric, one.sd, one.n
            )
            for at, [one] in found.items()
        )

    def mean(
        self,
        name: str,
        rows: Mapping[str, Given],
        where: Where | None = None,
        *,
        labels: Labels | None = None,
        label: str = "method",
        context: str = "",
        metric: str = ACCURACY,
    ) -> tuple[Published, ...]:
        """The mean of each row over the axes' words, to two digits: what a table may print wrongly or not at all."""
        bare = {axis: _words(words) for axis, words in (where or {}).items()}
        found = self._labelled(name, rows, label, labels or {}, _axes(bare, metric=metric))
        means = []
        for at, entries in found.items():
            value = _mean(self._by_cell(name, entries, bare).values()).quantize(Decimal("0.01"), ROUND_HALF_UP)
            worst = max(entries, key=lambda one: STATUSES.index(one.status))
            means.append(
                Published(
                    float(value), dict(at), f"{name}, mean", str(self), worst.status, worst.seen_in, context, metric
                )
            )
        return tuple(means)

    def value(self, name: str, row: str, where: Where | None = None, *, metric: str = ACCURACY) -> float:
        """A row's number, or its mean over the words of the axes. Raises ValueError where others differ too."""
        return float(_mean(self._row(name, row, where or {}, metric).values()))

    def gain(self, name: str, row: str, over: str, where: Where | None = None, *, metric: str = ACCURACY) -> float:
        """What a row gains over another, as a mean over the words of the axes. Raises ValueError."""
        ours, theirs = (self._row(name, one, where or {}, metric) for one in (row, over))
        if ours.keys() != theirs.keys():
            lone = sorted(map(" → ".join, ours.keys() ^ theirs.keys()))
            raise ValueError(f"{name} of {self} has {row} or {over}, but not both, for {', '.join(lone)}")
        return float(_mean(ours[cell] - theirs[cell] for cell in ours))

    def _row(self, name: str, row: str, where: Where, metric: str) -> dict[tuple[str, ...], Decimal]:
        return self._by_cell(name, self._selected(name, _axes(where, row=row, metric=metric)), where)

    def _by_cell(self, name: str, entries: Iterable[Entry], axes: Iterable[str]) -> dict[tuple[str, ...], Decimal]:
        """The numbers by their words on the axes that were named."""
        cells: dict[tuple[str, ...], list[Entry]] = {}
        for one in entries:
            cells.setdefault(tuple(one.word(axis) for axis in axes), []).append(one)
        for others in cells.values():
            if len(others) > 1:
                raise ValueError(f"{name} of {self} has {len(others)} numbers for {others[0].row}{_apart(others)}")
        return {cell: one.value for cell, [one] in cells.items()}

    def _labelled(
        self, name: str, rows: Mapping[str, Given], label: str, labels: Labels, axes: Where
    ) -> dict[tuple[tuple[str, str | int], ...], list[Entry]]:
        """The selected entries by the labels that they get, in the order of `rows`."""
        found: dict[tuple[tuple[str, str | int], ...], list[Entry]] = {}
        selected = self._selected(name, {"row": rows, **axes})
        for word, given in rows.items():
            for one in (one for one in selected if one.row == word):
                at = {**labels, **_labels(label, given)}
                for axis, words in axes.items():
                    if isinstance(words, Mapping):
                        at |= _labels(axis, words[one.word(axis)])
                found.setdefault(tuple(at.items()), []).append(one)
        return found

    def _selected(self, name: str, axes: Where) -> list[Entry]:
        """The table's entries with these words, each of which must stand in one. Raises ValueError."""
        left = [one for one in self.entries if one.table == name]
        if not left:
            raise ValueError(f"{self} has no table “{name}” here{_nearest(name, (e.table for e in self.entries))}")
        known = ("row", "metric", *left[0].settings)
        for axis in axes:
            if axis not in known:
                raise ValueError(f"{name} of {self} has no column “{axis}”{_nearest(axis, known)}")
        before: list[str] = []
        for axis, given in axes.items():
            there = {one.word(axis) for one in left}
            for word in _words(given):
                if word not in there:
                    among = f" among {', '.join(before)}" if before else ""
                    raise ValueError(f"{name} of {self} has no {axis} “{word}”{among}{_nearest(word, there)}")
            left = [one for one in left if one.word(axis) in _words(given)]
            before.append(f"{axis} {' or '.join(_words(given))}")
        return left


def paper(key: str) -> Paper:
    """The paper of that key in papers.toml. Raises ValueError with the nearest."""
    if key not in about():
        raise ValueError(f"there is no paper “{key}” in published/papers.toml{_nearest(key, about())}")
    return Paper(key)


def addresses(*papers: Paper) -> dict[str, str]:
    """Where papers can be read, by their citations: a study's `papers`."""
    return {str(one): one.url for one in papers if one.url}


def _axes(where: Where | None, **own: str) -> dict[str, Words]:
    for axis in own.keys() & (where or {}):
        raise ValueError(f"the {axis} is an argument of its own, not one of the axes")
    return {**own, **(where or {})}


def _words(given: Words) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _labels(name: str, given: Given) -> Labels:
    return given if isinstance(given, Mapping) else {name: given}


def _mean(values: Iterable[Decimal]) -> Decimal:
    numbers = list(values)
    return sum(numbers, Decimal()) / len(numbers)


def _said(labels: Iterable[tuple[str, str | int]]) -> str:
    return ", ".join(f"{name} {value}" for name, value in labels)


def _apart(entries: Sequence[Entry]) -> str:
    """By which columns they differ."""
    axes = [axis for axis in ("row", *entries[0].settings) if len({one.word(axis) for one in entries}) > 1]
    return "; they differ in " + " and ".join(
        f"{axis} ({' | '.join(dict.fromkeys(one.word(axis) or '–' for one in entries))})" for axis in axes
    )


def _nearest(word: str, known: Iterable[str]) -> str:
    """What it may have been meant as, or all that there is."""
    words = sorted(set(known) - {""})
    near = difflib.get_close_matches(word, words, n=3, cutoff=0.4)
    return f"; did you mean {' or '.join(f'“{one}”' for one in near)}?" if near else f"; it has {', '.join(words[:12])}"
