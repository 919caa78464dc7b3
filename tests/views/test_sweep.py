"""Sweeps: the mean over the pairs at each value of a label, on the axis that fits, beside what was published."""

from __future__ import annotations

from typing import Any

import pytest

from mtl_bench.results.table import ResultsError
from mtl_bench.study import Published
from mtl_bench.views.primitives import HOLLOW
from mtl_bench.views.sweep import Sweep
from tests.results.measured import PAPER, Maker, drawn, make_study, saved


def lines_of(figure: Any) -> dict[str, tuple[list[float], list[float]]]:
    """By colour of line, places and heights of the lines with more than one point that are no rules across."""
    [axes] = figure.axes
    found = [line for line in axes.lines if len(line.get_xdata()) > 1 and list(line.get_xdata()) != [0, 1]]
    return {line.get_color(): (list(line.get_xdata()), list(line.get_ydata())) for line in found}


def swept(maker: Maker, values: tuple[Any, ...] = (10, 30, 100)) -> None:
    for i, method in enumerate(("TCA", "PCA")):
        for j, dimension in enumerate(values):
            for k, target in enumerate(("photos", "sketches")):
                maker.cell([40 + 10 * i + j + 4 * k], method=method, dimension=dimension, target=target)


def test_a_line_is_the_mean_over_the_pairs_by_the_value_and_not_by_the_text(maker: Maker) -> None:
    swept(maker, (100, 9, 30))
    figure = drawn(Sweep("Dimension"), make_study(), maker.results())
    lines = list(lines_of(figure).values())
    assert len(lines) == 2
    assert all(places == [9, 30, 100] for places, _ in lines)
    assert sorted(heights for _, heights in lines) == [[43, 44, 42], [53, 54, 52]]


@pytest.mark.parametrize(("values", "scale"), [((10, 30, 100), "linear"), (("0.001", "1", "1000"), "log")])
def test_the_axis_is_logarithmic_where_the_values_span_decades(
    maker: Maker, values: tuple[Any, ...], scale: str
) -> None:
    swept(maker, values)
    figure: Any = drawn(Sweep("Sweep"), make_study(), maker.results())
    [axes] = figure.axes
    assert axes.get_xscale() == scale
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [f"{float(value):g}" for value in values]


def test_a_published_mean_is_a_dashed_line_and_a_black_edged_mark_where_it_stands(maker: Maker) -> None:
    swept(maker)
    published = tuple(
        Published(value, {"method": "TCA", "dimension": 30, "target": target}, "Table 2", PAPER)
        for target, value in (("photos", 44.0), ("sketches", 47.0))
    )
    figure: Any = drawn(Sweep("Dimension"), make_study(published=published), maker.results())
    [axes] = figure.axes
    marks = [(list(m.get_xdata()), list(m.get_ydata())) for m in axes.lines if m.get_gid() == "published"]
    assert marks == [([30], [45.5])]
    names = [text.get_text() for one in figure.legends for text in one.get_texts()]
    assert names == ["TCA", "PCA", HOLLOW, f"published TCA: {PAPER}, Table 2"]
    alone: Any = drawn(Sweep("Dimension"), make_study(published=published[:1]), maker.results())
    assert sum(len(one.get_texts()) for one in alone.legends) == 3, "the mean over one pair is not the mean over both"


def test_a_point_without_all_pairs_is_left_out(maker: Maker) -> None:
    swept(maker)
    maker.cell([99.0], method="TCA", dimension=70)
    figure = drawn(Sweep("Dimension"), make_study(), maker.results())
    assert all(places == [10, 30, 100] for places, _ in lines_of(figure).values())


def test_labels_that_are_no_numbers_are_refused_with_a_sentence(maker: Maker) -> None:
    swept(maker, (10, "all"))
    with pytest.raises(ResultsError, match="“Dimension” needs numbers along dimension, and a cell has 'all'"):
        drawn(Sweep("Dimension"), make_study(), maker.results())


@pytest.mark.slow
def test_without_cells_there_is_no_figure_and_with_them_the_same_bytes(maker: Maker) -> None:
    study = make_study(published=())
    maker.cell([1.0], method="TCA")
    assert not saved(Sweep("Dimension"), study, maker.results(), maker.folder / "figure")
    swept(maker)
    stems = [maker.folder / name for name in ("one", "two")]
    assert all(saved(Sweep("Dimension"), study, maker.results(), stem) for stem in stems)
    for ending in (".png", ".pdf"):
        one, two = (stem.with_suffix(ending).read_bytes() for stem in stems)
        assert one == two
