"""Like for like: in which fields of their trials the two sides of a claim's contrasts differ.

A field goes by its path in the trial that has it, `recipe.steps` or `init.count`; where a field is itself a trial, as
in `Evaluate(Select(Adapt(…)))`, names start anew in that. `reads` is which of a trial's metrics a cell takes, `trial`
the kind of trial. What is declared covers all below it: `sources` covers `sources.variant`. Only "method" does not: it
stands for the class of a method and the parameters that only one of the two methods has. A parameter that both have
must be equal or declared by its own name, `method.dimension`: PCA with one normalisation is no opponent for TCA with
another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import product
from typing import Any

from mtl_bench.core.trial import Trial
from mtl_bench.study import REPLICATE, Cell, Claim, Contrast, Term

METHOD = "method"
Group = dict[Any, list[Cell]]  # cells by the labels that two terms leave open


@dataclass(frozen=True)
class Sides:
    """In what the two sides of a claim's contrasts differ."""

    declared: tuple[str, ...]  # names of the claim's `varies` that cover a difference, in the claim's order
    undeclared: tuple[str, ...]  # paths of differences that none covers
    compared: bool  # whether there are two sides with cells

    @property
    def text(self) -> str:
        """method; method, method.dimension; method, and undeclared: normalisation."""
        if not self.compared:
            return ""
        undeclared = f"undeclared: {', '.join(self.undeclared)}" if self.undeclared else ""
        return ", and ".join(filter(None, [", ".join(self.declared), undeclared])) or "nothing"

    @property
    def sentence(self) -> str:
        """For print; "" where there are no two sides."""
        if not self.compared:
            return ""
        if (self.declared, self.undeclared) == ((METHOD,), ()):
            return "The two sides differ in the method alone."
        return f"The two sides differ in: {self.text}."


def sides(claim: Claim, cells: Sequence[Cell]) -> Sides:
    """The two sides of the claim's contrasts in these planned cells, replicate by replicate."""
    pairs = [pair for contrast in claim.contrasts for pair in opponents(contrast, cells)]
    found = sorted({path for one, other in pairs for path in cell_differences(one, other)})
    declared = tuple(name for name in claim.varies if any(covers(name, path) for path in found))
    undeclared = tuple(path for path in found if not any(covers(name, path) for name in claim.varies))
    return Sides(declared, undeclared, bool(pairs))


def covers(name: str, path: str) -> bool:
    """Whether a difference at this path is declared by this name."""
    return path == name or (name != METHOD and path.startswith(f"{name}."))


def opponents(contrast: Contrast, cells: Sequence[Cell]) -> Iterator[tuple[Cell, Cell]]:
    """Each cell of positive weight with each of negative weight that it stands against.

    Terms stand against those of the other sign that share most of their labels: in a sum over pairs of domains, a
    method on one pair against another method on the same pair. Their cells are those of the same replicate and with
    the same labels beside those that the two terms fix; where the terms leave other labels open (halves of one kind
    here and of another there), all cells of the replicate.
    """
    for one, other in _opposite_terms(contrast):
        fixed = {name for term in (one, other) for name, _ in term.labels}
        ours, theirs = (_by_replicate(term, cells, fixed) for term in (one, other))
        for replicate in ours.keys() & theirs.keys():
            yield from _matched(ours[replicate], theirs[replicate])


def _opposite_terms(contrast: Contrast) -> set[tuple[Term, Term]]:
    """(positive, negative): of each term, those of the other sign that share most labels with it."""
    positive, negative = ([t for t in contrast.terms if sign * t.weight > 0] for sign in (1, -1))
    found = set()
    for one, other in product(positive, negative):
        shared = _shared(one, other)
        if shared == max(_shared(one, t) for t in negative) or shared == max(_shared(t, other) for t in positive):
            found.add((one, other))
    return found


def _shared(one: Term, other: Term) -> int:
    return len(set(one.labels) & set(other.labels))


def _by_replicate(term: Term, cells: Sequence[Cell], fixed: set[str]) -> dict[Any, Group]:
    found: dict[Any, Group] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        if cell.metric == term.metric and all(str(cell.labels.get(n, "")) == str(v) for n, v in term.labels):
            left = frozenset((n, str(v)) for n, v in cell.labels.items() if n not in fixed and n != REPLICATE)
            found[cell.labels.get(REPLICATE)][left].append(cell)
    return found


def _matched(ours: Group, theirs: Group) -> Iterator[tuple[Cell, Cell]]:
    if ours.keys() == theirs.keys():
        for left in ours:
            yield from product(ours[left], theirs[left])
    else:
        yield from product(*([cell for group in side.values() for cell in group] for side in (ours, theirs)))


def cell_differences(one: Cell, other: Cell) -> Iterator[str]:
    """The paths of what differs between the trials of two cells, and in what is read of them."""
    if (one.reads or one.metric) != (other.reads or other.metric):
        yield "reads"
    yield from differences(one.trial, other.trial)


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The paths at which two values differ: dataclasses field by field, tuples of one length entry by entry.

    Of two classes the path itself differs, and each field that both have is compared.
    """
    if one is other:
        return
    if _is_record(one) and _is_record(other):
        if type(one) is not type(other):
            yield path or "trial"
        both = [f.name for f in fields(one) if f.compare and f.name in {g.name for g in fields(other) if g.compare}]
        within_trial = isinstance(one, Trial) and isinstance(other, Trial)
        for name in both:
            ours, theirs = getattr(one, name), getattr(other, name)
            anew = within_trial and isinstance(ours, Trial) and isinstance(theirs, Trial)
            yield from differences(ours, theirs, "" if anew else f"{path}.{name}".removeprefix("."))
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for ours, theirs in zip(one, other, strict=True):
            yield from differences(ours, theirs, path)
    elif type(one) is not type(other) or one != other:
        yield path or "trial"


def _is_record(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type)
