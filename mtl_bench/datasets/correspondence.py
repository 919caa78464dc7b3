"""Whether two data sets of one's own have the same classes, and which of their names may mean the same."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

SHOWN = 5  # names that a sentence lists


def corresponding(
    source_classes: Sequence[str], target_classes: Sequence[str], source: str = "the source", target: str = "the target"
) -> None:
    """Raises ValueError, one sentence, unless both have the same classes in the same order."""
    if tuple(source_classes) == tuple(target_classes):
        return
    lacking = [name for name in source_classes if name not in set(target_classes)]
    other = [name for name in target_classes if name not in set(source_classes)]
    if not lacking and not other:
        raise ValueError(
            f"{source} and {target} have the same classes in different orders; make {target} with the classes of "
            f"{source}, as by .of(…, classes=source.classes)"
        )
    only = [f"{listed(names)} only in {where}" for names, where in ((lacking, source), (other, target)) if names]
    pairs = [(name, near) for name in lacking if (near := nearest(name, other))]
    meant = f" ({listed([f'{a} and {b}' for a, b in pairs])} may be the same)" if pairs else ""
    raise ValueError(
        f"the classes do not correspond: {', '.join(only)}{meant}; rename or remove class folders, or give one domain "
        "the other's names by mtl_bench.datasets.wrappers.called.Called"
    )


def classes_of(path: str, labels: Sequence[str] | None, given: Sequence[str]) -> tuple[str, ...]:
    """The classes of a table in their order: those given, else its labels by name, or by value if all are numbers.

    Raises ValueError, one sentence, for labels of one class, and where they are not of the classes given.
    """
    if labels is None:
        return tuple(given)
    found = set(labels)
    if len(found) < 2:
        raise ValueError(f"{path} has one class, {next(iter(found))}; give a table of two or more classes")
    whole = all(name.removeprefix("-").isdecimal() for name in found)
    ordered = tuple(sorted(found, key=int) if whole else sorted(found))
    if given and set(given) != found:
        corresponding(given, ordered, "the classes given", path)
    return tuple(given or ordered)


def nearest(word: str, known: Iterable[str]) -> str:
    """The name that a word may stand for: the same letters and digits before a similar spelling; "" when none is."""
    by_letters = {letters(name): name for name in known}
    near = difflib.get_close_matches(letters(word), by_letters, n=1, cutoff=0.75)
    return by_letters[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean …?" for a misspelt word, "" when nothing is near."""
    near = nearest(word, known)
    return f'; did you mean "{near}"?' if near else ""


def letters(name: str) -> str:
    """A name's letters and digits, small, so that "Back pack" is "back_pack"."""
    return "".join(letter for letter in name.casefold() if letter.isalnum()) or name


def listed(names: Sequence[str]) -> str:
    """The first of them, and how many there are more."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
