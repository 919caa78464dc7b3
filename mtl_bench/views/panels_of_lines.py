"""The panels of lines over a layer: all in one, or one each where they are many, with the paper's beside or below."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from mtl_bench.views import primitives
from mtl_bench.views.style import TWO_COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOGETHER = 2  # lines of one panel, beside references: bands of more hide each other
IN_A_ROW = 4
EXTRA_HEIGHT = 0.45  # inches more than other panels have: lines here lie a point apart
LETTERS_PER_INCH = 15  # of a title


@dataclass(frozen=True)
class PanelsOfLines:
    """Which panels a line is drawn in; lines are named by their numbers, panels lie row by row."""

    figure: Figure
    axes: list[Axes]
    shown: tuple[int, ...]  # the lines that are no references
    references: tuple[int, ...]  # in every panel
    rows: list[tuple[list[Axes], list[Axes]]]  # of panels: measured, and published where that is context only
    titles: Sequence[str]

    @classmethod
    def made(cls, shown: Sequence[int], references: Collection[int], beside: bool, titles: Sequence[str]) -> Self:
        """The panels of the lines `shown`; `beside` asks for some for what a paper printed."""
        own = tuple(i for i in shown if i not in references)
        crossing = tuple(i for i in shown if i in references)
        if len(own) <= TOGETHER:
            figure, grid = primitives.panels(1, 1 + beside, wide=len(shown) > TOGETHER, share=False)
            figure.set_figheight(figure.get_figheight() + EXTRA_HEIGHT)
            return cls(figure, grid, own, crossing, [([grid[0]], grid[1:])], titles)
        columns = min(IN_A_ROW, len(own))
        blocks, deep = -(-len(own) // columns), 1 + beside
        figure, grid = primitives.panels(blocks * deep, columns, wide=True, share=False)
        lines = [grid[i : i + columns] for i in range(0, len(grid), columns)]
        rows = [(lines[i], lines[i + 1] if beside else []) for i in range(0, len(lines), deep)]
        for measured, published in rows[-1:]:
            unused = blocks * columns - len(own)
            for part in (measured, published):
                primitives.hide_rest(part, len(part) - unused)
                del part[len(part) - unused :]
        return cls(figure, [axes for row in rows for part in row for axes in part], own, crossing, rows, titles)

    @property
    def many(self) -> bool:
        return len(self.shown) > TOGETHER

    @property
    def cites(self) -> bool:
        """Whether a title says where published lines are from."""
        return not self.many and bool(self.rows[0][1])

    @property
    def last(self) -> list[Axes]:
        """The last panel of each row."""
        return [part[-1] for row in self.rows for part in row if part]

    def measured(self, line: int) -> list[Axes]:
        """Where a line is drawn as measured."""
        return self._of(line, [axes for row, _ in self.rows for axes in row])

    def published(self, line: int) -> list[Axes]:
        """Where a line is drawn as published: where it is measured, if that is compared with it."""
        return self._of(
            line, [axes for _, row in self.rows for axes in row] or [axes for row, _ in self.rows for axes in row]
        )

    def _of(self, line: int, panels: Sequence[Axes]) -> list[Axes]:
        if line in self.references:
            return list(panels)
        return [panels[self.shown.index(line) if self.many else 0]]

    def place(self, line: int) -> tuple[int, int]:
        """Of a line its place among those of its panel, and how many these are."""
        if not self.many:
            alike = sorted((*self.references, *self.shown))
            return alike.index(line), len(alike)
        place = self.references.index(line) if line in self.references else len(self.references)
        return place, len(self.references) + 1

    def in_legend(self, line: int) -> bool:
        """Whether no panel's title names it."""
        return not self.many or line in self.references

    def finish(self, cited: str, difference: bool, unit: str) -> None:
        """Titles, and axes that span the same number of points; differences, which share their zero, the same ones."""
        self._limit(difference)
        if not self.many:
            [(measured, published)] = self.rows
            for axes in (*measured, *published):
                axes.set_ylabel(unit)
            if published:
                measured[0].set_title("measured", loc="left")
                published[0].set_title(self._filled(cited, 2), loc="left")
            return
        titles = iter(self.titles[line] for line in self.shown)
        for measured, published in self.rows:
            for axes in measured:
                axes.set_title(
                    "\n".join(self._filled(text, len(measured)) for text in next(titles).splitlines()), loc="left"
                )
                axes.set_xlabel("" if published else axes.get_xlabel())
            for what, part in (("measured", measured), ("published", published)):
                for axes in part[:1]:
                    axes.set_ylabel(textwrap.fill(f"{what}: {unit}" if published else unit, 24))
                for axes in part[1:]:
                    axes.tick_params(labelleft=False)

    def _filled(self, text: str, columns: int) -> str:
        return textwrap.fill(text, round(TWO_COLUMNS / columns * LETTERS_PER_INCH), break_on_hyphens=False)

    def _limit(self, difference: bool) -> None:
        parts = [[axes for row in self.rows for axes in row[which]] for which in (0, 1)]
        ends = np.array([_limits(part) for part in parts if part])
        if difference:
            ends[:] = ends[:, 0].min(), ends[:, 1].max()
        else:
            middle, span = ends.mean(1), np.diff(ends).max()
            low = np.where(ends[:, 0] >= 0, np.maximum(middle - span / 2, 0), middle - span / 2)
            ends = np.stack([low, low + span], 1)
        for part, (low, high) in zip(filter(None, parts), ends, strict=True):
            for axes in part:
                axes.set_ylim(low, high)


def _limits(panels: Sequence[Axes]) -> tuple[float, float]:
    ends: Any = [axes.get_ylim() for axes in panels]
    return min(low for low, _ in ends), max(high for _, high in ends)


def step_of(places: Sequence[float]) -> float:
    """The distance between neighbouring places."""
    return float(np.diff(places).min()) if len(places) > 1 else 1.0
