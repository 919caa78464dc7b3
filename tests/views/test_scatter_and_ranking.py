"""The scatter of an embedding and the ranking of selection rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mtl_bench.views.points import Points
from mtl_bench.views.ranking import Ranking
from tests.results.measured import Maker, drawn, make_study, saved


def test_a_scatter_shows_every_point_of_each_methods_first_seed(maker: Maker) -> None:
    for method in ("source only", "DANN"):
        maker.cell([1.0, 2.0], metric="embedding.csv", method=method)
    results = maker.results()
    random = np.random.default_rng(0)
    for key in results.rows["key"]:
        frame = pd.DataFrame(random.normal(size=(40, 2)), columns=["x", "y"])
        results.kept(key, "x").parent.mkdir(parents=True, exist_ok=True)
        frame.assign(domain=["source"] * 15 + ["target"] * 25).to_csv(results.kept(key, "embedding.csv"), index=False)
    figure = drawn(Points("Features"), make_study(), results)
    assert figure is not None
    shown: Any = figure.axes
    assert [axes.get_title(loc="left") for axes in shown] == ["source only", "DANN"]
    assert [[len(points.get_offsets()) for points in axes.collections] for axes in shown] == [[15, 25], [15, 25]]
    first = pd.read_csv(results.kept(results.rows["key"].iloc[0], "embedding.csv"))
    assert np.allclose(np.asarray(shown[0].collections[0].get_offsets()), first[["x", "y"]].to_numpy()[:15])


def test_without_a_kept_file_there_is_no_figure(maker: Maker) -> None:
    maker.cell([1.0], metric="embedding.csv", method="DANN")
    assert not saved(Points("Features"), make_study(), maker.results(), maker.folder / "figure")


def test_rules_are_ranked_by_their_mean_loss_against_the_oracle_seed_by_seed(maker: Maker) -> None:
    for method, oracle in (("A", [50.0, 60.0]), ("B", [70.0, 70.0])):
        maker.cell(oracle, method=method, selection="oracle")
        maker.cell([value - 5 for value in oracle], method=method, selection="last")
        maker.cell([oracle[0] - 2, oracle[1] + 1], method=method, selection="entropy")
    maker.cell([0.0, 0.0], method="A", selection="only for A")
    table = drawn(Ranking("Rules"), make_study(), maker.results())
    assert list(table.numbers["selection"]) == ["entropy", "last"]  # a rule without all columns has no comparable mean
    assert table.numbers[["A", "B"]].to_numpy().tolist() == [[0.5, 0.5], [5.0, 5.0]]
    assert list(table.text["mean"]) == ["−0.5", "−5.0"]
