"""Points in the plane, such as an embedding of features: before and after adaptation, by domain and by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_columns_of, read_table
from mtl_bench.study import Labels
from mtl_bench.views import primitives
from mtl_bench.views.style import CLASS_COLOURS, MARKERS, OTHER_CLASSES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3
FAINT = "0.88"  # the other domain, behind the one that a panel shows


@dataclass(frozen=True)
class Points:
    """Points in the plane from the file that each cell names; of several seeds the first.

    Each cell has a panel per domain, side by side on the same axes, where the file has classes, and one panel where it
    has none. Classes have colours and domains have marks.
    """

    reading: ClassVar[str] = (
        "Each point is an image's features of one run. Side by side lie the domains of that run: the class is the "
        "colour, the domain the mark, and the other domain is grey behind it. Where a class of the target lies on the "
        "same one of the source, a classifier of the source reads it. Distances between far groups mean nothing."
    )

    title: str
    panels: str = "method"  # the label that tells the panels apart
    domain: str = "domain"  # columns of the file, beside x and y
    classes: str = "class"
    file: str = "embedding.csv"  # the artifact of the cells that are drawn
    where: Labels = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file,)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold no file for it."""
        cells = frame.holding(self.file, self.where)
        paths = {cell.labels.get(self.panels, ""): frame.results.kept(cell.keys[0], self.file) for cell in cells}
        points = {}
        for title, path in paths.items():
            if path.exists():
                words = (self.domain, *([self.classes] if self.classes in read_table(path) else []))
                points[title] = read_columns_of(path, self.title, ("x", "y"), words)
        if not points:
            return None
        if all(self.classes in table for table in points.values()):
            return self._by_class(points)
        columns = 2 if len(points) == 4 else min(COLUMNS, len(points))
        figure, grid = primitives.panels(-(-len(points) // columns), columns, wide=columns > 1, share=False)
        handles: dict[str, Any] = {}
        for axes, (title, table) in zip(grid, points.items(), strict=False):
            for i, (name, group) in enumerate(table.groupby(self.domain)):
                handles[str(name)] = primitives.points(axes, group["x"], group["y"], i)
            axes.set_title(title, loc="left")
            axes.set(xticks=[], yticks=[])  # an embedding has no units
        primitives.hide_rest(grid, len(points))
        primitives.legend(figure, handles, "upper")
        return figure

    def _by_class(self, points: Mapping[str, pd.DataFrame]) -> Figure:
        """A row per file and a column per domain."""
        domains = list(dict.fromkeys(name for table in points.values() for name in table[self.domain]))
        found = pd.concat(points.values())[self.classes].value_counts(sort=False)
        names = (
            sorted(found.nlargest(len(CLASS_COLOURS)).index) if len(found) > len(CLASS_COLOURS) else sorted(found.index)
        )
        colours = dict(zip(names, CLASS_COLOURS, strict=False))
        figure, grid = primitives.panels(len(points), len(domains), wide=True, share=False)
        figure.set_figheight(0.3 + 2.6 * len(points))
        rows = [grid[i : i + len(domains)] for i in range(0, len(grid), len(domains))]
        for row, (title, table) in zip(rows, points.items(), strict=True):
            for axes, (i, domain) in zip(row, enumerate(domains), strict=True):
                own = table[self.domain] == domain
                behind: dict[str, Any] = {"color": FAINT, "linewidths": 0}
                axes.scatter(table["x"][~own], table["y"][~own], s=6, marker="o", **behind)
                shades = [colours.get(name, OTHER_CLASSES) for name in table[self.classes][own]]
                marker = MARKERS[i % len(MARKERS)]
                axes.scatter(table["x"][own], table["y"][own], s=9, c=shades, marker=marker, linewidths=0)
                axes.set_title(f"{title}: {domain}" if title else str(domain), loc="left")
                axes.set(xticks=[], yticks=[])
            for axes in row[1:]:
                axes.set(xlim=row[0].get_xlim(), ylim=row[0].get_ylim())
        primitives.legend(figure, _classes_and_domains(colours, domains, len(found) > len(colours)), "upper")
        return figure


def _classes_and_domains(colours: Mapping[str, str], domains: Sequence[str], others: bool) -> dict[str, Any]:
    """What the legend has: a colour per class, a mark per domain."""
    from matplotlib.lines import Line2D

    def mark(colour: str, marker: str) -> Any:
        return Line2D([], [], color=colour, marker=marker, linestyle="", markersize=3.5)

    shown = {str(name): mark(colour, "o") for name, colour in colours.items()}
    marks = {f"{domain} (mark)": mark("0.4", MARKERS[i % len(MARKERS)]) for i, domain in enumerate(domains)}
    return shown | ({"other classes": mark(OTHER_CLASSES, "o")} if others else {}) | marks
