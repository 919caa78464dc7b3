"""Heat maps, mean ranks, and the marks that a method keeps over all figures."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata

from mtl_bench.results.table import ResultsError
from mtl_bench.views.heat_map import HeatMap
from mtl_bench.views.mean_ranks import MeanRanks
from mtl_bench.views.style import COLOURS, HATCHES, MARKERS, METHODS, places_of
from tests.results.measured import Maker, drawn, frame_of, make_study

PAIRS = list(permutations("abc", 2))


def test_a_heat_map_has_each_pair_on_its_square(maker: Maker) -> None:
    for i, (source, target) in enumerate(PAIRS):
        maker.cell([float(i), i + 2.0], method="DANN", source=source, target=target)
    figure = drawn(HeatMap("Map", where={"method": "DANN"}), make_study(), maker.results())
    assert figure is not None
    [axes] = figure.axes
    shown: Any = np.asarray(axes.images[0].get_array().filled(np.nan))
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names == [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    for i, (source, target) in enumerate(PAIRS):
        assert shown[names.index(source), names.index(target)] == i + 1
    assert np.isnan(np.diag(shown)).all()
    assert {text.get_text() for text in axes.texts} == {f"{i + 1.0:.1f}" for i in range(6)}


def test_two_cells_on_one_square_are_refused(maker: Maker) -> None:
    for method in ("DANN", "DAN"):
        maker.cell([1.0], method=method, source="a", target="b")
    with pytest.raises(ResultsError, match="“Map” has two cells of a → b"):
        drawn(HeatMap("Map"), make_study(), maker.results())


def test_mean_ranks_are_means_over_pairs_of_the_ranks_on_each(maker: Maker) -> None:
    methods = ["DANN", "DAN", "MMD", "CMD", "JAN"]
    values = np.random.default_rng(2).integers(40, 60, (len(PAIRS), 5, 2)).astype(float)  # with ties
    for (source, target), pair in zip(PAIRS, values, strict=True):
        for method, seeds in zip(methods, pair, strict=True):
            maker.cell([*seeds, 99.0][: 2 + (method == "DAN")], method=method, source=source, target=target)
        maker.cell([99.0, 99.0], method="train on target", source=source, target=target)  # a ceiling
    maker.cell([99.0, 99.0], method="ADDA", source="a", target="b")  # without all pairs
    ranks = MeanRanks("Ranks").ranks(frame_of(make_study(), maker.results()))
    assert ranks is not None
    expected = np.array([[rankdata(-pair[:, seed]) for pair in values] for seed in range(2)]).mean(1)
    assert np.allclose(ranks[methods].to_numpy(), expected)
    figure = drawn(MeanRanks("Ranks"), make_study(), maker.results())
    assert figure is not None
    best = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert best == sorted(methods, key=lambda name: ranks[name].mean())


def test_a_method_with_two_networks_has_two_ranks(maker: Maker) -> None:
    for source, target in PAIRS:
        place: dict[str, Any] = {"source": source, "target": target, "method": "source only"}
        for i, classifier in enumerate(("bottleneck", "bottleneck with BatchNorm")):
            maker.cell([50.0 + i, 51.0 + i], classifier=classifier, **place)
        maker.cell([60.0, 60.0], classifier="bottleneck", **{**place, "method": "DANN"})
    ranks = MeanRanks("Ranks").ranks(frame_of(make_study(), maker.results()))
    assert ranks is not None
    assert ranks.mean().to_dict() == {
        "DANN": 1.0,
        "source only, bottleneck": 3.0,
        "source only, bottleneck with BatchNorm": 2.0,
    }


def test_one_method_has_no_rank(maker: Maker) -> None:
    maker.cell([50.0, 51.0], method="DANN")
    assert drawn(MeanRanks("Ranks"), make_study(), maker.results()) is None


def test_a_method_has_one_mark_in_every_figure_and_no_two_the_same() -> None:
    assert places_of(["DAN", "DANN"])["DANN"] == places_of(["mine", "DANN", "TCA"])["DANN"] == METHODS.index("DANN")
    assert places_of(["source only"])["source only"] == places_of(["no adaptation"])["no adaptation"]
    looks = {(i % len(COLOURS), i % len(HATCHES), i % len(MARKERS)) for i in range(len(METHODS))}
    assert len(looks) == len(METHODS)
    several = places_of(["source only", "no adaptation", "mine", "yours", "DANN"])
    assert len(set(several.values())) == 5
