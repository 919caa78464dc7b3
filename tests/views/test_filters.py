"""Mosaics of first-layer filters: every weight in its place, each filter in its own range, a panel per cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtl_bench.report.page import write
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import Cell, Scale
from mtl_bench.views.filters import Filters, mosaic
from tests.results.measured import Maker, Nothing, drawn, frame_of, make_study, saved

VIEW = Filters("First layer", {"network": "base"})


def plan(scale: Scale) -> Iterable[Cell]:
    """Seeds before targets, and half B first."""
    for seed in scale.seeds:
        for target in ("half B", "half A"):
            labels = {"source": "plain", "selection": "last", "network": "base", "target": target, "seed": seed}
            yield Cell(labels, Nothing(target), artifact="filters.npy")


def keep(results: Results, key: str, filters: Any) -> None:
    path = results.kept(key, "filters.npy")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.asarray(filters, np.float32))


def trained(maker: Maker, seeds: int, channels: int = 3) -> Results:
    """Each cell's filters hold its own number."""
    for target in ("half A", "half B"):
        maker.cell(range(seeds), metric="filters.npy", network="base", target=target)
    results = maker.results()
    random = np.random.default_rng(1)
    for key in results.rows["key"]:
        keep(results, key, random.normal(size=(6, channels, 5, 5)))
    return results


def key_of(results: Results, target: str, seed: int) -> str:
    return str(results.select({"target": target, "seed": seed}, "filters.npy")["key"].item())


def titles(figure: Any) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()]


def picture(axes: Any) -> np.ndarray[Any, Any]:
    [image] = axes.images
    assert image.get_interpolation() == "nearest"
    return np.asarray(image.get_array())


@pytest.mark.parametrize("channels", [1, 3])
def test_each_filter_is_scaled_by_itself_and_stands_a_pixel_apart(channels: int) -> None:
    filters = np.random.default_rng(0).normal(size=(6, channels, 4, 5)) * np.arange(1, 7).reshape(6, 1, 1, 1)
    image = mosaic(filters)
    assert image.shape == (2 * 5 - 1, 3 * 6 - 1, *([3] if channels == 3 else []))
    seen = np.zeros(image.shape[:2], bool)
    for i, one in enumerate(filters):
        block = np.s_[5 * (i // 3) : 5 * (i // 3) + 4, 6 * (i % 3) : 6 * (i % 3) + 5]
        shown = image[block].reshape(4, 5, channels).transpose(2, 0, 1)
        assert (shown.min(), shown.max()) == (0, 1)
        assert np.allclose(shown * (one.max() - one.min()) + one.min(), one)
        seen[block] = True
    assert (image[~seen] == 1).all()


@pytest.mark.parametrize(("n", "rows", "columns"), [(1, 1, 1), (24, 4, 6), (64, 8, 8), (96, 8, 12), (7, 3, 3)])
def test_a_mosaic_is_a_tidy_rectangle(n: int, rows: int, columns: int) -> None:
    assert mosaic(np.zeros((n, 1, 2, 2))).shape == (3 * rows - 1, 3 * columns - 1)


def test_a_filter_of_equal_weights_is_grey() -> None:
    assert (mosaic(np.full((1, 3, 2, 2), 7.0)) == 0.5).all()


def test_a_panel_per_cell_in_the_order_of_the_plan(maker: Maker) -> None:
    results = trained(maker, seeds=2)
    figure: Any = drawn(VIEW, make_study(plan=plan), results)
    assert titles(figure) == ["half B, 200", "half A, 200", "half B, 201", "half A, 201"]
    for axes, cell in zip(figure.axes, (("half B", 200), ("half A", 200)), strict=False):
        kept = np.load(results.kept(key_of(results, *cell), "filters.npy"))
        assert np.allclose(picture(axes), mosaic(kept))
        assert not axes.axison


def test_at_most_eight_panels_and_none_for_a_cell_without_a_file(maker: Maker) -> None:
    results = trained(maker, seeds=5)
    study = make_study(plan=plan)
    every: Any = drawn(VIEW, study, results)
    assert titles(every) == [f"{half}, {seed}" for seed in range(200, 204) for half in ("half B", "half A")]
    results.kept(key_of(results, "half B", 200), "filters.npy").unlink()
    rest: Any = drawn(VIEW, study, results)
    assert titles(rest) == [*titles(every)[1:], "half B, 204"]


def test_a_trial_that_several_cells_read_has_one_panel(maker: Maker) -> None:
    results = trained(maker, seeds=1)
    results.rows = pd.concat([results.rows, results.rows.assign(selection="ten highest")], ignore_index=True)
    assert titles(drawn(VIEW, make_study(plan=plan), results)) == ["half B", "half A"]


def test_other_panels_show_the_first_seed_only(maker: Maker) -> None:
    results = trained(maker, seeds=3)
    figure = drawn(Filters("First layer", panels="target"), make_study(plan=plan), results)
    assert titles(figure) == ["half B", "half A"]


@pytest.mark.slow
def test_without_files_there_is_no_figure_and_with_them_the_same_bytes(maker: Maker) -> None:
    study = make_study(plan=plan)
    maker.cell([1.0], metric="filters.npy", network="base")
    assert not saved(VIEW, study, maker.results(), maker.folder / "figure")
    maker.rows.clear()
    results = trained(maker, seeds=2, channels=1)
    stems = [maker.folder / name for name in ("one", "two")]
    assert all(saved(VIEW, study, results, stem) for stem in stems)
    for ending in (".png", ".pdf"):
        one, two = (stem.with_suffix(ending).read_bytes() for stem in stems)
        assert one == two


def test_what_is_no_filters_is_refused_with_a_sentence(maker: Maker) -> None:
    results = trained(maker, seeds=1)
    keep(results, results.rows["key"].iloc[0], np.zeros((4, 2, 3, 3)))
    with pytest.raises(
        ResultsError, match=r"\(4, 2, 3, 3\) of float32; filters are \(filters, 1 or 3 channels, height, width\)"
    ):
        drawn(VIEW, make_study(plan=plan), results)


@pytest.mark.slow
def test_a_page_shows_the_picture_and_no_table_of_its_number(maker: Maker) -> None:
    results = trained(maker, seeds=1)
    study = make_study(plan=plan, published=(), claims=(), gates=(), views=(VIEW,))
    page = write("filters", frame_of(study, results), maker.folder)
    assert (maker.folder / "filters.laptop" / "figure-1.png").exists()
    assert not list((maker.folder / "filters.laptop").glob("table-*"))
    assert "Each square is a filter of the first layer" in page.read_text(encoding="utf-8")
