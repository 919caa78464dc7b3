"""What is drawn over pairs of domains and over data sets: scatters, rank correlations, panels, regret."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from mtl_bench.results.frame import Frame
from mtl_bench.statistics.rank_correlation import rank_correlation
from mtl_bench.views.gains import Gains, Over
from mtl_bench.views.rank_correlations import RankCorrelations
from mtl_bench.views.ranking import Ranking
from mtl_bench.views.scatter import ScatterPlot
from mtl_bench.views.timeline import Timeline
from tests.results.measured import Maker, drawn, frame_of, make_study

PLACES = [("near", pair) for pair in permutations("abcd", 2)] + [("far", pair) for pair in permutations("ef", 2)]


def measured(maker: Maker) -> tuple[list[float], list[float]]:
    """A distance without seeds and a loss of two, on each pair; their values in the order of `PLACES`."""
    random = np.random.default_rng(3)
    x, y = random.normal(size=(2, len(PLACES))).round(3)
    for (data, (source, target)), distance, loss in zip(PLACES, x, y, strict=True):
        place: dict[str, Any] = {"data": data, "source": source, "target": target}
        maker.cell([float(distance)], metric="mmd", method="", **place)
        maker.cell([float(loss) - 1, float(loss) + 1], metric="loss", method="source only", **place)
    return x.tolist(), y.tolist()


def test_a_scatter_has_each_pair_of_domains_at_its_distance_and_its_mean_loss(maker: Maker) -> None:
    x, y = measured(maker)
    figure = drawn(ScatterPlot("Loss", x=("mmd", "absent"), y="loss"), make_study(), maker.results())
    assert figure is not None
    axes: Any = figure.axes[0]
    assert len(figure.axes) == 1
    shown = {tuple(point) for points in axes.collections for point in np.round(points.get_offsets(), 3).tolist()}
    assert shown == set(zip(x, np.round(y, 3).tolist(), strict=True))
    assert [len(points.get_offsets()) for points in axes.collections] == [12, 2]
    assert axes.get_title(loc="left").startswith("squared MMD: ")


def test_the_table_has_the_correlation_over_all_pairs_and_within_each_data_set(maker: Maker) -> None:
    x, y = measured(maker)
    table = drawn(RankCorrelations("Loss", x=("mmd",), y="loss"), make_study(), maker.results())
    [row] = table.numbers.to_dict("records")
    groups, pairs = zip(*PLACES, strict=True)
    assert row["over all pairs"] == pytest.approx(spearmanr(x, y).statistic, abs=1e-6)
    assert row["correlation"] == pytest.approx(rank_correlation(pairs, x, y, groups).value, abs=1e-6)
    assert row["near"] == pytest.approx(spearmanr(x[:12], y[:12]).statistic, abs=1e-6)
    assert (row["pairs"], row["domains"]) == (14, 6)
    assert row["low"] < row["correlation"] < row["high"]
    assert table.text.iloc[0]["above 0"] == ("yes" if row["low"] > 0 else "not shown")


def test_a_timeline_of_several_data_sets_has_a_panel_each_with_the_same_methods(maker: Maker) -> None:
    for data, accuracy in (("near", 80.0), ("far", 20.0)):
        maker.cell([accuracy], method="DANN", data=data)
        maker.cell([accuracy - 5], method="source only", data=data)
    maker.cell([70.0], method="TCA", data="near")
    years = {"TCA": 2011, "DANN": 2015}
    figure = drawn(Timeline("Years", years=years, marks="", panels="data"), make_study(published=()), maker.results())
    assert figure is not None
    panels: Any = figure.axes
    assert {axes.get_title(loc="left") for axes in panels} == {"near", "far"}
    assert [label.get_text() for label in panels[-1].get_xticklabels()] == ["source only", "TCA (2011)", "DANN (2015)"]
    heights = {
        axes.get_title(loc="left"): sorted(y for p in axes.collections for _, y in p.get_offsets()) for axes in panels
    }
    assert {name: max(found) for name, found in heights.items()} == {"near": 80.0, "far": 20.0}


def test_regret_is_a_mean_over_all_that_a_column_holds(maker: Maker) -> None:
    for data, method, lost in (("near", "A", 2.0), ("near", "B", 4.0), ("far", "A", 9.0)):
        maker.cell([50.0, 60.0], data=data, method=method, selection="oracle")
        maker.cell([50.0 - lost, 60.0 - lost], data=data, method=method, selection="last")
    table = drawn(Ranking("Rules", columns="data"), make_study(), maker.results())
    [row] = table.numbers.to_dict("records")
    assert (row["near"], row["far"]) == (3.0, 9.0)
    assert table.text.iloc[0]["mean"] == "−6.0"


def test_gains_stand_over_the_baseline_of_the_same_pair_by_the_seeds_that_both_have(maker: Maker) -> None:
    for i, (data, (source, target)) in enumerate(PLACES):
        place: dict[str, Any] = {"data": data, "source": source, "target": target}
        maker.cell([50.0 + i, 60.0 + i], method="source only", **place)
        maker.cell([52.0 + i, 66.0 + i, 0.0], method="DANN", **place)  # nobody has the baseline of the third seed
        maker.cell([90.0], first=207, method="MMD", **place)  # nor of this one
    figure = drawn(Gains("Gains", methods=("DANN", "MMD")), make_study(), maker.results())
    assert figure is not None
    [axes] = figure.axes
    shown: Any = axes.collections
    assert [sorted(points.get_offsets().tolist()) for points in shown] == [
        [[55.0 + i, 4.0] for i in range(12)],
        [[55.0 + i, 4.0] for i in range(12, 14)],
    ]
    assert axes.get_title(loc="left") == "DANN: +4.0"


def test_gains_over_a_baseline_of_ones_own_leave_out_means_over_pairs(maker: Maker) -> None:
    for value, method in ((50.0, "PCA"), (53.0, "TCA")):
        maker.cell([value], method=method, source="photos", target="sketches")
        maker.cell([value + 9], method=method, source="each", target="each other")
    study, results = make_study(), maker.results()
    cells = [replace(cell, pooled=cell.labels["source"] == "each") for cell in frame_of(study, results).cells]
    over_pca = Over("TCA", {"method": "TCA"}, {"method": "PCA"})
    figure = Gains("Gains", methods=(over_pca,)).draw(Frame.of(study, results, cells))
    assert figure is not None
    points: Any = figure.axes[0].collections
    assert [one.get_offsets().tolist() for one in points] == [[[50.0, 3.0]]]
