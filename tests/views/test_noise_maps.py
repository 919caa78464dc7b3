"""Noise maps: each error on its square, noise upwards, on one scale, named at the outer maps alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtl_bench.results.table import Results, ResultsError
from mtl_bench.views.noise_maps import NoiseMaps, written
from tests.results.measured import Maker, drawn, make_study

NOISE, SHARES = (0.0, 0.05, 0.1), (0.0, 0.25, 0.5, 1.0)
VIEW = NoiseMaps("Noise")


def table(stages: tuple[int, ...] = (0, 1), seed: int = 0, places: tuple[float, ...] = SHARES) -> pd.DataFrame:
    """The rows of a file in random order."""
    random = np.random.default_rng(seed)
    rows = [(stage, place, noise, random.uniform(0, 90)) for stage in stages for place in places for noise in NOISE]
    return pd.DataFrame(rows, columns=["stage", "place", "noise", "error"]).sample(frac=1, random_state=seed)


def keep(results: Results, key: str, frame: pd.DataFrame) -> None:
    path = results.kept(key, "map.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)


def tried(maker: Maker, tables: dict[str, pd.DataFrame], seeds: int = 1) -> Results:
    for network in tables:
        maker.cell([1.0] * seeds, metric="map.csv", network=network)
    results = maker.results()
    for row in results.rows.to_dict("records"):
        own = tables[row["network"]]
        keep(results, row["key"], own.assign(error=own["error"] + row["seed"] - 200))
    return results


def visible(figure: Any) -> list[Any]:
    return [axes for axes in figure.axes[:-1] if axes.get_visible()]


def texts(ticks: Any) -> list[str]:
    return [tick.get_text() for tick in ticks]


def test_each_error_is_on_its_square_with_noise_upwards_on_one_scale(maker: Maker) -> None:
    tables = {"P-T": table(seed=1), "RI-T": table(seed=2)}
    figure: Any = drawn(VIEW, make_study(), tried(maker, tables, seeds=3))
    errors = pd.concat(tables.values())["error"]
    places = [(network, stage) for network in tables for stage in (0, 1)]
    for axes, (network, stage) in zip(visible(figure), places, strict=True):
        [image] = axes.images
        shown = np.asarray(image.get_array())
        assert shown.shape == (len(NOISE), len(SHARES)) and image.origin == "upper"
        for row in tables[network].query(f"stage == {stage}").to_dict("records"):
            upwards, along = NOISE[::-1].index(row["noise"]), SHARES.index(row["place"])
            assert shown[upwards, along] == pytest.approx(row["error"]), "of the first seed alone"
        assert image.get_clim() == pytest.approx((errors.min(), errors.max()))
    assert figure.axes[-1].get_ylabel() == "error (%)"
    assert "the first seed alone" in VIEW.reading


def test_numbers_and_names_stand_at_the_outer_maps_alone(maker: Maker) -> None:
    figure: Any = drawn(VIEW, make_study(), tried(maker, {"P-T": table(), "RI-T": table(seed=1)}))
    top, *middle, bottom = visible(figure)
    assert [axes.get_title(loc="left") for axes in (top, *middle, bottom)] == ["stage 1", "stage 2", "", ""]
    assert [axes.get_ylabel() for axes in (top, *middle, bottom)] == ["P-T\nnoise", "", "RI-T\nnoise", ""]
    assert texts(top.get_yticklabels()) == ["0.1", "0.05", "0"] and set(texts(top.get_xticklabels())) == {""}
    assert texts(bottom.get_xticklabels())[0] == "0" and texts(bottom.get_xticklabels())[-1] == "1"
    assert set(texts(bottom.get_yticklabels())) == {""}


def test_networks_on_other_ways_have_their_own_numbers(maker: Maker) -> None:
    figure: Any = drawn(VIEW, make_study(), tried(maker, {"a": table(), "b": table(places=(0, 100, 2000))}))
    assert [texts(axes.get_xticklabels())[-1] for axes in visible(figure)] == ["1", "1", "2000", "2000"]


def test_stages_have_names_and_one_that_a_network_lacks_has_no_map(maker: Maker) -> None:
    view = NoiseMaps("Noise", stages=("stem", "pool", "block1"))
    figure: Any = drawn(view, make_study(), tried(maker, {"small": table((0,)), "large": table((0, 2, 3))}))
    assert len(visible(figure)) == 4
    titles = [axes.get_title(loc="left") for axes in visible(figure)]
    assert titles == ["stem", "", "block1", "stage 4"]


@pytest.mark.parametrize("most", range(8))
@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_both_ends_are_always_written(n: int, most: int) -> None:
    found = written([float(i) for i in range(n)], most)
    named = [text for text in found if text]
    assert len(found) == n and found[0] == "0" and found[-1] == str(n - 1)
    assert len(named) == min(n, max(most, 2))
    assert all(text in ("", str(i)) for i, text in enumerate(found))


@pytest.mark.parametrize(
    "wrong",
    [table().iloc[1:], pd.concat([table(), table().iloc[:1]]), table().iloc[:0], table().assign(stage=0.5)],
    ids=["a gap", "a place twice", "nothing", "half a stage"],
)
def test_what_is_no_map_is_one_sentence(maker: Maker, wrong: pd.DataFrame) -> None:
    results = tried(maker, {"a": table()})
    keep(results, results.rows["key"].iloc[0], wrong)
    with pytest.raises(ResultsError, match=r"map\.csv (is of another form; maps have the error|has what is no number)"):
        drawn(VIEW, make_study(), results)


def test_a_column_that_is_not_there_is_named(maker: Maker) -> None:
    results = tried(maker, {"a": table()})
    keep(results, results.rows["key"].iloc[0], table().drop(columns="noise"))
    with pytest.raises(ResultsError, match="“Noise” asks for noise"):
        drawn(VIEW, make_study(), results)


def test_without_files_there_is_no_figure(maker: Maker) -> None:
    maker.cell([1.0], metric="map.csv", network="a")
    assert drawn(VIEW, make_study(), maker.results()) is None
