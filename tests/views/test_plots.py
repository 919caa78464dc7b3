"""Figures: they show every cell, in print sizes, with fonts embedded, and refuse what the results do not hold."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import Published, Study
from mtl_bench.views.bars import Bars
from mtl_bench.views.curves import Curves
from mtl_bench.views.style import COLOURS, DASHES, HATCHES, MARKERS
from tests.results.measured import METHODS, PAPER, Maker, drawn, keep_items_and_curves, make_study, saved


def test_bars_are_means_with_seeds_spread_and_published_values(quick: tuple[Study, Results]) -> None:
    study, results = quick
    axes: Any = drawn(Bars("Accuracy"), study, results).axes[0]
    means = results.rows.groupby("method")["value"].mean()
    assert [bar.get_height() for bar in axes.patches] == pytest.approx([means[m] for m in METHODS])
    assert [label.get_text().replace("\n", " ") for label in axes.get_xticklabels()] == list(METHODS)
    seeds = {round(float(y), 6) for line in axes.get_lines() if line.get_marker() == "o" for y in line.get_ydata()}
    assert seeds == set(results.rows["value"])
    published = {float(y) for line in axes.get_lines() if line.get_color() == "black" for y in line.get_ydata()}
    assert {52.25, 76.66, 95.96} <= published


def test_bars_of_other_labels_form_clusters(maker: Maker) -> None:
    for source, target in (("a", "b"), ("b", "a"), ("c", "a")):
        for method in METHODS:
            maker.cell([40.0, 41.0], method=method, source=source, target=target)
    figure = drawn(Bars("Accuracy"), make_study(published=()), maker.results())
    axes: Any = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a → b", "b → a", "c → a"]
    assert len(axes.patches) == 9
    edges = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches)
    assert all(left[1] <= right[0] + 1e-9 for left, right in pairwise(edges))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(METHODS)


def test_curves_are_means_over_seeds_of_the_kept_files(maker: Maker) -> None:
    maker.cell([40.0, 42.0], method="DANN")
    results = maker.results()
    for key, end in zip(results.rows["key"], (40.0, 42.0), strict=True):
        maker.keep(results, key, curve={"step": [10, 20], "accuracy": [end / 2, end]})
    [axes] = drawn(Curves("Training", y="accuracy"), make_study(chance=None), results).axes
    line, hollow = axes.get_lines()
    assert (hollow.get_gid(), hollow.get_markerfacecolor()) == ("hollow", "white"), "two seeds"
    assert not axes.collections, "of which there is no band"
    assert np.allclose(np.asarray(line.get_xydata()), np.array([[10, 20.5], [20, 41]]))


@pytest.mark.parametrize(("first", "start"), [(-0.5, -0.5), (0.0, 0.0), (10.0, 0.0)])
def test_the_axis_of_curves_starts_at_0_or_at_what_lies_below(maker: Maker, first: float, start: float) -> None:
    places = [first, first + 1, first + 2]
    for pair in ("same", "other"):
        maker.cell([1.0], metric="error barrier", pair=pair)
    results = maker.results()
    for key, shift in zip(results.rows["key"], (0.0, 0.25), strict=True):
        maker.keep(results, key, curve={"w": [w + shift for w in places], "error": [3.0, 2.0, 1.0]})
    view = Curves("Line", x="w", y="error", lines="pair")
    [axes] = drawn(view, make_study(chance=None), results).axes
    assert axes.get_xlim()[0] == start
    assert axes.get_xlim()[1] >= first + 2.25


def test_a_view_of_what_is_not_there(quick: tuple[Study, Results], maker: Maker, tmp_path: Path) -> None:
    study, results = quick
    with pytest.raises(ResultsError, match="“Training” asks for loss"):
        drawn(Curves("Training", y="loss"), study, results)
    assert not saved(Curves("Training", y="accuracy", file="never.csv"), study, results, tmp_path / "none")
    assert not saved(Bars("None", where={"method": "never run"}), study, results, tmp_path / "none")


@pytest.mark.slow
def test_files_are_made_for_print(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study, results = quick
    assert saved(Bars("Accuracy"), study, results, tmp_path / "figure-1")
    with Image.open(tmp_path / "figure-1.png") as image:
        assert image.width == round(3.3 * 200)
    pdf = (tmp_path / "figure-1.pdf").read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert not re.search(rb"/(CreationDate|Producer|Creator)", pdf)
    width = float(re.search(rb"/MediaBox \[ ?0 0 ([\d.]+)", pdf)[1])  # type: ignore[index]
    assert width == pytest.approx(3.3 * 72)


@pytest.mark.slow
def test_many_bars_or_panels_take_two_columns_and_more_rows(maker: Maker, tmp_path: Path) -> None:
    for target in "abcdefg":
        for method in (*METHODS, "MCD", "DSN", "ADDA"):
            maker.cell([40.0, 41.0], method=method, target=target)
    results = maker.results()
    keep_items_and_curves(maker, results)
    study = make_study(published=(Published(60.0, {"method": "DANN"}, "Table 2", PAPER),))
    bars = drawn(Bars("Accuracy"), study, results)
    assert bars.get_figwidth() == 6.9
    assert len(bars.axes) == 2
    assert sum(len(axes.patches) for axes in bars.axes) == 42
    curves = drawn(Curves("Training", y="accuracy"), study, results)
    assert len([axes for axes in curves.axes if axes.get_visible()]) == 7


def test_colours_can_be_told_apart_in_grey_or_by_pattern() -> None:
    def grey(colour: str) -> float:
        red, green, blue = to_rgb(colour)
        return 0.299 * red + 0.587 * green + 0.114 * blue

    assert all(abs(grey(a) - grey(b)) > 0.08 for a, b in pairwise(COLOURS))
    for patterns in (HATCHES, MARKERS):
        pairs = [(COLOURS[i % len(COLOURS)], patterns[i % len(patterns)]) for i in range(20)]
        assert len(set(pairs)) == 20
    assert len(set(map(str, DASHES))) == len(DASHES)
