"""What a deep method's paper prints, what its authors' code does and what runs here: `docs/methods.md` is made of it.

`python -m mtl_bench.methods.as_published > docs/methods.md` writes that page.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from dataclasses import dataclass, fields

COLUMNS = ("the paper", "the authors' code", "here")
START = """# Deep methods: the paper, the authors' code, and what runs here

Of each method: the layer that it acts on, how its loss is summed or averaged, its weight, and when it acts. Where paper
and code differ in a factor, a field of the method chooses, and studies have rows "as released" where it matters. The
optimiser is the study's recipe for all methods, unless it is said. "Not read" is code that nobody here has seen.

Generated from the classes in `mtl_bench/methods/deep/` by `python -m mtl_bench.methods.as_published > docs/methods.md`.
"""


@dataclass(frozen=True)
class AsPublished:
    """A method's settings, each as in the paper, in the authors' code and here."""

    paper: str
    code: str  # the authors' repository that was read, or "not read"
    layer: tuple[str, str, str]
    reduction: tuple[str, str, str]
    weight: tuple[str, str, str]
    schedule: tuple[str, str, str]

    def markdown(self, name: str) -> str:
        """A section with a table, a row per setting."""
        settings = [f.name for f in fields(self) if f.name not in ("paper", "code")]
        head = [f"## {name}", "", f"{self.paper}. The authors' code: {self.code}.", ""]
        table = [_row("", *COLUMNS), _row(*["---"] * (1 + len(COLUMNS)))]
        return "\n".join([*head, *table, *(_row(setting, *getattr(self, setting)) for setting in settings), ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def published_methods() -> dict[str, AsPublished]:
    """Of every deep method that says it, by the method's name."""
    from mtl_bench.methods import deep

    found = {}
    for module in pkgutil.iter_modules(deep.__path__, f"{deep.__name__}."):
        for name, cls in vars(importlib.import_module(module.name)).items():
            if getattr(cls, "__module__", "") == module.name and isinstance(
                known := vars(cls).get("as_published"), AsPublished
            ):
                found[name] = known
    return dict(sorted(found.items()))


def page() -> str:
    """The text of `docs/methods.md`."""
    return "\n".join([START, *(known.markdown(name) for name, known in published_methods().items())])


if __name__ == "__main__":
    from mtl_bench.methods import as_published  # the module that the methods import; this one has another name

    sys.stdout.write(as_published.page())
