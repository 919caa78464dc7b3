"""Points in the plane, such as an embedding of features: a panel per cell, a colour and a marker per group."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_columns_of
from mtl_bench.study import Labels
from mtl_bench.views import primitives

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3


@dataclass(frozen=True)
class Points:
    """Points in the plane from the file that each cell names, a panel per cell; of several seeds the first."""

    reading: ClassVar[str] = "Each point is an image's features of one run; distances between far groups mean nothing."

    title: str
    panels: str = "method"  # the label that tells the panels apart
    colour: str = "domain"  # a column of the file, beside x and y
    file: str = "embedding.csv"  # the artifact of the cells that are drawn
    where: Labels = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file,)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold no file for it."""
        cells = frame.holding(self.file, self.where)
        paths = {cell.labels.get(self.panels, ""): frame.results.kept(cell.keys[0], self.file) for cell in cells}
        points = {
            title: read_columns_of(path, self.title, ("x", "y"), (self.colour,))
            for title, path in paths.items()
            if path.exists()
        }
        if not points:
            return None
        columns = 2 if len(points) == 4 else min(COLUMNS, len(points))
        figure, grid = primitives.panels(-(-len(points) // columns), columns, wide=columns > 1, share=False)
        handles: dict[str, Any] = {}
        for axes, (title, table) in zip(grid, points.items(), strict=False):
            for i, (name, group) in enumerate(table.groupby(self.colour)):
                handles[str(name)] = primitives.points(axes, group["x"], group["y"], i)
            axes.set_title(title, loc="left")
            axes.set(xticks=[], yticks=[])  # an embedding has no units
        primitives.hide_rest(grid, len(points))
        primitives.legend(figure, handles, "upper")
        return figure
