"""Layer pairs: means over the seeds' files on one scale, each file once, and few runs told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from mtl_bench.results.table import Results, ResultsError
from mtl_bench.views.layer_pairs import LayerPairs
from tests.results.measured import Maker, drawn, make_study

LAYERS = ["conv1", "conv2", "fc7"]
VIEW = LayerPairs("Alike")


def keep(results: Results, key: str, values: Any, names: list[str] = LAYERS) -> None:
    path = results.kept(key, "cka.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(values, columns=names).to_csv(path, index=False)


def compared(maker: Maker, pairs: dict[str, int], low: float = 0.0, artifact: bool = True) -> Results:
    """So many seeds of each pair, with random files; as cells that name the file, or as numbers of two layers."""
    for pair, seeds in pairs.items():
        for layer in [""] if artifact else LAYERS[:2]:
            maker.cell([0.5] * seeds, metric="cka.csv" if artifact else "CKA", pair=pair, layer=layer)
    results = maker.results()
    if not artifact:  # both layers are of one trial
        results.rows["key"] = [f"Similarity-{row.pair}{row.seed}" for row in results.rows.itertuples()]
    random = np.random.default_rng(0)
    for key in results.rows["key"]:
        keep(results, key, random.uniform(low, 1, (3, 3)).round(6))
    return results


def shown(axes: Any) -> Any:
    return np.asarray(axes.images[0].get_array())


def kept(results: Results, pair: str) -> list[Any]:
    keys = dict.fromkeys(results.rows[results.rows["pair"] == pair]["key"])
    return [pd.read_csv(results.kept(key, "cka.csv")).to_numpy() for key in keys]


@pytest.mark.parametrize("artifact", [True, False], ids=["cells that name the file", "cells of numbers"])
def test_a_panel_is_the_mean_over_seeds_and_a_file_that_layers_share_counts_once(maker: Maker, artifact: bool) -> None:
    results = compared(maker, {"P-T, P-T": 3, "P-T, P": 4}, artifact=artifact)
    figure: Any = drawn(VIEW, make_study(), results)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["P-T, P-T", "P-T, P"]
    for axes in figure.axes:
        files = kept(results, axes.get_title(loc="left"))
        assert len(files) in (3, 4)
        assert np.allclose(shown(axes), np.mean(files, axis=0))
        assert axes.images[0].get_clim() == (0, 1)
        names = [[tick.get_text() for tick in ticks] for ticks in (axes.get_xticklabels(), axes.get_yticklabels())]
        assert names == [LAYERS, LAYERS]
        texts = {text.get_position(): text for text in axes.texts}
        for (row, column), value in np.ndenumerate(shown(axes)):
            assert texts[column, row].get_text() == f"{value:.2f}"
            assert texts[column, row].get_fontstyle() == "normal"


def test_few_runs_are_in_italics(maker: Maker) -> None:
    figure: Any = drawn(VIEW, make_study(), compared(maker, {"few": 2, "enough": 3}))
    slants = [{text.get_fontstyle() for text in axes.texts} for axes in figure.axes]
    assert slants == [{"italic"}, {"normal"}]


def test_numbers_are_white_on_dark_squares_and_the_scale_reaches_down_to_values_below_0(maker: Maker) -> None:
    results = compared(maker, {"a": 1, "b": 1})
    keep(results, results.rows["key"].iloc[0], [[1.0, -0.25, 0.0]], LAYERS)
    figure: Any = drawn(VIEW, make_study(), results)
    assert {axes.images[0].get_clim() for axes in figure.axes} == {(-0.25, 1)}, "one scale"
    assert [to_rgb(text.get_color()) for text in figure.axes[0].texts] == [(1, 1, 1), (0, 0, 0), (0, 0, 0)]
    assert figure.axes[0].texts[1].get_text() == "−0.25"


def test_rows_of_a_table_that_is_not_square_are_numbered(maker: Maker) -> None:
    results = compared(maker, {"a": 1})
    keep(results, results.rows["key"].iloc[0], np.full((2, 3), 0.5))
    [axes] = drawn(VIEW, make_study(), results).axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["1", "2"]


def test_many_layers_have_a_scale_instead_of_numbers(maker: Maker) -> None:
    results = compared(maker, {"a": 1})
    keep(results, results.rows["key"].iloc[0], np.eye(30), [f"layer{i}" for i in range(30)])
    axes, scale = drawn(VIEW, make_study(), results).axes
    assert not axes.texts and scale.get_ylabel() == "CKA"


def test_two_files_of_one_panel_and_seed_are_refused(maker: Maker) -> None:
    for data in ("photos", "drawings"):
        maker.cell([1.0], metric="cka.csv", pair="a", data=data)
    results = maker.results()
    for key in results.rows["key"]:
        keep(results, key, np.eye(3))
    with pytest.raises(ResultsError, match=r"“Alike” has two files cka\.csv of pair “a” and seed 200; tell them apart"):
        drawn(VIEW, make_study(), results)
    assert drawn(LayerPairs("Alike", where={"data": "photos"}), make_study(), results) is not None


@pytest.mark.parametrize("values", [[[1.5, 0, 0]], [["high", 0, 0]], [[float("nan"), 0, 0]], np.zeros((0, 3))], ids=str)
def test_what_is_no_alignment_is_one_sentence(maker: Maker, values: Any) -> None:
    results = compared(maker, {"a": 1})
    keep(results, results.rows["key"].iloc[0], values)
    with pytest.raises(ResultsError, match=r"cka\.csv is of another form; CKA has a row and a column per layer"):
        drawn(VIEW, make_study(), results)


def test_seeds_of_other_layers_are_no_mean(maker: Maker) -> None:
    results = compared(maker, {"a": 2})
    keep(results, results.rows["key"].iloc[1], np.eye(3), ["conv1", "conv2", "conv3"])
    with pytest.raises(ResultsError, match="its layers have to be those of"):
        drawn(VIEW, make_study(), results)


def test_without_files_there_is_no_figure(maker: Maker) -> None:
    maker.cell([1.0], metric="cka.csv", pair="a")
    assert drawn(VIEW, make_study(), maker.results()) is None
    assert drawn(LayerPairs("Alike", where={"pair": "b"}), make_study(), compared(maker, {"b": 1})) is not None
