"""Contours: what the file holds at each point, on one scale, with the networks where they lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtl_bench.results.table import Results, ResultsError
from mtl_bench.trials.history import table
from mtl_bench.views.contours import Contours, levels_between
from mtl_bench.views.style import unit
from tests.results.measured import Maker, drawn, make_study

PLACES = [(0.0, 0.0), (1.0, 0.0), (0.25, 0.75)]
X, Y = np.linspace(-0.5, 1.5, 9), np.linspace(-0.5, 1.25, 8)


def plane(height: float = 1.0) -> list[dict[str, float]]:
    """A slope along x, `height` high, on which a value of y tells axes apart; the grid's rows in any order."""
    points = [
        {"x": float(x), "y": float(y), "train error": height * (x + 0.5) / 2 + 0.01 * y + 1, "train loss": 2.0}
        for x in X
        for y in Y[::-1]
    ]
    ends = [{"x": x, "y": y, "train error": 0.0, "network": i + 1.0} for i, (x, y) in enumerate(PLACES)]
    return [*points, *ends]


def mapped(maker: Maker, heights: dict[str, float], seeds: int = 1) -> Results:
    for pair in heights:
        maker.cell([1.0] * seeds, metric="plane.csv", pair=pair)
    results = maker.results()
    for row in results.rows.to_dict("records"):
        keep(results, row["key"], plane(heights[row["pair"]] * (1 if row["seed"] == 200 else 100)))
    return results


def keep(results: Results, key: str, rows: Any) -> None:
    path = results.kept(key, "plane.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(table(rows, 9), encoding="utf-8")


def heights_along_lines(axes: Any) -> list[tuple[float, Any]]:
    """Each level with the points that its line goes through."""
    [filled, lines] = axes.collections
    assert list(filled.levels) == list(lines.levels)
    return [
        (level, path.vertices)
        for level, path in zip(lines.levels, lines.get_paths(), strict=True)
        if len(path.vertices)
    ]


def test_lines_go_where_the_file_is_as_high_as_they_say(maker: Maker) -> None:
    figure: Any = drawn(Contours("Basin"), make_study(), mapped(maker, {"a": 40.0}))
    axes, scale = figure.axes
    found = heights_along_lines(axes)
    assert len(found) > 3
    for level, points in found:
        assert np.allclose(40 * (points[:, 0] + 0.5) / 2 + 0.01 * points[:, 1] + 1, level)
    assert axes.get_aspect() == 1
    assert scale.get_ylabel() == unit("train error")


def test_networks_are_marked_where_they_lie_and_named(maker: Maker) -> None:
    names = ("one", "other", "pre-trained")
    figure: Any = drawn(Contours("Basin", names=names), make_study(), mapped(maker, {"a": 40.0}))
    axes = figure.axes[0]
    [marks] = axes.lines
    assert [tuple(place) for place in marks.get_xydata()] == PLACES
    assert {text.get_text(): text.xy for text in axes.texts} == dict(zip(names, PLACES, strict=True))
    assert axes.get_xlabel() == "from one to other"


def test_a_panel_per_pair_of_the_first_seed_on_one_scale(maker: Maker) -> None:
    results = mapped(maker, {"low": 10.0, "high": 80.0}, seeds=3)
    results.rows = results.rows.iloc[::-1].reset_index(drop=True)
    figure: Any = drawn(Contours("Basin"), make_study(), results)
    low, high, _ = figure.axes
    assert [axes.get_title(loc="left") for axes in (low, high)] == ["high", "low"]
    levels = [list(axes.collections[0].levels) for axes in (low, high)]
    assert levels[0] == levels[1] and levels[0][0] <= 1 and 81 <= levels[0][-1] <= 100, "of seed 200 alone"
    assert "the first seed alone" in Contours.reading


def test_a_value_that_is_the_same_everywhere_has_a_map(maker: Maker) -> None:
    assert drawn(Contours("Basin", value="train loss"), make_study(), mapped(maker, {"a": 1.0})) is not None


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 88.0), (3.2, 3.3), (5.0, 5.0), (0.0, 0.0), (-2.0, 7.0), (0.003, 11.0), (1.0, 1000.0)]
)
def test_levels_hold_all_values_in_few_round_steps(low: float, high: float) -> None:
    levels = levels_between(low, high)
    assert levels == sorted(set(levels)) and 2 <= len(levels) <= 16
    assert levels[0] <= low and levels[-1] >= high
    assert levels[1] > low and (levels[-2] < high or len(levels) == 2), "none is in vain"
    if low > 0 and high >= 100 * low:
        assert {round(level / 10 ** np.floor(np.log10(level) + 1e-9), 6) for level in levels} <= {1, 2, 5}


@pytest.mark.parametrize(
    "rows",
    [
        plane()[:-1],
        plane()[1:],
        [*plane()[:3], *plane()[:3], *plane()[3:]],
        plane()[-3:],
        [*plane()[:-1], {**plane()[-1], "x": float("inf")}],
        [{**plane()[0], "train error": float("nan")}, *plane()[1:]],
    ],
    ids=["two networks", "a gap", "a point twice", "no grid", "a network nowhere", "no number"],
)
def test_what_is_no_plane_is_one_sentence(maker: Maker, rows: Any) -> None:
    results = mapped(maker, {"a": 1.0})
    keep(results, results.rows["key"].iloc[0], rows)
    with pytest.raises(ResultsError, match=r"plane\.csv is of another form; a plane has each point of a grid once"):
        drawn(Contours("Basin"), make_study(), results)


def test_a_column_that_is_not_there_is_named(maker: Maker) -> None:
    with pytest.raises(ResultsError, match="“Basin” asks for test error"):
        drawn(Contours("Basin", value="test error"), make_study(), mapped(maker, {"a": 1.0}))


def test_without_files_there_is_no_figure(maker: Maker) -> None:
    maker.cell([1.0], metric="plane.csv", pair="a")
    assert drawn(Contours("Basin"), make_study(), maker.results()) is None


def test_a_network_far_away_makes_no_tower(maker: Maker) -> None:
    results = mapped(maker, {"a": 1.0})
    key = results.rows["key"].iloc[0]
    kept = pd.read_csv(results.kept(key, "plane.csv"))
    kept["y"] *= 20
    kept.to_csv(results.kept(key, "plane.csv"), index=False)
    figure: Any = drawn(Contours("Basin"), make_study(), results)
    assert figure.get_figheight() < 2 * figure.get_figwidth()
