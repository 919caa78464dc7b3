"""Contact sheets: every pixel of every picture, a row per kind, and none for a kind without pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtl_bench.results.table import Results, ResultsError
from mtl_bench.views.contact_sheet import MOST_IN_A_LINE, ContactSheet, sheet
from tests.results.measured import Maker, drawn, make_study

VIEW = ContactSheet("Mistakes")


def pictures(n: int, height: int = 4, width: int = 6) -> Any:
    return np.random.default_rng(n).integers(0, 256, (n, height, width, 3), np.uint8)


def kept(maker: Maker, counts: dict[str, int], seeds: int = 1) -> Results:
    for kind in counts:
        maker.cell([1.0] * seeds, metric="pictures.npy", kind=kind)
    results = maker.results()
    for row in results.rows.to_dict("records"):
        keep(results, row["key"], pictures(counts[row["kind"]] + row["seed"] - 200))
    return results


def keep(results: Results, key: str, array: Any) -> None:
    path = results.kept(key, "pictures.npy")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)


@pytest.mark.parametrize(("n", "columns"), [(3, 3), (3, 5), (7, 3), (1, 1)])
def test_a_sheet_holds_every_picture_and_is_white_between(n: int, columns: int) -> None:
    own = pictures(n, 24, 36)
    image = sheet(own, columns)
    seen = np.zeros(image.shape[:2], bool)
    for i, one in enumerate(own):
        block = np.s_[27 * (i // columns) :, 39 * (i % columns) :]
        assert (image[block][:24, :36] == one).all()
        seen[block][:24, :36] = True
    assert (image[~seen] == 255).all()
    assert image.shape[1] == 39 * columns - 3


def test_a_row_per_kind_named_at_its_left_pixel_by_pixel(maker: Maker) -> None:
    results = kept(maker, {"common": 5, "only a": 2, "only b": 0}, seeds=3)
    figure: Any = drawn(VIEW, make_study(), results)
    assert [axes.texts[0].get_text() for axes in figure.axes] == ["common", "only a"], "none for what has no picture"
    for axes, n in zip(figure.axes, (5, 2), strict=True):
        [image] = axes.images
        assert image.get_interpolation() == "nearest" and not axes.axison
        assert np.allclose(np.asarray(image.get_array()) * 255, sheet(pictures(n), 5)), "of the first seed, as large"
    assert "the first seed alone" in VIEW.reading


def test_many_pictures_go_on_below(maker: Maker) -> None:
    figure: Any = drawn(VIEW, make_study(), kept(maker, {"common": MOST_IN_A_LINE + 1}))
    [image] = figure.axes[0].images
    assert image.get_array().shape[0] == 2 * 4 + 1


def test_titles_stay_on_the_page(maker: Maker) -> None:
    figure: Any = drawn(VIEW, make_study(), kept(maker, {"blocks of sixteen pixels in a random order": 8, "whole": 3}))
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.texts[0].get_window_extent()
        assert box.x0 >= 0 and box.x1 <= axes.get_window_extent().x0


def test_without_a_picture_there_is_no_figure(maker: Maker) -> None:
    assert drawn(VIEW, make_study(), kept(maker, {"only a": 0})) is None
    maker.rows.clear()
    maker.cell([1.0], metric="pictures.npy", kind="never kept")
    assert drawn(VIEW, make_study(), maker.results()) is None


@pytest.mark.parametrize(
    "array",
    [pictures(2) / 255, pictures(2)[..., :1], pictures(2)[0], np.zeros((2, 0, 4, 3), np.uint8)],
    ids=["floats", "one channel", "one picture", "no pixels"],
)
def test_what_is_no_picture_is_one_sentence(maker: Maker, array: Any) -> None:
    results = kept(maker, {"common": 2})
    keep(results, results.rows["key"].iloc[0], array)
    with pytest.raises(ResultsError, match=r"pictures\.npy is of another form; an array .* pictures are uint8"):
        drawn(VIEW, make_study(), results)
