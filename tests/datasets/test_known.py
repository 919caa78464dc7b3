"""Labels from a file: they are shown to training and no test, and what is wrong in the file is one sentence."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtl_bench.core.trial import describe
from mtl_bench.datasets.feature_table import FeatureTable
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.folder import ImageFolder
from mtl_bench.datasets.wrappers.cut import Cut
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.datasets.wrappers.known import Known
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.trials.contracts import PartlyLabelled
from tests.datasets.test_folder import photograph, photographs

CLASSES = ("bike", "mug", "pen")


@pytest.fixture
def images(tmp_path: Path) -> ImageFolder:
    """A target without labels, whose folders say them all the same."""
    photographs(tmp_path / "own")
    return ImageFolder.of(tmp_path / "own", "target", CLASSES, labelled=False, size=16)


def table(folder: Path, labelled: bool = True) -> FeatureTable:
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(6, 2)), columns=["a", "b"])
    rows.assign(label=list(CLASSES) * 2).to_csv(folder / "t.csv", index=False)
    return FeatureTable.of(folder / "t.csv", classes=CLASSES, labelled=labelled)


def labels_file(folder: Path, *lines: str, first: str = "file,label") -> Path:
    path = folder / "labels.csv"
    path.write_bytes(os.fsencode("\n".join([first, *lines, ""])))
    return path


def test_labels_of_images_are_shown_to_training_and_are_no_test(images: ImageFolder, tmp_path: Path) -> None:
    lines = ("mug/1.PNG,mug", "pen\\0.jpg,pen", "./bike/4.jpg,bike", "mug/1.PNG,mug")
    data = Known.reading(Transductive(images), labels_file(tmp_path, *lines))
    assert isinstance(data, PartlyLabelled) and data.classes == CLASSES
    known, names = data.known("train"), images.row_names()
    assert known.dtype == np.int64
    assert {names[row]: int(known[row]) for row in np.flatnonzero(known >= 0)} == {
        "mug/1.PNG": 1,
        "pen/0.jpg": 2,
        "bike/4.jpg": 0,
    }
    assert (known == -1).sum() == 12 and (data.known("test") == -1).all()
    assert len(data.inputs("train")) == 15 and len(data.inputs("test")) == 12
    assert np.array_equal(data.inputs("test")[:], images.inputs("all")[known == -1])


def test_the_rows_are_found_through_other_wrappers(tmp_path: Path) -> None:
    images = ImageFolder.of(photographs(tmp_path / "own"), "target", size=16)
    first, second, last = images.paths()[0], images.paths()[1], images.row_names()[10]
    second.write_bytes(first.read_bytes())
    images = ImageFolder.of(tmp_path / "own", "target", size=16)
    each = Cut(Distinct(images))  # leaves out row 1, and the last of the others
    data = Known.reading(each, labels_file(tmp_path, f"{last},{last.split('/')[0]}"))
    assert np.flatnonzero(data.known("train") >= 0).tolist() == [9]
    assert data.known("train")[9] == data.labels("train")[9]


def test_labels_of_a_table_go_by_rows_from_0(tmp_path: Path) -> None:
    file = labels_file(tmp_path, "0,bike", "5,pen", first="row,label")
    for labelled in (True, False):
        data = Known.reading(Transductive(table(tmp_path, labelled)), file)
        assert data.known("train").tolist() == [0, -1, -1, -1, -1, 2]
        assert data.inputs("test").shape == (4, 2)
    labelled_data = Known.reading(Transductive(table(tmp_path)), file)
    assert labelled_data.labels("test").tolist() == [1, 2, 0, 1]
    assert labelled_data.labels("train").tolist() == [0, 1, 2, 0, 1, 2]


def test_where_the_file_lies_is_no_part_of_what_it_is(images: ImageFolder, tmp_path: Path) -> None:
    path = labels_file(tmp_path, "mug/1.PNG,mug")
    data = Known.reading(Transductive(images), path)
    moved = Known.reading(Transductive(images), path.rename(tmp_path / "other.csv"))
    assert data == moved and data.name == moved.name and describe(data) == describe(moved)
    with pytest.raises(DataError, match=r"labels\.csv is not there; put it back or run `mtl-bench compare` again"):
        data.known("train")
    labels_file(tmp_path, "mug/1.PNG,pen")
    with pytest.raises(DataError, match=r"has other labels than when the study was written; run `mtl-bench compare`"):
        data.known("train")


FAULTS = {
    "an image": (("mugs/1.PNG,mug",), r"line 2: mugs/1\.PNG is no image of target; give names below the folder, such"),
    "no folder": (("9.jpg,mug",), r"line 2: 9\.jpg is no image of target"),
    "its name alone": (("4.jpg,mug",), r'line 2: 4\.jpg is no image of target; did you mean "\w+/4\.jpg"\?'),
    "from above": (("own/pen/2.jpg,mug",), r'did you mean "pen/2\.jpg"\?'),
    "a class": (("mug/0.jpg,mug", "pen/0.jpg,Pens"), r"line 3: target has no class 'Pens'; did you mean \"pen\"\?"),
    "no class": (("pen/0.jpg,",), r"line 2: target has no class ''; it has bike, mug, pen"),
    "short": (("pen/0.jpg",), r"line 2: target has no class ''"),
    "differing": (
        ("mug/0.jpg,mug", "pen/0.jpg,pen", "mug/0.jpg,pen"),
        r"line 4: mug/0\.jpg is pen here and mug in line 2; keep one of the two",
    ),
    "nothing": ((), r"labels\.csv gives no label; write a line for each label, or leave the file out"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_in_the_file_is_one_sentence(images: ImageFolder, tmp_path: Path, fault: str) -> None:
    lines, sentence = FAULTS[fault]
    with pytest.raises(DataError) as error:
        Known.reading(Transductive(images), labels_file(tmp_path, *lines))
    assert re.search(sentence, str(error.value))
    assert "labels.csv" in str(error.value) and "\n" not in str(error.value)


def test_no_file_and_no_columns_are_one_sentence(images: ImageFolder, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv is not there; give a CSV file of labels"):
        Known.reading(images, tmp_path / "gone.csv")
    with pytest.raises(DataError, match=r"has no column file; its first line should be file,label"):
        Known.reading(images, labels_file(tmp_path, "1,mug", first="row,label"))
    with pytest.raises(DataError, match=r"has no column label and no column row; its first line should be row,label"):
        Known.reading(table(tmp_path), labels_file(tmp_path, "1;mug", first="row;label"))
    with pytest.raises(DataError, match=r"line 2: t has no row '6'; its rows are 0 to 5"):
        Known.reading(table(tmp_path), labels_file(tmp_path, "6,mug", first="row,label"))
    with pytest.raises(
        DataError, match=r"differs from the labels of t itself \(1, such as row 1: pen there and mug here\)"
    ):
        Known.reading(table(tmp_path), labels_file(tmp_path, "1,pen", first="row,label"))


def test_labels_of_all_rows_leave_no_test(tmp_path: Path) -> None:
    lines = [f"{row},{CLASSES[row % 3]}" for row in range(6)]
    data = Known.reading(Transductive(table(tmp_path)), labels_file(tmp_path, *lines, first="row,label"))
    with pytest.raises(DataError, match="gives the labels of all rows, which leaves none to test; give fewer"):
        data.inputs("test")


def test_names_that_are_no_utf8_are_found(images: ImageFolder, tmp_path: Path) -> None:
    raw = b"mug/caf\xe9.jpg"
    try:
        photograph(os.fsencode(tmp_path / "own") + b"/" + raw)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    images = ImageFolder.of(images.path, "target", CLASSES, labelled=False, size=16)
    data = Known.reading(images, labels_file(tmp_path, f"{os.fsdecode(raw)},mug"))
    assert (data.known("all") == 1).sum() == 1
