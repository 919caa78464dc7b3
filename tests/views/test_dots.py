"""Sorted dots: a row per cell, the highest mean first, and hollow where runs are few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection

from mtl_bench.results.table import Results
from mtl_bench.study import Published, Study
from mtl_bench.views.bars import Bars
from mtl_bench.views.dots import Dots
from mtl_bench.views.gains import Gains
from mtl_bench.views.mean_ranks import MeanRanks
from mtl_bench.views.primitives import HOLLOW
from mtl_bench.views.timeline import Timeline
from tests.results.measured import METHODS, PAPER, Maker, drawn, make_study


def named(figure: Any) -> list[str]:
    return [text.get_text() for one in figure.legends for text in one.get_texts()]


def test_rows_are_sorted_means_with_their_spread_runs_and_published_values(quick: tuple[Study, Results]) -> None:
    study, results = quick
    figure: Any = drawn(Dots("Accuracy"), study, results)
    [axes] = figure.axes
    means = results.rows.groupby("method")["value"].mean().sort_values(ascending=False)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(means.index)
    scattered: list[Any] = [part for part in axes.collections if isinstance(part, PathCollection)]
    large = [part.get_offsets()[0].tolist() for part in scattered if len(part.get_offsets()) == 1]
    assert np.allclose(large, [(mean, place) for place, mean in enumerate(means)])
    spreads = [part.get_segments()[0] for part in axes.collections if isinstance(part, LineCollection)]
    sds = results.rows.groupby("method")["value"].std()
    for name, (left, right) in zip(means.index, spreads, strict=True):
        assert (left[0], right[0]) == pytest.approx((means[name] - sds[name], means[name] + sds[name]))
    [published] = axes.lines
    assert sorted(published.get_xdata()) == [52.25, 76.66, 95.96]
    assert named(figure) == [f"published: {PAPER}, Table 2"]


def test_a_row_says_what_else_tells_it_apart_and_context_is_grey(maker: Maker) -> None:
    for dimension in (10, 30):
        maker.cell([40.0 + dimension] * 3, method="TCA", dimension=dimension)
    number = Published(50.0, {"method": "TCA", "dimension": 30}, "Table 2", PAPER, context="other data")
    figure: Any = drawn(Dots("Accuracy"), make_study(published=(number,)), maker.results())
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["TCA, dimension 30", "TCA, dimension 10"]
    [published] = axes.lines
    assert (published.get_color(), list(published.get_ydata())) == ("0.55", [0])


@pytest.mark.parametrize(
    "view",
    [
        Dots("A"),
        Bars("A"),
        Timeline("A", years={"DANN": 2015, "train on target": 2000}, marks=""),
        MeanRanks("A"),
        Gains("A", methods=("DANN",)),
    ],
    ids=lambda view: type(view).__name__,
)
@pytest.mark.parametrize("runs", [2, 3])
def test_marks_of_fewer_than_three_runs_are_hollow_and_said_to_be(maker: Maker, view: Any, runs: int) -> None:
    for method, mean in METHODS.items():
        maker.cell([mean + i for i in range(runs)], method=method)
    figure: Any = drawn(view, make_study(published=()), maker.results())
    assert (HOLLOW in named(figure)) == (runs < 3)
    axes: Any = figure.axes[0]
    scattered: list[Any] = [part.get_facecolor() for part in axes.collections if isinstance(part, PathCollection)]
    bars: list[Any] = [bar.get_facecolor() for bar in axes.patches]
    faces = [tuple(face) for part in (*scattered, bars) for face in part]
    assert ((1.0, 1.0, 1.0, 1.0) in faces) == (runs < 3)
