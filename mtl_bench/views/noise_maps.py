"""Noise maps: how much a network errs with one stage somewhere on its way and blurred, stage by stage."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_columns_of
from mtl_bench.study import Labels
from mtl_bench.views import primitives
from mtl_bench.views.kept_files import first_files, wrong
from mtl_bench.views.style import LETTERS_PER_INCH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLACE = ("stage", "place", "noise")
MAP_HEIGHT, AROUND = 0.85, 0.6  # inches of a map, and of titles and numbers around all of them
NAMED = 6  # numbers beside a map
LETTERS = 16  # of a line beside it
ALONG, ERROR = "from the start to the end of training", "error (%)"


@dataclass(frozen=True)
class NoiseMaps:
    """A small map per stage, and a row of them per value of the label `panels`, of the first seed alone.

    The file has a row per stage (from 0), place on its way (a share or a step), noise level, and error in percent.
    """

    reading: ClassVar[str] = (
        "One stage of the network stands somewhere on its way from the start (left) to the end of training (right), "
        "with noise added, more upwards, while all others stay as trained; of the first seed alone. Darker is more "
        "error: a stage whose map stays light bears being set back or blurred."
    )

    title: str
    panels: str = "network"  # the label whose values have rows of their own
    where: Labels = field(default_factory=dict)
    file: str = "map.csv"
    stages: tuple[str, ...] = ()  # their names, in order; otherwise stage 1, stage 2, …

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file,)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold no file for it. Raises ResultsError for two in one row."""
        found = first_files(self.panels, frame, self.file, self.where, self.title)
        if not found:
            return None
        maps = {title: self._maps(path) for title, path in found.items()}
        stages = sorted({stage for own in maps.values() for stage in own})
        errors = [one.to_numpy() for own in maps.values() for one in own.values()]
        low, high = min(float(one.min()) for one in errors), max(float(one.max()) for one in errors)
        figure, grid = primitives.panels(len(maps), len(stages), wide=True, share=False)
        figure.set_figheight(AROUND + MAP_HEIGHT * len(maps))
        letters = LETTERS_PER_INCH * (figure.get_figwidth() - 2 * AROUND) / len(stages)
        alike = len({tuple(one.columns) for own in maps.values() for one in own.values()}) == 1
        for axes, (title, stage) in zip(grid, product(maps, stages), strict=True):
            if stage not in maps[title]:
                axes.set_visible(False)
                continue
            column = [other for other, own in maps.items() if stage in own]  # downwards
            first, values = stage == min(maps[title]), maps[title][stage]
            rows = written([*values.index], NAMED) if first else [""] * len(values)
            longest = max(len(f"{place:g}") for place in values.columns)
            places = written([*values.columns], int(letters / (longest + 2)))
            columns = places if title == column[-1] or not alike else [""] * len(places)
            drawn = primitives.squares(axes, values.to_numpy(), rows, columns, low, high, {}, slanted=False)
            axes.set_title(self._name(stage) if title == column[0] else "", loc="left")
            axes.set_ylabel(f"{textwrap.fill(title, LETTERS)}\nnoise".strip() if first else "")
        figure.supxlabel(ALONG, fontsize="medium")
        primitives.colour_bar(figure, drawn, grid, ERROR)
        return figure

    def _name(self, stage: int) -> str:
        return self.stages[stage] if stage < len(self.stages) else f"stage {stage + 1}"

    def _maps(self, path: Path) -> dict[int, pd.DataFrame]:
        """Of each stage the errors, the highest noise first, by noise and place. Raises ResultsError for gaps."""
        table = read_columns_of(path, self.title, (*PLACE, "error"))
        place = table[[*PLACE]]
        whole = len(table) == math.prod(place.nunique()) and not place.duplicated().any()
        numbered = ((table["stage"] >= 0) & (table["stage"] % 1 == 0)).all()
        if not len(table) or not np.isfinite(table.to_numpy(float)).all() or not whole or not numbered:
            raise wrong(path, "maps have the error of each stage, 0, 1, …, once at each place with each noise")
        return {
            int(number): table[table["stage"] == number]
            .pivot(index="noise", columns="place", values="error")
            .sort_index(ascending=False)
            for number in sorted(set(table["stage"]))
        }


def written(values: Sequence[float], most: int) -> list[str]:
    """The values as text, so many of them and both ends at least, and "" for those between."""
    texts = [f"{value:g}" for value in values]
    kept = np.linspace(0, len(texts) - 1, min(max(2, most), len(texts))).round()
    return [text if i in kept else "" for i, text in enumerate(texts)]
