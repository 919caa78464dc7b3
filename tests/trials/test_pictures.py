"""Pictures are the rows of the data set that they say they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtl_bench.core.trial import Work, key
from mtl_bench.datasets.synthetic import SyntheticFeatures, SyntheticImages
from mtl_bench.datasets.wrappers.cut import Cut
from mtl_bench.results.kept import KEPT_LIMIT
from mtl_bench.trials.mistakes import Mistakes
from mtl_bench.trials.pictures import PICTURES, Pictures, PicturesOfMistakes
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.trials.transfers import DEEP, IMAGES, RECIPE, B, prepare, work_of

RUNS = tuple(Train(data=B, backbone=DEEP, recipe=replace(RECIPE, steps=3), seed=seed) for seed in (2, 3))
FAILED = Mistakes(Weights(RUNS[0]), Weights(RUNS[1]), B)


def left(folder: Path) -> np.ndarray:
    found: np.ndarray = np.load(folder / PICTURES)
    assert found.dtype == np.uint8
    return found


def test_there_is_one_of_each_class_before_a_second_of_any(tmp_path: Path) -> None:
    found = Pictures(IMAGES, count=13).run(Work(tmp_path, "cpu"))
    images, labels = IMAGES.inputs("test"), IMAGES.labels("test")
    assert found == {"pictures": 13}
    shown = [
        next(i for i in range(len(images)) if np.array_equal(images[i].transpose(1, 2, 0), one))
        for one in left(tmp_path)
    ]
    assert sorted(labels[shown[:10]]) == list(range(10))
    assert len(set(shown)) == 13


def test_all_are_shown_where_there_are_no_more(tmp_path: Path) -> None:
    assert Pictures(IMAGES, count=1000).run(Work(tmp_path, "cpu"))["pictures"] == len(IMAGES.labels("test"))


@pytest.mark.parametrize(
    ("kind", "wrong"), [("common", (True, True)), ("only a", (True, False)), ("only b", (False, True))]
)
def test_mistakes_are_those_of_the_kind(kind: str, wrong: tuple[bool, bool], tmp_path: Path) -> None:
    prepare(FAILED, tmp_path)
    place = tmp_path / key(FAILED)
    place.mkdir()
    FAILED.run(work_of(tmp_path, place))
    trial = PicturesOfMistakes(FAILED, kind, count=100)  # type: ignore[arg-type]
    found = trial.run(work_of(tmp_path, tmp_path))
    right = np.load(place / "right.npy")
    chosen = (right[0] != wrong[0]) & (right[1] != wrong[1])
    assert found["pictures"] == chosen.sum()
    assert np.array_equal(left(tmp_path), np.moveaxis(np.asarray(B.inputs("test"))[chosen], 1, -1))


def test_a_sheet_of_large_pictures_fits_into_the_results(tmp_path: Path) -> None:
    images = SyntheticImages(size=224, train=1, test=12)
    Pictures(images, count=12).run(Work(tmp_path, "cpu"))
    assert left(tmp_path).shape == (12, 64, 64, 3)
    assert (tmp_path / PICTURES).stat().st_size < KEPT_LIMIT
    # Its rows lie class by class already.
    assert left(tmp_path).mean((1, 2, 3)) == pytest.approx(images.inputs("test").mean((1, 2, 3)), abs=1)


def test_what_has_no_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="are no pictures; give images"):
        Pictures(Cut(SyntheticFeatures())).run(Work(tmp_path, "cpu"))
    with pytest.raises(ValueError, match="no mistakes of the kind 'both'"):
        PicturesOfMistakes(FAILED, "both")  # type: ignore[arg-type]
